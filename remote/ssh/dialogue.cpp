// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/dialogue.h"

#include "remote/text.h"

#include <algorithm>
#include <cctype>

namespace seatrial::remote {

using namespace domain;
using campaign::SecretQuestion;

namespace {

constexpr int kMostRounds = 20;
constexpr int kMostPrompts = 16;

Failure senseless(const Session &session, const std::string &what)
{
    return {Stage::Login, FailureKind::Broken, session.where() + ": " + what, "keyboard-interactive login",
            "look at the node's PAM configuration; 'ssh -v' to it shows the same prompts"};
}

bool mentionsPassword(const std::string &text)
{
    std::string small = text;
    std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return std::tolower(c); });
    return small.find("password") != std::string::npos && small.find("one-time") == std::string::npos
        && small.find("new password") == std::string::npos;
}

/// Whether a round asks for the password of the account and nothing else.
bool asksPassword(const SecretQuestion &asked)
{
    return asked.prompts.size() == 1 && !asked.prompts[0].echo && mentionsPassword(asked.prompts[0].text);
}

} // namespace

Result<Outcome> Dialogue::run()
{
    m_try.note("its prompts");
    while (m_asker.wrong() < Asker::kMostWrong) {
        const int wrong = m_asker.wrong();
        auto outcome = begin();
        if (!outcome || *outcome != Outcome::RefusedLater)
            return outcome;
        outcome = answerRound();
        if (!outcome || *outcome == Outcome::In || *outcome == Outcome::Partly)
            return outcome;
        if (m_asker.declined())
            break;
        if (m_asker.wrong() == wrong)
            m_asker.countWrong();
    }
    return Outcome::Refused;
}

/// RefusedLater: a round has come.
Result<Outcome> Dialogue::exchange()
{
    m_open = false;
    const auto answer = m_try.await([this] { return ssh_userauth_kbdint(m_session.handle(), nullptr, nullptr); });
    if (answer.waited != Waited::Ready || answer.code != SSH_AUTH_INFO)
        return m_try.judge(answer);
    if (++m_rounds > kMostRounds)
        return std::unexpected(senseless(m_session, "it asks round after round without end"));
    m_open = true;
    return Outcome::RefusedLater;
}

Result<Outcome> Dialogue::begin()
{
    m_rounds = 0;
    m_roundsAnswered = 0;
    return exchange();
}

Result<Outcome> Dialogue::answerRound()
{
    const auto asked = readRound();
    if (!asked)
        return std::unexpected(asked.error());
    if (asked->prompts.empty()) // something to be told, or a formality
        return sendAnswers({});
    if (m_roundsAnswered == 0 && asksPassword(*asked))
        return answerPassword(*asked);
    auto answer = m_asker.prompts(*asked);
    if (!answer)
        return std::unexpected(answer.error());
    if (!*answer)
        return Outcome::Refused;
    const auto outcome = sendAnswers((*answer)->texts);
    for (auto &text : (*answer)->texts)
        wipe(text);
    return outcome;
}

Result<Outcome> Dialogue::answerPassword(const SecretQuestion &asked)
{
    return m_asker.password(asked, [this](const std::string &password) -> Result<Outcome> {
        // A refusal ends a dialogue: the next password needs a new one, up to the same place.
        if (!m_open) {
            auto outcome = begin();
            while (outcome && *outcome == Outcome::RefusedLater && ssh_userauth_kbdint_getnprompts(m_session.handle()) == 0)
                outcome = exchange();
            if (!outcome || *outcome != Outcome::RefusedLater)
                return outcome;
            const auto round = readRound();
            if (!round)
                return std::unexpected(round.error());
            if (!asksPassword(*round))
                return std::unexpected(senseless(m_session, "it asks something else each time"));
        }
        const int before = m_roundsAnswered;
        const auto outcome = sendAnswers({password});
        const bool others = m_roundsAnswered > before + 1;
        return outcome && *outcome == Outcome::Refused && others ? Result<Outcome>(Outcome::RefusedLater) : outcome;
    });
}

/// Answers the round that waits, and those that follow it.
Result<Outcome> Dialogue::sendAnswers(const std::vector<std::string> &answers)
{
    if (!answers.empty())
        ++m_roundsAnswered;
    for (std::size_t i = 0; i < answers.size(); ++i)
        ssh_userauth_kbdint_setanswer(m_session.handle(), static_cast<unsigned>(i), answers[i].c_str());
    const auto outcome = exchange();
    if (!outcome || *outcome != Outcome::RefusedLater)
        return outcome;
    return answerRound();
}

Result<SecretQuestion> Dialogue::readRound() const
{
    const int count = ssh_userauth_kbdint_getnprompts(m_session.handle());
    if (count < 0 || count > kMostPrompts)
        return std::unexpected(senseless(m_session, "it asks " + std::to_string(count) + " things at once"));
    SecretQuestion question;
    question.kind = SecretQuestion::Kind::Prompts;
    const char *name = ssh_userauth_kbdint_getname(m_session.handle());
    const char *instruction = ssh_userauth_kbdint_getinstruction(m_session.handle());
    question.instruction = name != nullptr ? name : "";
    if (instruction != nullptr && *instruction != '\0')
        question.instruction += (question.instruction.empty() ? "" : "\n") + std::string(instruction);
    for (int i = 0; i < count; ++i) {
        char echo = 0;
        const char *text = ssh_userauth_kbdint_getprompt(m_session.handle(), static_cast<unsigned>(i), &echo);
        question.prompts.push_back({text != nullptr ? text : "", echo != 0});
    }
    return question;
}

} // namespace seatrial::remote
