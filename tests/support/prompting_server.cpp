// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/prompting_server.h"

#include "tests/support/test_sshd.h"

#include <libssh/libssh.h>
#include <libssh/server.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

// A server that takes one message after the other is simpler here than libssh's newer one of callbacks.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace seatrial::tests {

/// One login in work.
struct PromptingServer::Connection {
    Connection(PromptingServer &all, ssh_session handle) : server(all), session(handle) {}

    PromptingServer &server;
    ssh_session session;
    bool keySeen = false;
    bool in = false;
    std::size_t round = 0;
    bool allRight = true;
    int failures = 0;

    int methods() const
    {
        if (server.m_wants.keyFirst && !keySeen)
            return SSH_AUTH_METHOD_PUBLICKEY;
        int offered = server.m_wants.rounds.empty() ? 0 : SSH_AUTH_METHOD_INTERACTIVE;
        return server.m_wants.password.empty() ? offered : offered | SSH_AUTH_METHOD_PASSWORD;
    }
    void refuse(ssh_message message)
    {
        ++failures;
        ssh_message_auth_set_methods(message, methods());
        ssh_message_reply_default(message);
    }
    void accept(ssh_message message)
    {
        in = true;
        ++server.m_logins;
        ssh_message_auth_reply_success(message, 0);
    }
    void askRound(ssh_message message)
    {
        const auto &asked = server.m_wants.rounds[round];
        std::vector<const char *> texts;
        std::vector<char> echoes;
        for (const auto &prompt : asked.prompts) {
            texts.push_back(prompt.text.c_str());
            echoes.push_back(prompt.echo ? 1 : 0);
        }
        ssh_message_auth_interactive_request(message, "", asked.instruction.c_str(), static_cast<unsigned>(texts.size()),
                                             texts.data(), echoes.data());
    }
    void interactive(ssh_message message)
    {
        if (!ssh_message_auth_kbdint_is_response(message)) {
            round = 0;
            allRight = true;
            return askRound(message);
        }
        const auto &prompts = server.m_wants.rounds[round].prompts;
        allRight = allRight && ssh_userauth_kbdint_getnanswers(session) == static_cast<int>(prompts.size());
        for (unsigned i = 0; allRight && i < prompts.size(); ++i)
            server.note(ssh_userauth_kbdint_getanswer(session, i));
        for (unsigned i = 0; allRight && i < prompts.size(); ++i)
            allRight = prompts[i].answer == ssh_userauth_kbdint_getanswer(session, i);
        if (++round < server.m_wants.rounds.size())
            return askRound(message); // as PAM does it: what was wrong is told at the end
        allRight ? accept(message) : refuse(message);
    }
    void publicKey(ssh_message message)
    {
        if (!server.m_wants.keyFirst || keySeen)
            return refuse(message);
        if (ssh_message_auth_publickey_state(message) != SSH_PUBLICKEY_STATE_VALID) {
            ssh_message_auth_reply_pk_ok_simple(message);
            return;
        }
        keySeen = true;
        ssh_message_auth_set_methods(message, methods());
        ssh_message_auth_reply_success(message, 1);
    }
    void handle(ssh_message message)
    {
        if (ssh_message_type(message) != SSH_REQUEST_AUTH) {
            ssh_message_reply_default(message);
            return;
        }
        const int method = ssh_message_subtype(message);
        if (method == SSH_AUTH_METHOD_PUBLICKEY)
            return publicKey(message);
        if (method == SSH_AUTH_METHOD_INTERACTIVE && (methods() & method) != 0)
            return interactive(message);
        if (method == SSH_AUTH_METHOD_PASSWORD && (methods() & method) != 0) {
            const std::string given = ssh_message_auth_password(message);
            server.note(given);
            return given == server.password() ? accept(message) : refuse(message);
        }
        failures -= method == SSH_AUTH_METHOD_NONE ? 1 : 0;
        refuse(message);
    }
};

