// SPDX-License-Identifier: GPL-3.0-or-later
// One libssh session with one exec channel, advanced without blocking: call visit() whenever poll() reports wanted().
// It belongs to one thread; only post() may be called from others.
#pragma once

#include "loopback_sshd.h"
#include "measure.h"

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>

#include <charconv>
#include <cstring>
#include <mutex>

namespace seatrial::bench {

enum class Role { Healthy, Stopped, Flood };

// How the socket and writes are treated; Plain is what libssh gives when only ssh_set_blocking(0) is used.
enum class Care {
    Plain,
    Full, // O_NONBLOCK put back after ssh_connect(), at most one packet written per POLLOUT
};

class Session {
public:
    Session(const Endpoint& endpoint, Role role, Care care, std::string command, Report& report)
        : m_endpoint{endpoint}, m_role{role}, m_care{care}, m_command{std::move(command)}, m_report{report}
    {
    }
    ~Session() { close(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // libssh logs each finished key exchange; that is the only public trace of a rekey. Log settings are per thread.
    static void countRekeysInThisThread()
    {
        ssh_set_log_level(SSH_LOG_PROTOCOL);
        ssh_set_log_callback([](int, const char*, const char* text, void*) {
            if (s_visited != nullptr && std::strstr(text, "Received SSH_MSG_NEWKEYS") != nullptr) {
                ++s_visited->m_keyExchanges;
            }
        });
    }

    void open();
    void visit();
    void close();
    void post(std::string data)
    {
        const std::lock_guard lock{m_postMutex};
        m_posted += data;
    }
    std::size_t unsent() const { return m_unsent.load(); }

    bool isLoggingIn() const { return m_step < Step::Stream; }
    bool isOpen() const { return m_session != nullptr && m_step != Step::Failed; }
    int fd() const { return m_fd; }
    short wanted() const
    {
        return static_cast<short>((ssh_get_poll_flags(m_session) & SSH_WRITE_PENDING) != 0 ? POLLIN | POLLOUT : POLLIN);
    }
    Role role() const { return m_role; }
    long rekeys() const { return m_keyExchanges - 1; }
    std::int64_t lines() const { return m_lines.load(); }
    int serverPid() const { return m_serverPid.load(); }

private:
    enum class Step { Connect, Authenticate, OpenChannel, Execute, Stream, Failed };

    template <typename Call> auto timed(const char* what, Call call)
    {
        const Stopwatch watch{m_report.now().call, what};
        return call();
    }
    void fail(const char* what);
    void advance();
    int handshake();
    int connectStep();
    int authenticateStep();
    bool hostKeyIsOurs();
    void drain();
    void writePosted();
    void consume(const char* data, std::size_t size);
    void line(std::string_view text);

    inline static thread_local Session* s_visited = nullptr;

    const Endpoint& m_endpoint;
    const Role m_role;
    const Care m_care;
    const std::string m_command;
    Report& m_report;

    ssh_session m_session = nullptr;
    ssh_channel m_channel = nullptr;
    ssh_key m_key = nullptr;
    int m_fd = -1;
    Step m_step = Step::Connect;
    long m_keyExchanges = 0;
    std::string m_partial;
    std::string m_sending;
    std::string m_posted;
    std::mutex m_postMutex;
    std::atomic<std::size_t> m_unsent{0};
    std::atomic<std::int64_t> m_lines{0};
    std::atomic<int> m_serverPid{0};
};

inline void Session::open()
{
    ++m_report.loggingIn;
    // An own socket: libssh would call the blocking getaddrinfo(). It applies SSH_OPTIONS_NODELAY only to its own.
    m_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(m_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (m_role == Role::Stopped) { // loopback would swallow megabytes; a path over a real network does not
        const int bytes = 32 * 1024;
        setsockopt(m_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(m_endpoint.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(m_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
        return fail("connect()");
    }
    m_session = ssh_new();
    const bool readConfig = false;
    const unsigned port = m_endpoint.port;
    ssh_options_set(m_session, SSH_OPTIONS_PROCESS_CONFIG, &readConfig);
    ssh_options_set(m_session, SSH_OPTIONS_HOST, "127.0.0.1");
    ssh_options_set(m_session, SSH_OPTIONS_PORT, &port);
    ssh_options_set(m_session, SSH_OPTIONS_USER, getpwuid(geteuid())->pw_name);
    ssh_options_set(m_session, SSH_OPTIONS_KNOWNHOSTS, m_endpoint.knownHostsFile.c_str());
    ssh_options_set(m_session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    ssh_options_set(m_session, SSH_OPTIONS_FD, &m_fd);
    ssh_set_blocking(m_session, 0);
    visit();
}

inline void Session::visit()
{
    s_visited = this;
    if (m_step != Step::Stream) {
        advance();
    }
    if (m_step == Step::Stream) {
        drain(); // before writing: it also takes in POLLOUT, which permits the next write
        writePosted();
    }
    s_visited = nullptr;
}

inline void Session::fail(const char* what)
{
    if (m_step == Step::Failed) {
        return;
    }
    if (m_report.failed++ == 0) {
        const char* why = m_session != nullptr ? ssh_get_error(m_session) : std::strerror(errno);
        std::snprintf(m_report.firstError.data(), m_report.firstError.size(), "%s: %s", what, why);
    }
    if (m_step != Step::Stream) {
        --m_report.loggingIn;
    }
    m_step = Step::Failed;
}

// Goes on with the handshake until libssh needs the peer.
inline void Session::advance()
{
    while (m_step != Step::Stream && m_step != Step::Failed) {
        const int rc = handshake();
        if (rc == SSH_AGAIN) {
            return;
        }
        if (rc != SSH_OK) {
            return fail("handshake");
        }
        m_step = static_cast<Step>(static_cast<int>(m_step) + 1);
    }
    if (m_step == Step::Stream) {
        --m_report.loggingIn;
        ++m_report.streaming;
    }
}

inline int Session::handshake()
{
    switch (m_step) {
    case Step::Connect:
        return connectStep();
    case Step::Authenticate:
        return authenticateStep();
    case Step::OpenChannel:
        if (m_channel == nullptr) {
            m_channel = ssh_channel_new(m_session);
        }
        return timed("ssh_channel_open_session", [&] { return ssh_channel_open_session(m_channel); });
    case Step::Execute:
        return timed("ssh_channel_request_exec",
                     [&] { return ssh_channel_request_exec(m_channel, m_command.c_str()); });
    case Step::Stream:
    case Step::Failed:
        break;
    }
    return SSH_ERROR;
}

inline int Session::connectStep()
{
    const int rc = timed("ssh_connect", [&] { return ssh_connect(m_session); });
    if (m_care == Care::Full) {
        // libssh makes the socket blocking once it is connected, its own as well as one given by SSH_OPTIONS_FD.
        fcntl(m_fd, F_SETFL, fcntl(m_fd, F_GETFL) | O_NONBLOCK);
    }
    if (rc != SSH_OK) {
        return rc;
    }
    if (!timed("host key", [&] { return hostKeyIsOurs(); })) {
        return SSH_ERROR;
    }
    return timed("read key", [&] {
        return ssh_pki_import_privkey_file(m_endpoint.keyFile.c_str(), nullptr, nullptr, nullptr, &m_key);
    });
}

inline bool Session::hostKeyIsOurs() { return ssh_session_is_known_server(m_session) == SSH_KNOWN_HOSTS_OK; }

inline int Session::authenticateStep()
{
    const int rc = timed("ssh_userauth_publickey", [&] { return ssh_userauth_publickey(m_session, nullptr, m_key); });
    if (rc == SSH_AUTH_AGAIN) {
        return SSH_AGAIN;
    }
    if (rc != SSH_AUTH_SUCCESS) {
        return SSH_ERROR;
    }
    ssh_key_free(m_key);
    m_key = nullptr;
    return SSH_OK;
}

// Each read takes at most 4 KiB from the socket, so 0 means "no whole packet yet", not "socket empty": only
// level-triggered polling works. The budget keeps a flooding node from holding the thread.
inline void Session::drain()
{
    char buffer[16 * 1024];
    for (int budget = 16; budget > 0; --budget) {
        const int n = timed("ssh_channel_read_nonblocking",
                            [&] { return ssh_channel_read_nonblocking(m_channel, buffer, sizeof buffer, 0); });
        if (n == 0 || n == SSH_AGAIN) {
            break;
        }
        if (n < 0) {
            return fail("read");
        }
        consume(buffer, static_cast<std::size_t>(n));
    }
    // Login shells write noise there; unread it would use up the window that both streams share.
    timed("ssh_channel_read_nonblocking (stderr)",
          [&] { return ssh_channel_read_nonblocking(m_channel, buffer, sizeof buffer, 1); });
}

inline void Session::writePosted()
{
    {
        const std::lock_guard lock{m_postMutex};
        m_sending += m_posted;
        m_posted.clear();
    }
    while (!m_sending.empty()) {
        if (m_care == Care::Full && (ssh_get_poll_flags(m_session) & SSH_WRITE_PENDING) != 0) {
            break; // libssh still waits for POLLOUT; more would only pile up in its buffer
        }
        const auto size = std::min({m_sending.size(), std::size_t{32'000},
                                    static_cast<std::size_t>(ssh_channel_window_size(m_channel))});
        if (size == 0) {
            break; // the node does not read; ssh_channel_read_nonblocking() takes in its window adjustments
        }
        const int n = timed("ssh_channel_write", [&] {
            return ssh_channel_write(m_channel, m_sending.data(), static_cast<std::uint32_t>(size));
        });
        if (n < 0) {
            return fail("write");
        }
        if (n == 0) {
            break; // amid a key exchange
        }
        m_sending.erase(0, static_cast<std::size_t>(n));
    }
    m_unsent = m_sending.size();
}

inline void Session::consume(const char* data, std::size_t size)
{
    if (m_role == Role::Flood) {
        m_report.floodBytes += static_cast<std::int64_t>(size);
        return;
    }
    m_partial.append(data, size);
    std::size_t begin = 0;
    for (std::size_t end; (end = m_partial.find('\n', begin)) != std::string::npos; begin = end + 1) {
        line(std::string_view{m_partial}.substr(begin, end - begin));
    }
    m_partial.erase(0, begin);
}

// "<number> <CLOCK_MONOTONIC ns> <pid of the sshd process> <padding>"
inline void Session::line(std::string_view text)
{
    std::int64_t fields[3] = {};
    const char* at = text.data();
    for (auto& field : fields) {
        at = std::from_chars(at, text.data() + text.size(), field).ptr + 1;
    }
    if (fields[0] != m_lines.load()) {
        ++m_report.missingLines;
    }
    m_lines = fields[0] + 1;
    m_serverPid = static_cast<int>(fields[2]);
    if (m_role == Role::Healthy) {
        m_report.now().lineAge.add(wallNow() - fields[1]);
    }
}

inline void Session::close()
{
    if (m_session == nullptr) {
        return;
    }
    if (m_key != nullptr) {
        ssh_key_free(m_key);
    }
    timed("ssh_disconnect", [&] { ssh_disconnect(m_session); });
    timed("ssh_free", [&] { ssh_free(m_session); });
    m_session = nullptr;
    m_fd = -1;
}

} // namespace seatrial::bench
