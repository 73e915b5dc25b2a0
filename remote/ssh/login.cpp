// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/login.h"

#include "remote/shell_quote.h"
#include "remote/ssh/agent.h"
#include "remote/ssh/dialogue.h"
#include "remote/ssh/key_files.h"
#include "remote/ssh/login_try.h"
#include "remote/ssh/session.h"
#include "remote/text.h"

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr int kMostStages = 8; ///< methods that one server may want after another

class Login
{
public:
    Login(Session &session, const SshSettings &settings, const LoginQuestions &questions, double seconds,
          const std::atomic<bool> &cancelled)
        : m_session(session), m_settings(settings), m_try(session, settings.user, seconds, cancelled),
          m_asker(questions, settings.user, settings.knownAs(), session.where(), cancelled)
    {
    }

    Result<void> run();

private:
    Result<Outcome> nextMethod();
    Result<Outcome> byKey();
    Result<Outcome> byAgent();
    Result<Outcome> byFile(const std::filesystem::path &file);
    Result<Outcome> byLockedFile(const std::filesystem::path &file, const KeyFile &loaded);
    Result<Outcome> offer(const std::string &name, ssh_key key);
    Result<Outcome> byPassword();
    Result<Outcome> missing(const std::string &what, const std::string &file, const std::string &word) const;
    Result<void> certificateIsUsable() const;
    std::vector<Certificate> certificatesOf(const std::filesystem::path &file, ssh_key key) const
    {
        return KeyFiles::certificatesOf(m_settings.certificateGiven ? std::filesystem::path() : file, key, m_settings.certificates);
    }
    bool serverOffers(int method) const { return (ssh_userauth_list(m_session.handle(), nullptr) & method) != 0; }
    Failure refused() const;

    Session &m_session;
    const SshSettings &m_settings;
    LoginTry m_try;
    Asker m_asker;
    std::size_t m_nextFile = 0;
    bool m_agentAsked = false;
    bool m_partly = false;
    std::string m_certificate; ///< last one that was refused
};

Result<void> Login::run()
{
    // As ssh does it: costs no failure and brings the list of methods.
    auto outcome = m_try.call([this] { return ssh_userauth_none(m_session.handle(), nullptr); });
    for (int stage = 0; stage < kMostStages && outcome && *outcome != Outcome::In; ++stage) {
        outcome = nextMethod();
        if (outcome && *outcome == Outcome::Refused)
            return std::unexpected(refused());
        m_partly = true;
    }
    if (!outcome) {
        Failure failure = outcome.error();
        if (m_asker.personAsked() && failure.kind == FailureKind::Lost)
            failure.advice = "the node may not have waited long enough for the answer (LoginGraceTime): run again";
        return std::unexpected(failure);
    }
    if (*outcome != Outcome::In)
        return std::unexpected(refused());
    return {};
}

/// Whatever gets on: the first method that the server offers and that is not refused.
Result<Outcome> Login::nextMethod()
{
    if (m_settings.keysAllowed && serverOffers(SSH_AUTH_METHOD_PUBLICKEY)) {
        const auto outcome = byKey();
        if (!outcome || *outcome != Outcome::Refused)
            return outcome;
    }
    if (m_settings.promptsAllowed && serverOffers(SSH_AUTH_METHOD_INTERACTIVE)) {
        const auto outcome = Dialogue(m_session, m_try, m_asker).run();
        if (!outcome || *outcome != Outcome::Refused)
            return outcome;
    }
    if (m_settings.passwordAllowed && serverOffers(SSH_AUTH_METHOD_PASSWORD) && !m_asker.declined())
        return byPassword();
    return Outcome::Refused;
}

