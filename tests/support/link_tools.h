// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "core/campaign/secret_keeper.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace seatrial::tests {

/// The failure in words, for a test's own failure.
inline std::string whyNot(const domain::Result<void> &result)
{
    return result ? std::string() : domain::sentence(result.error());
}

/// Answers every question alike and keeps them.
class FixedAnswer : public campaign::Questions
{
public:
    explicit FixedAnswer(campaign::HostKeyAnswer answer = campaign::HostKeyAnswer::Refuse) : m_answer(answer) {}
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion &question) override
    {
        const std::lock_guard lock(m_mutex);
        m_asked.push_back(question);
        return m_answer;
    }
    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion &) override { return std::nullopt; }
    std::vector<campaign::HostKeyQuestion> asked() const
    {
        const std::lock_guard lock(m_mutex);
        return m_asked;
    }

private:
    campaign::HostKeyAnswer m_answer;
    mutable std::mutex m_mutex;
    std::vector<campaign::HostKeyQuestion> m_asked;
};

/// A person who trusts no host key and gives prepared answers to questions for secrets, one after the other; then none.
class PreparedPerson : public campaign::Questions
{
public:
    explicit PreparedPerson(std::vector<std::vector<std::string>> answers = {}, bool keep = false)
        : m_answers(std::move(answers)), m_keep(keep)
    {
    }
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion &) override { return campaign::HostKeyAnswer::Refuse; }
    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion &question) override
    {
        if (thinks)
            thinks();
        const std::lock_guard lock(m_mutex);
        m_asked.push_back(question);
        if (m_asked.size() > m_answers.size())
            return std::nullopt;
        return campaign::SecretAnswer{m_answers[m_asked.size() - 1], m_keep};
    }
    std::vector<campaign::SecretQuestion> asked() const
    {
        const std::lock_guard lock(m_mutex);
        return m_asked;
    }

    std::function<void()> thinks; ///< before each answer

private:
    std::vector<std::vector<std::string>> m_answers;
    bool m_keep;
    mutable std::mutex m_mutex;
    std::vector<campaign::SecretQuestion> m_asked;
};

/// A keychain in memory.
class FakeKeeper : public campaign::SecretKeeper
{
public:
    std::optional<std::string> read(const std::string &name, const std::atomic<bool> &) override
    {
        const std::lock_guard lock(m_mutex);
        ++m_reads;
        const auto found = m_kept.find(name);
        return found == m_kept.end() ? std::nullopt : std::optional(found->second);
    }
    void write(const std::string &name, const std::string &secret) override
    {
        const std::lock_guard lock(m_mutex);
        m_kept[name] = secret;
    }
    void forget(const std::string &name) override
    {
        const std::lock_guard lock(m_mutex);
        m_kept.erase(name);
    }
    std::string unavailable() const override { return m_unavailable; }

    std::map<std::string, std::string> kept() const
    {
        const std::lock_guard lock(m_mutex);
        return m_kept;
    }
    int reads() const { return m_reads; }
    void breakDown(const std::string &why) { m_unavailable = why; }

private:
    mutable std::mutex m_mutex;
    std::map<std::string, std::string> m_kept;
    std::atomic<int> m_reads{0};
    std::string m_unavailable;
};

/// Keeps what a stream says and lets a test wait for it.
class KeepingSink : public campaign::StreamSink
{
public:
    void bytes(std::string_view data) override
    {
        if (onBytes)
            onBytes(data);
        const std::lock_guard lock(m_mutex);
        m_total += data.size();
        if (m_text.size() < kMaxKept)
            m_text += data;
        m_changed.notify_all();
    }
    void ended(domain::Result<int> exitStatus, std::string errorTail) override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_end = std::move(exitStatus);
            m_errors = std::move(errorTail);
            m_changed.notify_all();
        }
        if (onEnd)
            onEnd();
    }

    bool awaitText(const std::string &text, double seconds = 20)
    {
        return await(seconds, [&] { return m_text.find(text) != std::string::npos; });
    }
    bool awaitTotal(std::size_t bytes, double seconds = 60)
    {
        return await(seconds, [&] { return m_total >= bytes; });
    }
    std::optional<domain::Result<int>> awaitEnd(double seconds = 20)
    {
        await(seconds, [&] { return m_end.has_value(); });
        const std::lock_guard lock(m_mutex);
        return m_end;
    }
    std::string text() const
    {
        const std::lock_guard lock(m_mutex);
        return m_text;
    }
    std::size_t total() const
    {
        const std::lock_guard lock(m_mutex);
        return m_total;
    }
    std::string errors() const
    {
        const std::lock_guard lock(m_mutex);
        return m_errors;
    }

    std::function<void(std::string_view)> onBytes; ///< called by the link's thread
    std::function<void()> onEnd;

private:
    template<typename Condition>
    bool await(double seconds, Condition condition)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, std::chrono::duration<double>(seconds), condition);
    }

    static constexpr std::size_t kMaxKept = 16u << 20;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::string m_text;
    std::size_t m_total = 0;
    std::string m_errors;
    std::optional<domain::Result<int>> m_end;
};

} // namespace seatrial::tests
