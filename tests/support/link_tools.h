// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

namespace seatrial::tests {

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
