// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include <sys/types.h>

#include <map>
#include <string>

namespace seatrial::light {

/// What all nodes of the server share.
struct Setting {
    ssh_key authorized = nullptr; ///< the one key that may log in
    std::string folder;           ///< each node's own folders lie below it
};

/// One connection to one node, served by one thread from the key exchange to the end.
class LightSession
{
public:
    /// @p session has its socket; @p node is the name of the node that was called.
    LightSession(const Setting &setting, ssh_session session, std::string node);
    ~LightSession();
    LightSession(const LightSession &) = delete;
    LightSession &operator=(const LightSession &) = delete;

    void serve();

private:
    /// A command on a channel: a real /bin/sh of its own.
    struct Command {
        ssh_channel channel = nullptr;
        ssh_channel_callbacks_struct callbacks{};
        pid_t pid = -1;
        int in = -1;
        int out = -1;
        int errors = -1;
    };

    bool handshake();
    ssh_channel open();
    Command *find(ssh_channel channel);
    int start(Command &command, const char *words);
    void passOn(socket_t fd, int revents);
    void reap();
    void finish(Command &command, int status);
    void closeEnd(int &fd);

    const Setting &m_setting;
    ssh_session m_session;
    const std::string m_node;
    ssh_event m_event = nullptr;
    ssh_server_callbacks_struct m_callbacks{};
    bool m_loggedIn = false;
    std::map<ssh_channel, Command> m_commands;
};

} // namespace seatrial::light
