// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/ssh_settings.h"
#include "remote/ssh/tcp.h"
#include "remote/wait.h"

#include <libssh/libssh.h>

#include <sys/types.h>

#include <memory>

namespace seatrial::remote {

/// One SSH connection after the key exchange. It and its commands belong to one thread at a time; every call of libssh
/// is non-blocking, and waiting is done here, where a cancel is seen.
class Session
{
public:
    /// Exchanges keys over @p socket. The host key is not checked yet.
    static domain::Result<std::shared_ptr<Session>> open(Socket socket, const SshSettings &settings,
                                                         const std::string &hostKeyAlgorithms,
                                                         std::string where, double seconds,
                                                         const std::atomic<bool> &cancelled);
    ~Session();
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    ssh_session handle() const { return m_handle; }
    const std::string &where() const { return m_where; }
    std::string error() const;
    /// Whether the other side closed or reset the connection.
    bool closed() const;
    pollfd descriptor() const;

    struct Answer {
        Waited waited = Waited::Ready;
        int code = SSH_OK;
    };
    /// Repeats a call of libssh until it answers something else than @p again.
    template<typename Call>
    Answer await(Call call, int again, Moment deadline, const std::atomic<bool> &cancelled)
    {
        while (true) {
            const int code = call();
            if (code != again)
                return {Waited::Ready, code};
            pollfd fd = descriptor();
            const Waited waited = waitFor({&fd, 1}, deadline, cancelled);
            if (waited != Waited::Ready)
                return {waited, code};
        }
    }

private:
    Session(ssh_session handle, std::string where) : m_handle(handle), m_where(std::move(where)) {}
    domain::Result<void> prepare(const SshSettings &settings, const std::string &hostKeyAlgorithms, int descriptor);
    domain::Result<void> exchangeKeys(int descriptor, double seconds, const std::atomic<bool> &cancelled);

    ssh_session m_handle;
    int m_socket = -1;
    ino_t m_socketNumber = 0; ///< what the socket is known by, whoever has its descriptor
    std::string m_where;
};

} // namespace seatrial::remote
