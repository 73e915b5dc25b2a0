// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/campaign.h"
#include "tests/support/fake_fleet.h"

#include <QTemporaryDir>
#include <QtGlobal>

#include <algorithm>
#include <memory>
#include <mutex>

/// What the tests of a campaign stand on: fake nodes, a store of their own, and somebody who listens.
namespace seatrial::tests {

using namespace campaign;

inline constexpr const char *kPlan = R"(version: 1
name: test
title: Test
description: A plan for the tests
steps:
  - { id: memory, check: host.memory, title: Memory, need: required, scope: node, exclusive: true, retests: 2, deadline: 10, expected: 1 }
  - { id: network, check: net.pair, title: Network, need: required, scope: pair, exclusive: true, partners: 3, retests: 1, deadline: 10, expected: 1 }
)";

/// What a burn does to the health of a node is seen only where the order of the plan is kept.
inline constexpr const char *kOrderedPlan = R"(version: 1
name: ordered
title: Ordered
description: Load between two looks at the health
steps:
  - { id: health-before, check: host.health, title: Health, need: required, scope: node, exclusive: false, deadline: 10, expected: 1 }
  - { id: memory, check: host.memory, title: Memory, need: required, scope: node, exclusive: true, retests: 2, deadline: 10, expected: 1 }
  - { id: cpu, check: host.cpu, title: Processors, need: required, scope: node, exclusive: true, retests: 2, deadline: 10, expected: 1 }
  - { id: disk, check: host.disk, title: Disk, need: required, scope: node, exclusive: true, retests: 2, deadline: 10, expected: 1 }
  - { id: network, check: net.pair, title: Network, need: required, scope: pair, exclusive: true, partners: 2, retests: 1, deadline: 10, expected: 1 }
  - { id: health-after, check: host.health, title: Health after, need: required, scope: node, exclusive: false, deadline: 10, expected: 1 }
)";

inline constexpr const char *kCriteria = R"(version: 1
name: test
revision: "1"
criteria:
  - { check: host.memory, metric: triad, subject: node, kind: fleet, direction: at least, marginal: 0.85, failed: 0.7, unit: GB/s, source: "test" }
  - { check: net.pair, metric: tcp_throughput, subject: "*", kind: fleet, direction: at least, marginal: 0.7, failed: 0.5, unit: Gbit/s, source: "test" }
)";

class Refuse : public Questions
{
public:
    HostKeyAnswer ask(const HostKeyQuestion &) override { return HostKeyAnswer::Refuse; }
    std::optional<SecretAnswer> askSecret(const SecretQuestion &) override { return std::nullopt; }
};

class Watcher : public Observer
{
public:
    void published(std::shared_ptr<const Snapshot> snapshot) override
    {
        const std::scoped_lock lock(mutex);
        last = std::move(snapshot);
        ++count;
    }
    void said(const LogLine &line) override
    {
        const std::scoped_lock lock(mutex);
        texts.push_back(line.text);
        if (qEnvironmentVariableIsSet("SEATRIAL_TEST_TALK"))
            qInfo("%s", line.text.c_str());
    }
    std::shared_ptr<const Snapshot> now()
    {
        const std::scoped_lock lock(mutex);
        return last;
    }
    bool heard(const char *words)
    {
        const std::scoped_lock lock(mutex);
        return std::ranges::any_of(texts, [&](const std::string &text) { return text.find(words) != std::string::npos; });
    }
    std::mutex mutex;
    std::shared_ptr<const Snapshot> last;
    std::vector<std::string> texts;
    int count = 0;
};

struct Stage {
    FakeFleet fleet;
    Refuse questions;
    Watcher watcher;
    std::unique_ptr<store::Store> store;
    std::vector<std::string> names;
    QTemporaryDir folder;

    explicit Stage(int nodes)
    {
        store = std::move(*store::openSqliteStore((folder.path() + "/s.db").toStdString()));
        for (int i = 1; i <= nodes; ++i) {
            names.push_back("n" + std::to_string(i));
            fleet.add(names.back());
        }
    }
    Worlds worlds() { return {fleet, fleet, questions, *store, watcher}; }
    Terms terms(bool oneHost)
    {
        Terms terms;
        terms.plan = *domain::parsePlan(kPlan, "plan.yaml");
        terms.criteria = criteria();
        terms.fleet = fleetOf(names, oneHost);
        for (const auto &name : names)
            terms.nodes.emplace_back(name);
        terms.operatorName = "tester";
        return terms;
    }
    static analysis::Criteria criteria() { return *analysis::parseCriteria(kCriteria, "criteria.yaml"); }
};

/// A run that loads half of the nodes first, and the others 0.3 s later.
inline Terms inTwoSteps(Stage &stage)
{
    auto terms = stage.terms(false);
    terms.ramp = {{0.5, 1}, 0.3, 2};
    return terms;
}

} // namespace seatrial::tests