Result<Outcome> Login::byKey()
{
    if (!m_agentAsked && !m_settings.identityGiven && !m_settings.identitiesOnly) {
        const auto outcome = byAgent();
        if (!outcome || *outcome != Outcome::Refused)
            return outcome;
    }
    if (const auto usable = certificateIsUsable(); !usable)
        return std::unexpected(usable.error());
    while (m_nextFile < m_settings.identities.size()) {
        const auto outcome = byFile(m_settings.identities[m_nextFile++]);
        if (!outcome || *outcome != Outcome::Refused)
            return outcome;
    }
    return Outcome::Refused;
}

Result<Outcome> Login::byAgent()
{
    m_agentAsked = true;
    const int descriptor = connectToAgent(m_settings.agentSocket);
    if (descriptor < 0) {
        m_try.note(m_settings.agentSocket.empty() ? "no agent runs" : "the agent does not answer");
        return Outcome::Refused;
    }
    ssh_set_agent_socket(m_session.handle(), descriptor); // which closes it
    m_try.note("the keys of the agent");
    const AgentGuard guard(descriptor, after(m_try.seconds()), m_try.cancelled());
    return m_try.call([this] { return ssh_userauth_agent(m_session.handle(), nullptr); });
}

Result<Outcome> Login::byFile(const std::filesystem::path &file)
{
    const KeyFile loaded = KeyFiles::load(file);
    const std::string name = file.string();
    switch (loaded.state) {
    case KeyState::Loaded:
        break;
    case KeyState::Missing:
        if (!m_settings.identityGiven)
            return Outcome::Refused;
        return missing("the key file", name, "identity");
    case KeyState::Encrypted:
        return byLockedFile(file, loaded);
    case KeyState::Unusable:
        m_try.note(name + " (not a private key that can be read)");
        return Outcome::Refused;
    }
    for (const Certificate &certificate : certificatesOf(file, loaded.key.get())) {
        const Key both = KeyFiles::certified(loaded.key.get(), certificate);
        const auto outcome = both ? offer(certificate.file.string(), both.get()) : Result<Outcome>(Outcome::Refused);
        if (!outcome || *outcome != Outcome::Refused)
            return outcome;
        m_certificate = certificate.file.string();
    }
    return offer(name, loaded.key.get());
}

/// Asks the server first whether it would take the key: a passphrase for nothing is nothing to ask for.
Result<Outcome> Login::byLockedFile(const std::filesystem::path &file, const KeyFile &loaded)
{
    const std::string name = file.string();
    std::vector<Certificate> certificates;
    bool plain = true;
    if (loaded.publicPart) {
        const auto wanted = [this](ssh_key key) {
            return m_try.call([&] { return ssh_userauth_try_publickey(m_session.handle(), nullptr, key); });
        };
        for (auto &certificate : certificatesOf(file, loaded.publicPart.get())) {
            const auto outcome = wanted(certificate.key.get());
            if (!outcome)
                return outcome;
            if (*outcome == Outcome::In)
                certificates.push_back(std::move(certificate));
            else
                m_certificate = certificate.file.string();
        }
        if (certificates.empty()) {
            const auto outcome = wanted(loaded.publicPart.get());
            if (!outcome)
                return outcome;
            if (*outcome != Outcome::In) {
                m_try.note(name);
                return Outcome::Refused;
            }
        }
        plain = certificates.empty();
    }
    if (!m_agentAsked) {
        const auto outcome = byAgent();
        if (!outcome || *outcome != Outcome::Refused)
            return outcome;
    }
    const auto key = m_asker.unlock(file);
    if (!key)
        return std::unexpected(key.error());
    if (!*key) {
        m_try.note(name + " (needs a passphrase)");
        return Outcome::Refused;
    }
    for (const Certificate &certificate : certificates) {
        const Key both = KeyFiles::certified(key->get(), certificate);
        const auto outcome = both ? offer(certificate.file.string(), both.get()) : Result<Outcome>(Outcome::Refused);
        if (!outcome || *outcome != Outcome::Refused)
            return outcome;
    }
    return plain ? offer(name, key->get()) : Result<Outcome>(Outcome::Refused);
}

