// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/asker.h"

#include "remote/ssh/key_files.h"

#include <utility>

namespace seatrial::remote {

using namespace domain;
using campaign::SecretAnswer;
using campaign::SecretQuestion;

namespace {

std::string cut(std::string text, std::size_t most)
{
    if (text.size() > most)
        text.resize(most);
    return text;
}

} // namespace

Asker::Asker(const LoginQuestions &questions, std::string user, std::string host, std::string where,
             const std::atomic<bool> &cancelled)
    : m_questions(questions), m_user(std::move(user)), m_host(std::move(host)), m_where(std::move(where)),
      m_cancelled(cancelled)
{
}

Result<Key> Asker::unlock(const std::filesystem::path &file)
{
    Secrets &secrets = m_questions.secrets;
    const std::string name = "passphrase of " + file.string();
    auto turn = secrets.turn(name + KeyFiles::stamp(file), m_cancelled);
    if (!turn)
        return std::unexpected(cancelled());
    Secrets::Turn &slot = *turn;
    if (slot->key)
        return Key(ssh_key_dup(slot->key.get()));
    if (slot->declinedRun == secrets.run()) {
        m_lockedKey = file.string();
        return Key();
    }
    const auto take = [&](Key key) {
        slot->key = std::move(key);
        return Key(ssh_key_dup(slot->key.get()));
    };
    if (secrets.keeper() != nullptr && !std::exchange(slot->lookedUp, true)) {
        if (auto known = secrets.keeper()->read(name, m_cancelled)) {
            const Secret passphrase(std::move(*known));
            if (auto key = KeyFiles::unlock(file, passphrase.text()))
                return take(std::move(key));
            forget(name);
        }
    }
    SecretQuestion question{SecretQuestion::Kind::Passphrase, m_questions.node, file.string(), {}, {{"Passphrase: ", false}}};
    offerToKeep(question);
    for (int attempt = 0; attempt < kMostWrong; ++attempt) {
        auto answer = ask(question);
        if (m_cancelled)
            return std::unexpected(cancelled());
        if (!answer)
            break;
        const Secret passphrase(std::move(answer->texts.front()));
        if (auto key = KeyFiles::unlock(file, passphrase.text())) {
            if (answer->keep)
                keep(name, passphrase.text());
            return take(std::move(key));
        }
        question.refusedBefore = true;
    }
    slot->declinedRun = secrets.run();
    m_lockedKey = file.string();
    return Key();
}

Result<Outcome> Asker::password(const SecretQuestion &question, const Send &send)
{
    if (!m_questions.group.empty()) {
        const Place fleet{"password of " + m_user + " for " + m_questions.group.string(),
                          m_user + " on the nodes of " + m_questions.group.filename().string()};
        auto outcome = passwordFrom(fleet, question, send);
        if (!outcome || *outcome == Outcome::In || *outcome == Outcome::Partly || m_declined)
            return outcome;
    }
    return passwordFrom({"password of " + m_user + "@" + m_host, m_user + "@" + m_host}, question, send);
}

Result<Outcome> Asker::passwordFrom(const Place &place, SecretQuestion question, const Send &send)
{
    Secrets &secrets = m_questions.secrets;
    const std::string account = m_user + "@" + m_host;
    question.subject = place.subject;
    while (m_wrong < kMostWrong) {
        auto turn = secrets.turn(place.name, m_cancelled);
        if (!turn)
            return std::unexpected(cancelled());
        Secrets::Turn &slot = *turn;
        if (slot->accepted) {
            const Secret shared = slot->value->copy();
            slot.release();
            if (secrets.wasRefused(account, shared.text()))
                return Outcome::Refused;
            const auto outcome = send(shared.text());
            if (!outcome || *outcome == Outcome::In || *outcome == Outcome::Partly)
                return outcome;
            ++m_wrong;
            if (*outcome == Outcome::Refused)
                secrets.noteRefused(account, shared.text());
            continue;
        }
        bool kept = false;
        question.refusedBefore = m_wrong > 0;
        const auto filled = fill(slot, place, question, kept);
        if (!filled)
            return std::unexpected(filled.error());
        if (!*filled)
            return Outcome::Refused;
        const auto outcome = sendNew(slot, place, kept, send);
        if (!outcome || *outcome == Outcome::In || *outcome == Outcome::Partly)
            return outcome;
        ++m_wrong;
    }
    return Outcome::Refused;
}

/// With the turn held: nobody else tries an answer that nobody has accepted yet, so a wrong one costs one failure and
/// not one on each node.
Result<Outcome> Asker::sendNew(Secrets::Turn &slot, const Place &place, bool kept, const Send &send)
{
    const std::string account = m_user + "@" + m_host;
    const std::string &candidate = slot->value->text();
    const auto outcome = m_questions.secrets.wasRefused(account, candidate) ? Result<Outcome>(Outcome::Refused)
                                                                             : send(candidate);
    if (!outcome)
        return outcome; // it stays, untried: whoever comes next may have more luck
    if (*outcome == Outcome::In || *outcome == Outcome::Partly) {
        slot->accepted = true;
        if (std::exchange(slot->keep, false))
            keep(place.name, candidate);
        return outcome;
    }
    if (*outcome == Outcome::Refused)
        m_questions.secrets.noteRefused(account, candidate);
    if (kept)
        forget(place.name);
    slot->value.reset();
    return outcome;
}

Result<bool> Asker::fill(Secrets::Turn &slot, const Place &place, SecretQuestion &question, bool &kept)
{
    if (slot->value)
        return true;
    Secrets &secrets = m_questions.secrets;
    if (slot->declinedRun == secrets.run()) {
        m_declined = true;
        return false;
    }
    if (secrets.keeper() != nullptr && !std::exchange(slot->lookedUp, true)) {
        if (auto known = secrets.keeper()->read(place.name, m_cancelled)) {
            slot->value = Secret(std::move(*known));
            kept = true;
            return true;
        }
    }
    offerToKeep(question);
    auto answer = ask(question);
    if (m_cancelled)
        return std::unexpected(cancelled());
    if (!answer) {
        slot->declinedRun = secrets.run();
        m_declined = true;
        return false;
    }
    slot->value = Secret(std::move(answer->texts.front()));
    slot->keep = answer->keep && question.mayKeep;
    return true;
}

Result<std::optional<SecretAnswer>> Asker::prompts(SecretQuestion question)
{
    // One at a time, and who declines once has declined for all nodes of the run.
    const std::string account = m_questions.group.empty() ? m_host : m_questions.group.string();
    auto turn = m_questions.secrets.turn("prompts for " + m_user + " at " + account, m_cancelled);
    if (!turn)
        return std::unexpected(cancelled());
    Secrets::Turn &slot = *turn;
    question.subject = m_user + "@" + m_host;
    question.refusedBefore = m_wrong > 0;
    std::optional<SecretAnswer> answer;
    if (slot->declinedRun != m_questions.secrets.run())
        answer = ask(question);
    if (m_cancelled)
        return std::unexpected(cancelled());
    if (!answer) {
        slot->declinedRun = m_questions.secrets.run();
        m_declined = true;
    }
    return answer;
}

std::optional<SecretAnswer> Asker::ask(SecretQuestion &question)
{
    question.node = m_questions.node;
    question.instruction = cut(std::move(question.instruction), kMostInstructionBytes);
    for (auto &prompt : question.prompts)
        prompt.text = cut(std::move(prompt.text), kMostPromptBytes);
    m_asked = true;
    auto answer = m_questions.person.askSecret(question);
    if (answer && answer->texts.size() != question.prompts.size())
        return std::nullopt;
    return answer;
}

void Asker::offerToKeep(SecretQuestion &question) const
{
    const auto *keeper = m_questions.secrets.keeper();
    if (keeper == nullptr)
        return;
    question.whyNotKept = keeper->unavailable();
    question.mayKeep = question.whyNotKept.empty();
}

void Asker::keep(const std::string &name, const std::string &secret) const
{
    if (m_questions.secrets.keeper() != nullptr)
        m_questions.secrets.keeper()->write(name, secret);
}

void Asker::forget(const std::string &name) const
{
    if (m_questions.secrets.keeper() != nullptr)
        m_questions.secrets.keeper()->forget(name);
}

Failure Asker::cancelled() const
{
    return {Stage::Login, FailureKind::Cancelled, m_where + ": cancelled", {}, {}};
}

} // namespace seatrial::remote
