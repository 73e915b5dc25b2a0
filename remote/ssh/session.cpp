// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/session.h"

#include "remote/text.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace seatrial::remote {

using namespace domain;

namespace {

// chacha20-poly1305 first: some versions of libssh do not check the tag of AES-GCM, and a version cannot be told by
// ssh_version() once a distribution has patched it.
constexpr const char *kCiphers = "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,"
                                 "aes256-ctr,aes192-ctr,aes128-ctr";
// Without the slow groups: curve25519 costs a third of group14's time.
constexpr const char *kKeyExchange = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
                                     "ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,"
                                     "diffie-hellman-group14-sha256";

Failure exchangeFailed(const Session &session)
{
    const std::string said = printable(session.error());
    if (said.find("no match") != std::string::npos) {
        return {Stage::Connect, FailureKind::Unsupported,
                session.where() + ": no common algorithm with the node's sshd: " + said, "SSH key exchange",
                "allow curve25519 or ecdh, and chacha20-poly1305, aes-gcm or aes-ctr in the node's sshd_config"};
    }
    if (session.closed()) {
        return {Stage::Connect, FailureKind::Throttled,
                session.where() + ": the node closed the connection before the login", "SSH key exchange",
                "too many logins at once, or a filter on the node (MaxStartups, fail2ban, hosts.deny)"};
    }
    return {Stage::Connect, FailureKind::Broken, session.where() + ": the key exchange failed: " + said,
            "SSH key exchange", "try 'ssh -v' to this node and compare"};
}

} // namespace

Result<std::shared_ptr<Session>> Session::open(Socket socket, const SshSettings &settings,
                                               const std::string &hostKeyAlgorithms, std::string where, double seconds, const std::atomic<bool> &cancelled)
{
    const ssh_session handle = ssh_new();
    if (handle == nullptr) {
        return std::unexpected(
            Failure{Stage::Connect, FailureKind::Broken, where + ": out of memory", "starting an SSH session", {}});
    }
    std::shared_ptr<Session> session(new Session(handle, std::move(where)));
    const int descriptor = socket.descriptor();
    if (const auto prepared = session->prepare(settings, hostKeyAlgorithms, descriptor); !prepared)
        return std::unexpected(prepared.error());
    socket.release(); // from here on libssh has it, see the destructor
    session->m_socket = descriptor;
    struct stat what {};
    if (fstat(descriptor, &what) == 0)
        session->m_socketNumber = what.st_ino;
    if (const auto exchanged = session->exchangeKeys(descriptor, seconds, cancelled); !exchanged)
        return std::unexpected(exchanged.error());
    return session;
}

Session::~Session()
{
    // Not ssh_disconnect(): it leaves a socket of ours open, or not, depending on what went wrong before.
    ssh_silent_disconnect(m_handle);
    ssh_free(m_handle);
    // libssh 0.10 has closed the socket now, 0.11 has not. The descriptor may already be another thread's: it is told by what it is.
    struct stat what {};
    if (m_socket >= 0 && fstat(m_socket, &what) == 0 && S_ISSOCK(what.st_mode) && what.st_ino == m_socketNumber)
        ::close(m_socket);
}

std::string Session::error() const
{
    return ssh_get_error(m_handle);
}

bool Session::closed() const
{
    const int descriptor = ssh_get_fd(m_handle);
    if (descriptor < 0 || (ssh_get_status(m_handle) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0)
        return true;
    char byte = 0;
    const ssize_t count = recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

pollfd Session::descriptor() const
{
    const bool toWrite = (ssh_get_poll_flags(m_handle) & SSH_WRITE_PENDING) != 0;
    return {ssh_get_fd(m_handle), static_cast<short>(toWrite ? POLLIN | POLLOUT : POLLIN), 0};
}

Result<void> Session::prepare(const SshSettings &settings, const std::string &hostKeyAlgorithms, int descriptor)
{
    const bool readConfig = false; // libssh's own reading ignores half of it; see SshConfig
    const unsigned port = settings.hostKeyAlias.empty() ? settings.port : 22; // serves only to find the host key
    const std::string host = settings.hostKeyAlias.empty() ? settings.host : settings.hostKeyAlias;

    bool good = ssh_options_set(m_handle, SSH_OPTIONS_PROCESS_CONFIG, &readConfig) == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_HOST, host.c_str()) == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_PORT, &port) == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_USER, settings.user.c_str()) == SSH_OK;
    // Host keys are checked by HostKeys; here libssh would only read the files once more.
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_HOSTKEYS, hostKeyAlgorithms.c_str()) == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_KEY_EXCHANGE, kKeyExchange) == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_CIPHERS_C_S, kCiphers) == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_CIPHERS_S_C, kCiphers) == SSH_OK;
    good = good && ssh_options_set(m_handle, SSH_OPTIONS_FD, &descriptor) == SSH_OK;
    if (!good) {
        return std::unexpected(Failure{Stage::Input, FailureKind::Invalid,
                                       m_where + ": user or address cannot be used: " + printable(error()),
                                       "user '" + printable(settings.user) + "', host '" + printable(host) + "'",
                                       "correct them in the inventory or in the ssh configuration"});
    }
    ssh_set_blocking(m_handle, 0);
    return {};
}

Result<void> Session::exchangeKeys(int descriptor, double seconds, const std::atomic<bool> &cancelled)
{
    const auto connect = [&] {
        const int code = ssh_connect(m_handle);
        // libssh makes the socket blocking once it sees it connected.
        if (const int current = ssh_get_fd(m_handle); current == descriptor)
            fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
        return code;
    };
    const Answer answer = await(connect, SSH_AGAIN, after(seconds), cancelled);
    if (answer.waited == Waited::Cancelled)
        return std::unexpected(Failure{Stage::Connect, FailureKind::Cancelled, m_where + ": cancelled", {}, {}});
    if (answer.waited == Waited::TimedOut) {
        return std::unexpected(Failure{Stage::Connect, FailureKind::Timeout,
                                       m_where + ": the key exchange stopped, no answer for " + secondsText(seconds),
                                       "SSH key exchange", "the node is overloaded or hangs: look at its console"});
    }
    if (answer.code != SSH_OK)
        return std::unexpected(exchangeFailed(*this));
    return {};
}

} // namespace seatrial::remote