Result<Outcome> Login::offer(const std::string &name, ssh_key key)
{
    m_try.note(name);
    return m_try.call([&] { return ssh_userauth_publickey(m_session.handle(), nullptr, key); });
}

Result<Outcome> Login::byPassword()
{
    campaign::SecretQuestion question;
    question.kind = campaign::SecretQuestion::Kind::Password;
    question.prompts = {{"Password: ", false}};
    m_try.note("a password");
    return m_asker.password(question, [this](const std::string &password) {
        return m_try.call([&] { return ssh_userauth_password(m_session.handle(), nullptr, password.c_str()); });
    });
}

Result<Outcome> Login::missing(const std::string &what, const std::string &file, const std::string &word) const
{
    return std::unexpected(Failure{Stage::Login, FailureKind::NotFound,
                                   m_session.where() + ": " + what + " " + file + " is not there or not readable",
                                   "reading what the inventory names", "correct '" + word + "' in the inventory"});
}

/// A certificate that the inventory names has to be one, and of that key.
Result<void> Login::certificateIsUsable() const
{
    if (!m_settings.certificateGiven)
        return {};
    const auto &file = m_settings.certificates.front();
    const Key certificate = KeyFiles::certificate(file);
    if (!certificate)
        return std::unexpected(missing("the certificate", file.string(), "certificate").error());
    for (const auto &identity : m_settings.identities) {
        const KeyFile loaded = KeyFiles::load(identity);
        if (loaded.state == KeyState::Missing || !loaded.publicPart
            || !KeyFiles::certificatesOf({}, loaded.publicPart.get(), {file}).empty())
            return {};
    }
    return std::unexpected(Failure{Stage::Login, FailureKind::Invalid,
                                   m_session.where() + ": the certificate " + file.string() + " is of another key",
                                   "comparing it with the keys to log in with",
                                   "name the key that it was made for as 'identity' in the inventory"});
}

Failure Login::refused() const
{
    Failure failure{Stage::Login, FailureKind::Refused, {}, "login as " + m_settings.user + " with ", {}};
    const std::string tried = m_try.tried();
    failure.attempted += tried.empty() ? "no key at all" : tried;
    failure.what = m_session.where() + ": the login of " + m_settings.user + " was refused";
    if (m_partly)
        failure.what += ": what was given so far is right, but the node wants more";
    const int wrong = m_asker.wrong();
    if (wrong > 0)
        failure.what += wrong == 1 ? ": the answer was wrong" : ": " + std::to_string(wrong) + " answers were wrong";
    if (!m_asker.lockedKey().empty())
        failure.advice = "load the key into the agent: ssh-add " + shellQuote(m_asker.lockedKey());
    else if (wrong > 0)
        failure.advice = "check user and password, and wait before trying again: nodes lock out after few failures";
    else if (m_asker.declined())
        failure.advice = "answer what the node asks, in the window or at a terminal, or let this user log in by key: ssh-copy-id";
    else if (!m_certificate.empty())
        failure.advice = "see whom the certificate names and how long it is valid: ssh-keygen -L -f "
            + shellQuote(m_certificate) + "; the node must trust its CA (TrustedUserCAKeys)";
    else if (m_settings.identities.empty())
        failure.advice = "make a key with ssh-keygen, or name one as 'identity' in the inventory";
    else
        failure.advice = "check the user, and add the public key there: ssh-copy-id";
    if (!m_partly && !serverOffers(SSH_AUTH_METHOD_PUBLICKEY))
        failure.advice = "the node accepts no public keys from this user: allow PubkeyAuthentication in its sshd_config, or "
            + (failure.advice.starts_with("answer") ? "answer what it asks, in the window or at a terminal" : failure.advice);
    return failure;
}

} // namespace

Result<void> logIn(Session &session, const SshSettings &settings, const LoginQuestions &questions, double seconds,
                   const std::atomic<bool> &cancelled)
{
    return Login(session, settings, questions, seconds, cancelled).run();
}

} // namespace seatrial::remote
