// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/tcp.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

namespace seatrial::remote {

/// A connection that a jump host is asked for: one thread waits for it, another one has it opened.
class OpenRequest
{
public:
    enum class State { Pending, Open, Denied, Lost };
    struct Outcome {
        State state = State::Pending;
        std::string said; ///< by libssh
    };

    OpenRequest(std::string host, std::uint16_t port, Socket socket)
        : m_host(std::move(host)), m_port(port), m_socket(std::move(socket))
    {
    }

    const std::string &host() const { return m_host; }
    std::uint16_t port() const { return m_port; }
    Socket takeSocket() { return std::move(m_socket); }
    bool abandoned() const { return m_abandoned; }
    void decide(Outcome outcome);

    /// @p where, @p through: names of node and jump host.
    domain::Result<void> await(const std::string &where, const std::string &through, double seconds,
                               const std::atomic<bool> &cancelled);

    static domain::Failure lost(const std::string &where, const std::string &through, const std::string &said);

private:
    domain::Failure denied(const std::string &where, const std::string &through) const;

    const std::string m_host;
    const std::uint16_t m_port;
    Socket m_socket; ///< until it is taken
    std::atomic<bool> m_abandoned{false};
    std::mutex m_mutex;
    std::condition_variable m_decided;
    Outcome m_outcome;
};

} // namespace seatrial::remote