PromptingServer::PromptingServer(ServerWants wants) : m_wants(std::move(wants))
{
    char name[] = "/tmp/seatrial-test-XXXXXX";
    if (mkdtemp(name) == nullptr)
        throw std::runtime_error("no folder can be made in /tmp");
    m_folder = name;
    const std::string key = TestSshd::makeKey(m_folder / "host_key");
    TestSshd::makeKey(m_folder / "user_key");
    auto listening = std::make_unique<SilentServer>(128);
    m_listening = dup(listening->descriptor());
    m_port = listening->port();
    std::ofstream(m_folder / "known_hosts") << "[127.0.0.1]:" << m_port << ' ' << key;
    m_accepting = std::thread([this] {
        pollfd fd{m_listening, POLLIN, 0};
        while (!m_ending) {
            if (poll(&fd, 1, 20) <= 0)
                continue;
            const int descriptor = accept4(m_listening, nullptr, nullptr, SOCK_CLOEXEC);
            if (descriptor < 0)
                continue;
            const std::lock_guard lock(m_mutex);
            m_open.insert(descriptor);
            m_threads.emplace_back([this, descriptor] { serve(descriptor); });
        }
    });
}

PromptingServer::~PromptingServer()
{
    m_ending = true;
    m_accepting.join();
    {
        const std::lock_guard lock(m_mutex);
        for (const int descriptor : m_open)
            shutdown(descriptor, SHUT_RDWR);
    }
    for (auto &thread : m_threads)
        thread.join();
    close(m_listening);
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
}

void PromptingServer::serve(int descriptor)
{
    const ssh_bind bind = ssh_bind_new();
    const ssh_session session = ssh_new();
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, (m_folder / "host_key").c_str());
    if (ssh_bind_accept_fd(bind, session, descriptor) == SSH_OK && ssh_handle_key_exchange(session) == SSH_OK) {
        Connection connection(*this, session);
        ssh_set_auth_methods(session, connection.methods());
        const auto grace = std::chrono::steady_clock::now() + std::chrono::duration<double>(m_wants.graceSeconds);
        while (!m_ending && connection.failures < m_wants.mostFailures) {
            pollfd fd{descriptor, POLLIN, 0};
            const ssh_message message = ssh_message_get(session);
            if (message == nullptr)
                break;
            connection.handle(message);
            ssh_message_free(message);
            ssh_blocking_flush(session, 5000);
            // Only a wait between messages can run out of patience.
            while (!connection.in && !m_ending && poll(&fd, 1, 10) == 0 && std::chrono::steady_clock::now() < grace) {
            }
            if (!connection.in && std::chrono::steady_clock::now() >= grace)
                break;
        }
    }
    {
        const std::lock_guard lock(m_mutex);
        m_open.erase(descriptor);
    }
    ssh_disconnect(session);
    ssh_free(session);
    ssh_bind_free(bind);
}

domain::Node PromptingServer::node(const std::string &name) const
{
    domain::Node node;
    node.id = domain::NodeId(name);
    node.address = "127.0.0.1";
    node.ssh.user = "ops";
    node.ssh.port = m_port;
    node.ssh.identity = m_folder / "user_key";
    node.ssh.knownHosts = m_folder / "known_hosts";
    node.inventory = "/fleet/hall.yaml";
    return node;
}

std::vector<std::string> PromptingServer::given() const
{
    const std::lock_guard lock(m_mutex);
    return m_given;
}

void PromptingServer::note(const std::string &answer)
{
    const std::lock_guard lock(m_mutex);
    m_given.push_back(answer);
}

void PromptingServer::setPassword(const std::string &password)
{
    const std::lock_guard lock(m_mutex);
    m_wants.password = password;
}

std::string PromptingServer::password() const
{
    const std::lock_guard lock(m_mutex);
    return m_wants.password;
}

} // namespace seatrial::tests
