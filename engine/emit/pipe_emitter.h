// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

#include <mutex>

namespace seatrial::engine {

/// Writes what a check found as lines into a pipe. May be called from several threads of the worker.
class PipeEmitter : public Emitter
{
public:
    explicit PipeEmitter(int fd) : m_fd(fd) {}
    void emit(protocol::Body body) override;

private:
    int m_fd;
    std::mutex m_mutex;
};

} // namespace seatrial::engine
