// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checks/collective/host_collective.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"
#include "tests/engine/checks/collector.h"

#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <thread>

namespace seatrial::tests {

inline const std::string kGroupToken = "0123456789abcdef";

/// One rank of a group on this machine: the check as a worker runs it, in a thread of its own.
class GroupRank
{
public:
    using Fault = engine::HostCollective::Fault;

    GroupRank(protocol::Parameters parameters, Fault fault = Fault::None) : m_check(fault)
    {
        m_context = contextFor(collector, std::move(parameters));
        m_context.stop = &m_stop;
        m_context.workFolder = m_folder.path().toStdString();
        m_thread = std::jthread([this] { m_result.set_value(m_check.run(m_context)); });
    }
    ~GroupRank() { stop(); }

    void stop() { m_stop = true; }
    bool isOver(double seconds = 0) const { return m_future.wait_for(std::chrono::duration<double>(seconds)) == std::future_status::ready; }
    engine::CheckResult result() { return m_future.get(); }

    std::vector<protocol::Event> progress() const { return collector.events("group.progress"); }
    /// The last word of @p name in what it said of its progress; empty if it said none.
    std::string last(const std::string &name) const
    {
        const auto all = progress();
        if (all.empty())
            return {};
        const auto found = all.back().parameters.find(name);
        return found == all.back().parameters.end() ? std::string() : found->second;
    }
    /// Whether it ever said @p value of @p name.
    bool said(const std::string &name, const std::string &value) const
    {
        for (const auto &event : progress()) {
            if (const auto found = event.parameters.find(name); found != event.parameters.end() && found->second == value)
                return true;
        }
        return false;
    }
    pid_t pid() const { return pid_t(engine::parseInteger(last("pid")).value_or(0)); }

    Collector collector;

private:
    QTemporaryDir m_folder;
    engine::HostCollective m_check;
    engine::CheckContext m_context;
    std::atomic<bool> m_stop = false;
    std::promise<engine::CheckResult> m_result;
    std::future<engine::CheckResult> m_future = m_result.get_future();
    std::jthread m_thread;
};

/// Looks until @p condition holds, at most @p seconds.
template<typename Condition>
bool becomesTrue(double seconds, Condition condition)
{
    const auto patience = engine::Deadline::after(seconds);
    while (!condition()) {
        if (patience.passed())
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

/// All ranks of a group, started as a coordinator does: rank 0 first, the others when it listens.
class Group
{
public:
    /// @p absent: this rank never comes. @p faulty: this rank gives wrong elements away.
    Group(int size, const protocol::Parameters &plan, int absent = -1, int faulty = -1)
    {
        for (int rank = 0; rank < size; ++rank) {
            if (rank == 1 && !listens())
                return;
            auto parameters = plan;
            parameters.merge(place(rank, size));
            ranks.push_back(rank == absent ? nullptr
                                           : std::make_unique<GroupRank>(parameters, rank == faulty ? GroupRank::Fault::OneWrongElement : GroupRank::Fault::None));
        }
    }

    bool listens()
    {
        if (!becomesTrue(20, [&] { return !ranks.front()->collector.events("group.listening").empty() || ranks.front()->isOver(); }))
            return false;
        const auto events = ranks.front()->collector.events("group.listening");
        if (!events.empty())
            port = events.front().parameters.at("port");
        return !events.empty();
    }

    protocol::Parameters place(int rank, int size) const
    {
        protocol::Parameters words{{"role", rank == 0 ? "root" : "member"}, {"rank", std::to_string(rank)}, {"size", std::to_string(size)},
                                   {"token", kGroupToken}, {"self", "n" + std::to_string(rank)}};
        if (rank > 0)
            words.merge(protocol::Parameters{{"root", "127.0.0.1"}, {"port", port}});
        return words;
    }

    GroupRank &operator[](int rank) { return *ranks[std::size_t(rank)]; }
    /// All of them are in a stage behind the first two.
    bool measures()
    {
        return std::ranges::all_of(ranks, [](const auto &rank) { return !rank || engine::parseInteger(rank->last("stage")).value_or(0) >= 2; });
    }

    std::string port;
    std::vector<std::unique_ptr<GroupRank>> ranks;
};

inline bool hasGloo()
{
    return !engine::collectiveParts().parts.empty();
}

} // namespace seatrial::tests

#define SKIP_WITHOUT_GLOO()                                                                                                                \
    if (!seatrial::tests::hasGloo())                                                                                                       \
    QSKIP("built without Gloo: libgloo-dev is missing")
