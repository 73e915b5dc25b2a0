// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/light_sshd/light_session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <vector>

namespace seatrial::light {

namespace {

constexpr int kPollMs = 50; ///< how soon the end of a command is seen
constexpr double kLoginSeconds = 60;

bool makePipe(int ends[2])
{
    return ::pipe2(ends, O_CLOEXEC) == 0;
}

} // namespace

LightSession::LightSession(const Setting &setting, ssh_session session, std::string node)
    : m_setting(setting), m_session(session), m_node(std::move(node)), m_event(ssh_event_new())
{
}

LightSession::~LightSession()
{
    for (auto &[channel, command] : m_commands) {
        for (int *fd : {&command.in, &command.out, &command.errors})
            closeEnd(*fd);
        if (command.pid > 0) {
            ::kill(-command.pid, SIGHUP);
            ::waitpid(command.pid, nullptr, 0);
        }
    }
    if (m_event) {
        ssh_event_remove_session(m_event, m_session);
        ssh_event_free(m_event);
    }
    ssh_disconnect(m_session);
    ssh_free(m_session);
}

bool LightSession::handshake()
{
    m_callbacks.userdata = this;
    m_callbacks.auth_pubkey_function = [](ssh_session, const char *, ssh_key_struct *key, char state, void *self) -> int {
        auto &me = *static_cast<LightSession *>(self);
        const bool ours = ssh_key_cmp(key, me.m_setting.authorized, SSH_KEY_CMP_PUBLIC) == 0;
        if (!ours || (state != SSH_PUBLICKEY_STATE_NONE && state != SSH_PUBLICKEY_STATE_VALID))
            return SSH_AUTH_DENIED;
        me.m_loggedIn = state == SSH_PUBLICKEY_STATE_VALID;
        return SSH_AUTH_SUCCESS;
    };
    m_callbacks.channel_open_request_session_function = [](ssh_session, void *self) { return static_cast<LightSession *>(self)->open(); };
    ssh_callbacks_init(&m_callbacks);
    ssh_set_server_callbacks(m_session, &m_callbacks);
    ssh_set_auth_methods(m_session, SSH_AUTH_METHOD_PUBLICKEY);
    if (ssh_handle_key_exchange(m_session) != SSH_OK)
        return false;
    ssh_event_add_session(m_event, m_session);
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(kLoginSeconds);
    while (!m_loggedIn && std::chrono::steady_clock::now() < until) {
        if (ssh_event_dopoll(m_event, kPollMs) == SSH_ERROR)
            return false;
    }
    return m_loggedIn;
}

void LightSession::serve()
{
    if (!handshake())
        return;
    while (ssh_is_connected(m_session)) {
        if (ssh_event_dopoll(m_event, m_commands.empty() ? 1000 : kPollMs) == SSH_ERROR)
            return;
        reap();
    }
}

ssh_channel LightSession::open()
{
    const ssh_channel channel = ssh_channel_new(m_session);
    if (!channel)
        return nullptr;
    Command &command = m_commands[channel];
    command.channel = channel;
    command.callbacks.userdata = this;
    command.callbacks.channel_exec_request_function = [](ssh_session, ssh_channel which, const char *words, void *self) {
        auto &me = *static_cast<LightSession *>(self);
        Command *const found = me.find(which);
        return found ? me.start(*found, words) : SSH_ERROR;
    };
    command.callbacks.channel_data_function = [](ssh_session, ssh_channel which, void *data, uint32_t bytes, int, void *self) -> int {
        const Command *const to = static_cast<LightSession *>(self)->find(which);
        // Blocking: what the command does not take yet, the client shall not send.
        const ssize_t taken = to && to->in >= 0 ? ::write(to->in, data, bytes) : -1;
        return static_cast<int>(taken < 0 ? static_cast<ssize_t>(bytes) : taken); // nobody reads it any more
    };
    command.callbacks.channel_eof_function = [](ssh_session, ssh_channel which, void *self) {
        Command *const ended = static_cast<LightSession *>(self)->find(which);
        if (ended && ended->in >= 0) {
            ::close(ended->in);
            ended->in = -1;
        }
    };
    command.callbacks.channel_close_function = [](ssh_session, ssh_channel which, void *self) {
        const Command *const closed = static_cast<LightSession *>(self)->find(which);
        if (closed && closed->pid > 0)
            ::kill(-closed->pid, SIGHUP);
    };
    ssh_callbacks_init(&command.callbacks);
    ssh_set_channel_callbacks(channel, &command.callbacks);
    return channel;
}

LightSession::Command *LightSession::find(ssh_channel channel)
{
    const auto found = m_commands.find(channel);
    return found == m_commands.end() ? nullptr : &found->second;
}

/// A real shell, with a place for the engine of the node's own.
int LightSession::start(Command &command, const char *words)
{
    int in[2], out[2], errors[2];
    if (!makePipe(in) || !makePipe(out) || !makePipe(errors))
        return SSH_ERROR;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, errors[1], 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const std::string home = "HOME=" + m_setting.folder + "/" + m_node;
    const std::string base = "SEATRIAL_BASE=" + m_setting.folder + "/" + m_node;
    const std::array<const char *, 5> environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", home.c_str(), base.c_str(),
                                                  "USER=light", nullptr};
    const std::array<const char *, 4> arguments{"sh", "-c", words, nullptr};
    const int failed = posix_spawn(&command.pid, "/bin/sh", &actions, &attributes, const_cast<char *const *>(arguments.data()),
                                   const_cast<char *const *>(environment.data()));
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    for (const int fd : {in[0], out[1], errors[1]})
        ::close(fd);
    command.in = in[1];
    command.out = out[0];
    command.errors = errors[0];
    if (failed != 0) {
        command.pid = -1;
        return SSH_ERROR;
    }
    for (const int fd : {command.out, command.errors}) {
        ssh_event_add_fd(m_event, fd, POLLIN, [](socket_t ready, int revents, void *self) {
            static_cast<LightSession *>(self)->passOn(ready, revents);
            return SSH_OK;
        }, this);
    }
    return SSH_OK;
}

