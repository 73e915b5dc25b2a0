// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/questions.h"
#include "core/domain/failure.h"
#include "remote/ssh/secrets.h"

#include <filesystem>
#include <functional>

namespace seatrial::remote {

/// On whose behalf a login asks, and where answers are kept.
struct LoginQuestions {
    campaign::Questions &person;
    Secrets &secrets;
    domain::NodeId node;
    std::filesystem::path group; ///< inventory whose nodes one password of a user may serve; empty: this host alone
};

/// What a server made of an attempt.
enum class Outcome {
    In,           ///< logged in
    Partly,       ///< right, and it wants more
    Refused,
    RefusedLater, ///< an answer was followed by other prompts before the refusal: which was wrong nobody knows
};

/// Gets the secrets of one login: from what was answered before, from the keychain, from a person. Counts what was
/// wrong, because servers lock out after few failures.
class Asker
{
public:
    static constexpr int kMostWrong = 3;
    static constexpr std::size_t kMostPromptBytes = 500;
    static constexpr std::size_t kMostInstructionBytes = 2000;

    /// @p host as it is known: "10.0.0.3" or "[10.0.0.3]:2222".
    Asker(const LoginQuestions &questions, std::string user, std::string host, std::string where,
          const std::atomic<bool> &cancelled);

    /// The private key in @p file; null if nobody knows its passphrase.
    domain::Result<Key> unlock(const std::filesystem::path &file);

    using Send = std::function<domain::Result<Outcome>(const std::string &password)>;
    /// Calls @p send with one password after the other until one is right.
    domain::Result<Outcome> password(const campaign::SecretQuestion &question, const Send &send);

    /// Answers that serve this login alone; nothing if nobody answers.
    domain::Result<std::optional<campaign::SecretAnswer>> prompts(campaign::SecretQuestion question);

    int wrong() const { return m_wrong; }
    void countWrong() { ++m_wrong; }
    bool declined() const { return m_declined; }    ///< somebody was asked and did not answer
    bool personAsked() const { return m_asked; }    ///< which takes time, and servers are impatient
    const std::string &lockedKey() const { return m_lockedKey; } ///< key file whose passphrase nobody gave

private:
    struct Place {
        std::string name;    ///< of the slot, and in the keychain
        std::string subject; ///< as the person reads it
    };
    domain::Result<Outcome> passwordFrom(const Place &place, campaign::SecretQuestion question, const Send &send);
    domain::Result<Outcome> sendNew(Secrets::Turn &turn, const Place &place, bool kept, const Send &send);
    /// The next answer to try into the slot; false if there is none. @p kept: it comes from the keychain.
    domain::Result<bool> fill(Secrets::Turn &turn, const Place &place, campaign::SecretQuestion &question, bool &kept);
    std::optional<campaign::SecretAnswer> ask(campaign::SecretQuestion &question);
    void offerToKeep(campaign::SecretQuestion &question) const;
    void keep(const std::string &name, const std::string &secret) const;
    void forget(const std::string &name) const;
    domain::Failure cancelled() const;

    const LoginQuestions &m_questions;
    std::string m_user;
    std::string m_host;
    std::string m_where;
    const std::atomic<bool> &m_cancelled;
    std::string m_lockedKey;
    int m_wrong = 0;
    bool m_declined = false;
    bool m_asked = false;
};

} // namespace seatrial::remote
