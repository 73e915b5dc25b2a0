// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/links/command.h"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace seatrial::remote {

/// A program started on this computer, without a shell in between.
class LocalProcess : public Command
{
public:
    /// @p arguments: the program, searched in PATH, and its words. The environment is ours with LC_ALL=C.
    static domain::Result<std::unique_ptr<LocalProcess>> start(const std::vector<std::string> &arguments);
    /// Hangs up (SIGHUP), then kills what has not ended within 100 ms.
    ~LocalProcess() override;

    std::size_t descriptors(std::span<pollfd, kMaxDescriptors> fds, bool toWrite) const override;
    domain::Result<std::size_t> read(Stream stream, std::span<char> buffer) override;
    bool stirred() override { return false; } // all that came lies in the pipes
    domain::Result<std::size_t> write(std::string_view bytes) override;
    void closeInput() override;
    domain::Result<std::optional<int>> ended() override;

private:
    LocalProcess() = default;
    bool exited(int milliseconds) const;
    int reap();

    pid_t m_pid = -1;
    int m_pidDescriptor = -1;
    int m_input = -1; ///< a socket, because a pipe without a reader would raise SIGPIPE in all of our process
    int m_output = -1;
    int m_errors = -1;
};

} // namespace seatrial::remote