void LightSession::passOn(socket_t fd, int)
{
    for (auto &[channel, command] : m_commands) {
        if (fd != command.out && fd != command.errors)
            continue;
        std::array<char, 16'384> buffer;
        const ssize_t bytes = ::read(fd, buffer.data(), buffer.size());
        if (bytes > 0 && fd == command.out)
            ssh_channel_write(channel, buffer.data(), static_cast<uint32_t>(bytes));
        else if (bytes > 0)
            ssh_channel_write_stderr(channel, buffer.data(), static_cast<uint32_t>(bytes));
        else
            closeEnd(fd == command.out ? command.out : command.errors);
        return;
    }
}

void LightSession::closeEnd(int &fd)
{
    if (fd < 0)
        return;
    ssh_event_remove_fd(m_event, fd);
    ::close(fd);
    fd = -1;
}

void LightSession::reap()
{
    std::vector<ssh_channel> over;
    for (auto &[channel, command] : m_commands) {
        int status = 0;
        // Only after all that it said has been passed on.
        if (command.pid > 0 && command.out < 0 && command.errors < 0 && ::waitpid(command.pid, &status, WNOHANG) == command.pid)
            finish(command, status);
        if (command.pid < 0 && ssh_channel_is_closed(channel))
            over.push_back(channel);
    }
    for (const ssh_channel channel : over) {
        ssh_remove_channel_callbacks(channel, &m_commands.at(channel).callbacks);
        m_commands.erase(channel);
        ssh_channel_free(channel);
    }
}

void LightSession::finish(Command &command, int status)
{
    command.pid = -1;
    if (command.in >= 0)
        ::close(command.in);
    command.in = -1;
    ssh_channel_request_send_exit_status(command.channel, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    ssh_channel_send_eof(command.channel);
    ssh_channel_close(command.channel);
}

} // namespace seatrial::light
