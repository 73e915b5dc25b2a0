// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/login.h"

#include "remote/shell_quote.h"
#include "remote/ssh/known_hosts.h"
#include "remote/ssh/session.h"
#include "remote/text.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace seatrial::remote {

using namespace domain;

namespace {

enum class KeyFile { Loaded, Missing, Encrypted, Unusable };

struct LoadedKey {
    KeyFile state = KeyFile::Missing;
    Key key;
};

LoadedKey loadKey(const std::filesystem::path &file)
{
    bool asked = false;
    // Called when a passphrase is needed; refusing tells apart what is encrypted from what is broken.
    const auto refuse = [](const char *, char *, std::size_t, int, int, void *flag) {
        *static_cast<bool *>(flag) = true;
        return -1;
    };
    ssh_key key = nullptr;
    const int code = ssh_pki_import_privkey_file(file.c_str(), nullptr, refuse, &asked, &key);
    if (code == SSH_OK)
        return {KeyFile::Loaded, Key(key)};
    if (asked)
        return {KeyFile::Encrypted, nullptr};
    return {access(file.c_str(), R_OK) == 0 ? KeyFile::Unusable : KeyFile::Missing, nullptr};
}

/// A connection to the agent, or -1.
int connectToAgent(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return -1;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return -1;
    return socket.release();
}

/// libssh waits for the agent without end, and an agent may wait for a person to touch a key. This ends the agent's
/// connection when the login is cancelled or late.
class AgentGuard
{
public:
    AgentGuard(int descriptor, Moment deadline, const std::atomic<bool> &cancelled)
        : m_thread([this, descriptor, deadline, &cancelled] {
              while (!m_done && !cancelled && secondsUntil(deadline) > 0)
                  pauseFor(0.05, m_done);
              if (!m_done)
                  shutdown(descriptor, SHUT_RDWR);
          })
    {
    }
    ~AgentGuard()
    {
        m_done = true;
        m_thread.join();
    }

private:
    std::atomic<bool> m_done{false};
    std::thread m_thread;
};

class Login
{
public:
    Login(Session &session, const SshSettings &settings, double seconds, const std::atomic<bool> &cancelled)
        : m_session(session), m_settings(settings), m_seconds(seconds), m_deadline(after(seconds)),
          m_cancelled(cancelled)
    {
    }

    Result<void> run();

private:
    /// True: logged in. False: refused, go on with the next key.
    Result<bool> tryAgent();
    Result<bool> tryFile(const std::filesystem::path &file);
    Result<bool> judge(const Session::Answer &answer) const;
    Failure refused() const;
    Failure lost() const;
    void tried(const std::string &what) { m_tried += (m_tried.empty() ? "" : ", ") + what; }

    Session &m_session;
    const SshSettings &m_settings;
    double m_seconds;
    Moment m_deadline;
    const std::atomic<bool> &m_cancelled;
    bool m_agentAsked = false;
    std::string m_tried;
    std::string m_encrypted; ///< first key file that needs a passphrase
};

Result<void> Login::run()
{
    if (!m_settings.identityGiven && !m_settings.identitiesOnly) {
        const auto in = tryAgent();
        if (!in || *in)
            return in ? Result<void>() : std::unexpected(in.error());
    }
    for (const auto &file : m_settings.identities) {
        const auto in = tryFile(file);
        if (!in || *in)
            return in ? Result<void>() : std::unexpected(in.error());
    }
    if (!m_encrypted.empty() && !m_agentAsked) {
        const auto in = tryAgent();
        if (!in || *in)
            return in ? Result<void>() : std::unexpected(in.error());
    }
    return std::unexpected(refused());
}

Result<bool> Login::tryAgent()
{
    m_agentAsked = true;
    const int descriptor = connectToAgent(m_settings.agentSocket);
    if (descriptor < 0) {
        tried(m_settings.agentSocket.empty() ? "no agent runs" : "the agent does not answer");
        return false;
    }
    ssh_set_agent_socket(m_session.handle(), descriptor); // which closes it
    tried("the keys of the agent");
    Session::Answer answer;
    {
        const AgentGuard guard(descriptor, m_deadline, m_cancelled);
        const auto call = [this] { return ssh_userauth_agent(m_session.handle(), nullptr); };
        answer = m_session.await(call, SSH_AUTH_AGAIN, m_deadline, m_cancelled);
    }
    if (m_cancelled)
        answer.waited = Waited::Cancelled;
    return judge(answer);
}

Result<bool> Login::tryFile(const std::filesystem::path &file)
{
    const LoadedKey loaded = loadKey(file);
    const std::string name = file.string();
    switch (loaded.state) {
    case KeyFile::Loaded:
        break;
    case KeyFile::Missing:
        if (!m_settings.identityGiven)
            return false;
        return std::unexpected(Failure{Stage::Login, FailureKind::NotFound,
                                       m_session.where() + ": the key file " + name + " is not there or not readable",
                                       "reading the key that the inventory names", "correct 'identity' in the inventory"});
    case KeyFile::Encrypted:
        tried(name + " (needs a passphrase)");
        m_encrypted = m_encrypted.empty() ? name : m_encrypted;
        return false;
    case KeyFile::Unusable:
        tried(name + " (not a private key that can be read)");
        return false;
    }
    tried(name);
    const auto call = [&] { return ssh_userauth_publickey(m_session.handle(), nullptr, loaded.key.get()); };
    return judge(m_session.await(call, SSH_AUTH_AGAIN, m_deadline, m_cancelled));
}

Result<bool> Login::judge(const Session::Answer &answer) const
{
    if (answer.waited == Waited::Cancelled) {
        return std::unexpected(Failure{Stage::Login, FailureKind::Cancelled, m_session.where() + ": cancelled", {}, {}});
    }
    if (answer.waited == Waited::TimedOut) {
        return std::unexpected(Failure{Stage::Login, FailureKind::Timeout,
                                       m_session.where() + ": no answer to the login for " + secondsText(m_seconds),
                                       "login as " + m_settings.user + " with " + m_tried,
                                       "the node is overloaded, or its name or account service hangs: look at its console"});
    }
    switch (answer.code) {
    case SSH_AUTH_SUCCESS:
        return true;
    case SSH_AUTH_DENIED:
        return false;
    case SSH_AUTH_PARTIAL:
        return std::unexpected(Failure{Stage::Login, FailureKind::Unsupported,
                                       m_session.where() + ": the node wants more than a key from " + m_settings.user,
                                       "login with " + m_tried,
                                       "allow this user to log in by public key alone (AuthenticationMethods of sshd)"});
    default:
        return std::unexpected(lost());
    }
}

Failure Login::refused() const
{
    Failure failure{Stage::Login, FailureKind::Refused, {}, "login as " + m_settings.user + " with ", {}};
    failure.attempted += m_tried.empty() ? "no key at all" : m_tried;
    failure.what = m_session.where() + ": the login of " + m_settings.user + " was refused";
    const int methods = ssh_userauth_list(m_session.handle(), nullptr);
    if (methods > 0 && (methods & SSH_AUTH_METHOD_PUBLICKEY) == 0)
        failure.advice = "the node accepts no public keys from this user: allow PubkeyAuthentication in its sshd_config";
    else if (!m_encrypted.empty())
        failure.advice = "load the key into the agent: ssh-add " + shellQuote(m_encrypted);
    else if (m_tried.empty() || m_settings.identities.empty())
        failure.advice = "make a key with ssh-keygen, or name one as 'identity' in the inventory";
    else
        failure.advice = "check the user, and add the public key there: ssh-copy-id";
    return failure;
}

Failure Login::lost() const
{
    const std::string said = printable(m_session.error());
    if (said.find("oo many authentication failures") != std::string::npos) {
        return {Stage::Login, FailureKind::Refused, m_session.where() + ": too many keys were refused in one login",
                "login as " + m_settings.user + " with " + m_tried,
                "name the right key as 'identity' in the inventory"};
    }
    return {Stage::Login, FailureKind::Lost, m_session.where() + ": the connection broke during the login: " + said,
            "login as " + m_settings.user + " with " + m_tried,
            "run again; if it stays, look into the log of the node's sshd"};
}

} // namespace

Result<void> logIn(Session &session, const SshSettings &settings, double seconds, const std::atomic<bool> &cancelled)
{
    return Login(session, settings, seconds, cancelled).run();
}

} // namespace seatrial::remote
