// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/schedule.h"
#include "tests/support/fake_fleet.h"

#include <QTest>
#include <algorithm>

using namespace seatrial;
using namespace seatrial::campaign;
using domain::NodeId;

namespace {

std::vector<NodeId> ids(int count)
{
    std::vector<NodeId> nodes;
    for (int i = 0; i < count; ++i)
        nodes.emplace_back("n" + std::to_string(i + 1));
    return nodes;
}

domain::Fleet fleet(int count, bool oneHost)
{
    std::vector<std::string> names;
    for (const auto &id : ids(count))
        names.push_back(id.text());
    return tests::fleetOf(names, oneHost);
}

domain::PlanStep step(const char *id, domain::Scope scope, bool exclusive)
{
    domain::PlanStep step;
    step.id = domain::StepId(id);
    step.check = domain::CheckId(id);
    step.scope = scope;
    step.exclusive = exclusive;
    step.partners = 3;
    return step;
}

domain::Plan plan()
{
    domain::Plan plan;
    plan.steps = {step("before", domain::Scope::Node, false), step("memory", domain::Scope::Node, true), step("disk", domain::Scope::Node, true),
                  step("network", domain::Scope::Pair, true), step("after", domain::Scope::Node, false)};
    return plan;
}

/// A look, what groups of @p size do together, another look.
domain::Plan groupPlan(int size)
{
    domain::Plan plan;
    plan.steps = {step("before", domain::Scope::Node, false), step("together", domain::Scope::Group, true), step("after", domain::Scope::Node, false)};
    plan.steps[1].groupSize = size;
    return plan;
}

std::vector<NodeId> named(const std::vector<std::string> &names)
{
    return {names.begin(), names.end()};
}

/// A schedule that has come to its groups.
struct Grouped {
    std::vector<NodeId> nodes;
    Schedule schedule;

    explicit Grouped(int count, int size, bool oneHost = false) : nodes(ids(count)), schedule(groupPlan(size), fleet(count, oneHost), nodes) {}
    std::vector<Task> begin(int joining)
    {
        for (int i = 0; i < joining; ++i)
            schedule.join(nodes[static_cast<std::size_t>(i)]);
        for (std::size_t i = static_cast<std::size_t>(joining); i < nodes.size(); ++i)
            schedule.dontWaitFor(nodes[i]);
        for (const auto &task : schedule.startable())
            schedule.finished(task);
        return schedule.startable();
    }
    std::vector<Task> begin() { return begin(static_cast<int>(nodes.size())); }
};

} // namespace

class TestSchedule : public QObject
{
    Q_OBJECT

private slots:
    void rounds_data()
    {
        QTest::addColumn<int>("nodes");
        for (const int nodes : {2, 3, 4, 5, 6, 7, 8, 33, 64})
            QTest::addRow("%d nodes", nodes) << nodes;
    }

    void rounds()
    {
        QFETCH(int, nodes);
        std::map<NodeId, std::set<NodeId>> met;
        for (const auto &round : pairRounds(ids(nodes), 3)) {
            std::set<NodeId> busy;
            for (const auto &[a, b] : round) {
                QVERIFY2(busy.insert(a).second && busy.insert(b).second, "a node stands twice in one round");
                QVERIFY2(met[a].insert(b).second, "the same two met twice");
                met[b].insert(a);
            }
        }
        for (const auto &[node, partners] : met)
            QVERIFY(static_cast<int>(partners.size()) >= std::min(3, nodes - 1));
        QCOMPARE(static_cast<int>(met.size()), nodes);
    }

    void sharedHostIsNeverLoadedTwice()
    {
        const auto nodes = ids(6);
        Schedule schedule(plan(), fleet(6, true), nodes);
        for (const auto &node : nodes)
            schedule.join(node);
        int guard = 0;
        int pairs = 0;
        std::map<NodeId, int> lastStep;
        while (!schedule.allDone()) {
            QVERIFY2(++guard < 1000, "the schedule does not come to an end");
            const auto started = schedule.startable();
            std::set<NodeId> exclusive;
            for (const auto &task : schedule.runningTasks()) {
                if (plan().steps[task.step].exclusive)
                    exclusive.insert(task.peer.empty() ? task.node : std::min(task.node, task.peer));
            }
            QVERIFY2(exclusive.size() <= 1, "two exclusive measurements on one host");
            for (const auto &task : started) {
                QVERIFY2(lastStep[task.node] <= task.step, "a node left the order of the plan");
                lastStep[task.node] = task.step;
                pairs += !task.peer.empty();
            }
            QVERIFY(!schedule.runningTasks().empty());
            schedule.finished(schedule.runningTasks().front());
        }
        QCOMPARE(pairs, 9); // 6 nodes, 3 partners each
    }

    void nodesOfTheirOwnWorkSideBySide()
    {
        const auto nodes = ids(4);
        Schedule schedule(plan(), fleet(4, false), nodes);
        for (const auto &node : nodes)
            schedule.join(node);
        QCOMPARE(schedule.startable().size(), 12u); // before, memory and disk of each, ordered in one go
        while (!schedule.runningTasks().empty())
            schedule.finished(schedule.runningTasks().front());
        QCOMPARE(schedule.startable().size(), 2u); // the first round of pairs
    }

    void aDeadNodeIsNotWaitedFor()
    {
        const auto nodes = ids(4);
        Schedule schedule(plan(), fleet(4, false), nodes);
        for (int i = 0; i < 3; ++i)
            schedule.join(nodes[i]);
        schedule.dontWaitFor(nodes[3]);
        schedule.startable();
        while (!schedule.runningTasks().empty())
            schedule.finished(schedule.runningTasks().front());
        QVERIFY(!schedule.startable().empty());
        // It comes late after all: it gets its own steps and partners.
        schedule.join(nodes[3]);
        int late = 0, guard = 0;
        while (!schedule.allDone()) {
            QVERIFY(++guard < 1000);
            for (const auto &task : schedule.startable())
                late += task.involves(nodes[3]) && !task.peer.empty();
            if (!schedule.runningTasks().empty())
                schedule.finished(schedule.runningTasks().front());
        }
        QCOMPARE(late, 3);
    }

    void leavingDropsWhatWasRunning()
    {
        const auto nodes = ids(2);
        Schedule schedule(plan(), fleet(2, true), nodes);
        for (const auto &node : nodes)
            schedule.join(node);
        schedule.startable();
        schedule.leave(nodes[0]);
        int guard = 0;
        while (!schedule.allDone()) {
            QVERIFY(++guard < 100);
            schedule.startable();
            if (!schedule.runningTasks().empty())
                schedule.finished(schedule.runningTasks().front());
        }
    }

    // Its engine goes on with what it was ordered, and two loads on one machine measure each other.
    void whatALostNodeMayStillLoadStaysTaken()
    {
        using namespace std::chrono_literals;
        const auto nodes = ids(3);
        Schedule schedule(plan(), fleet(3, true), nodes);
        for (const auto &node : nodes)
            schedule.join(node);
        for (const auto &task : schedule.startable()) {
            if (task.node != nodes[0])
                schedule.finished(task); // their looks before the load
        }
        const std::chrono::steady_clock::time_point now{};
        schedule.leave(nodes[0], Afterload{now + 200s, "cannot be reached"});
        QVERIFY(schedule.startable().empty());
        QVERIFY(!schedule.allDone());
        QCOMPARE(schedule.waitsFor(nodes[1], now), std::string("host: n1 cannot be reached; its step may still load it for 4 min"));
        QCOMPARE(schedule.waitsFor(nodes[2], now + 160s), std::string("host: n1 cannot be reached; its step may still load it for 40 s"));
        schedule.freeWhatIsOver(now + 199s);
        QVERIFY(schedule.startable().empty());
        schedule.freeWhatIsOver(now + 200s);
        int guard = 0;
        while (!schedule.allDone()) {
            QVERIFY2(++guard < 100, "the schedule does not come to an end");
            schedule.startable();
            QVERIFY(!schedule.runningTasks().empty());
            schedule.finished(schedule.runningTasks().front());
        }
    }

    void nobodyWaitsForWhatNobodyElseWants()
    {
        const auto nodes = ids(1);
        Schedule schedule(plan(), fleet(1, true), nodes);
        schedule.join(nodes[0]);
        schedule.startable();
        schedule.leave(nodes[0], Afterload{std::chrono::steady_clock::time_point::max(), "cannot be reached"});
        QVERIFY(schedule.allDone());
    }

    // What a pause takes back, or an abandoned step, is not left for the end: what follows it would say nothing.
    void whatIsPutBackComesInItsPlace()
    {
        const auto nodes = ids(2);
        Schedule schedule(plan(), fleet(2, false), nodes);
        for (const auto &node : nodes)
            schedule.join(node);
        const auto first = schedule.startable();
        QCOMPARE(first.size(), 6u);
        for (const auto &task : first) {
            if (task.step == 0)
                schedule.finished(task);
        }
        auto backwards = first;
        std::ranges::reverse(backwards); // as engines may answer
        for (const auto &task : backwards) {
            if (task.step != 0)
                schedule.putBack(task, 2);
        }
        std::map<NodeId, std::vector<int>> steps;
        int guard = 0, tries = 0;
        while (!schedule.allDone()) {
            QVERIFY2(++guard < 100, "the schedule does not come to an end");
            for (const auto &task : schedule.startable()) {
                for (const auto &node : task.peer.empty() ? std::vector{task.node} : std::vector{task.node, task.peer})
                    steps[node].push_back(task.step);
            }
            const auto running = schedule.runningTasks();
            for (const auto &task : running) {
                if (!task.peer.empty() && ++tries == 1)
                    schedule.putBack(task, 2); // a pair is measured once more before what follows
                else
                    schedule.finished(task);
            }
        }
        for (const auto &node : nodes)
            QCOMPARE(steps[node], (std::vector{1, 2, 3, 3, 4}));
    }

    void whatWasAbandonedElsewhereHasItsNextNumber()
    {
        const auto nodes = ids(1);
        Schedule schedule(plan(), fleet(1, false), nodes);
        schedule.markAbandoned({1, nodes[0], {}, 1}, 2);
        QVERIFY(schedule.markDone({0, nodes[0], {}, 1}));
        QVERIFY(!schedule.markDone({0, nodes[0], {}, 2}));
        schedule.join(nodes[0]);
        const auto tasks = schedule.startable();
        QCOMPARE(tasks, (std::vector<Task>{{1, nodes[0], {}, 2}, {2, nodes[0], {}, 1}}));
    }

    void retestsKnowNoOrder()
    {
        const auto nodes = ids(1);
        Schedule schedule(plan(), fleet(1, false), nodes);
        schedule.join(nodes[0]);
        for (const auto &task : schedule.startable())
            schedule.finished(task);
        for (const auto &task : schedule.startable()) // behind the pairs, of which there are none
            schedule.finished(task);
        QVERIFY(schedule.allDone());
        schedule.retest({1, nodes[0], {}, 2});
        auto again = schedule.startable();
        QCOMPARE(again.size(), 1u);
        schedule.putBack(again.front(), 3);
        again = schedule.startable();
        QCOMPARE(again.size(), 1u);
        QVERIFY(again.front().retest && again.front().attempt == 3);
        schedule.finished(again.front());
        QVERIFY(schedule.allDone());
    }

    void groupsAreEvenAndOfNeighbours_data()
    {
        QTest::addColumn<int>("nodes");
        QTest::addColumn<int>("size");
        QTest::addColumn<QList<int>>("sizes");
        QTest::newRow("nobody") << 0 << 4 << QList<int>{};
        QTest::newRow("one") << 1 << 4 << QList<int>{};
        QTest::newRow("all") << 9 << 0 << QList<int>{9};
        QTest::newRow("fewer than one has") << 3 << 8 << QList<int>{3};
        QTest::newRow("as many as go") << 8 << 4 << QList<int>{4, 4};
        QTest::newRow("even") << 9 << 8 << QList<int>{5, 4};
        QTest::newRow("nearly") << 10 << 4 << QList<int>{4, 3, 3};
        QTest::newRow("nobody is alone") << 5 << 2 << QList<int>{2, 2, 2}; // the fourth twice
        QTest::newRow("three in twos") << 3 << 2 << QList<int>{2, 2};
        QTest::newRow("many") << 10'000 << 64 << (QList<int>(109, 64) + QList<int>(48, 63));
    }

    void groupsAreEvenAndOfNeighbours()
    {
        QFETCH(int, nodes);
        QFETCH(int, size);
        QFETCH(QList<int>, sizes);
        const auto all = ids(nodes);
        std::vector<NodeId> seen;
        QList<int> found;
        for (const auto &group : groupsOf(all, size)) {
            QVERIFY(group.size() >= 2 && (size == 0 || static_cast<int>(group.size()) <= size));
            found.append(static_cast<int>(group.size()));
            for (const auto &node : group) {
                if (seen.empty() || seen.back() != node)
                    seen.push_back(node);
            }
        }
        QCOMPARE(found, sizes);
        if (nodes >= 2)
            QVERIFY(seen == all);
    }

    void groupsBeginWhenEverybodyHasCome()
    {
        Grouped grouped(8, 4);
        auto &schedule = grouped.schedule;
        for (const auto &node : grouped.nodes)
            schedule.join(node);
        auto looks = schedule.startable();
        QCOMPARE(looks.size(), std::size_t(8));
        QCOMPARE(schedule.undrawnStep(), 1);
        QVERIFY(schedule.expectsGroups(1));
        const Task last = looks.back();
        looks.pop_back();
        for (const auto &task : looks)
            schedule.finished(task);
        QVERIFY(schedule.startable().empty());
        schedule.finished(last);
        const auto groups = schedule.startable();
        QCOMPARE(groups.size(), std::size_t(2));
        QCOMPARE(groups[0].members, named({"n1", "n2", "n3", "n4"}));
        QCOMPARE(groups[1].members, named({"n5", "n6", "n7", "n8"}));
        QCOMPARE(groups[0].group, 1);
        QCOMPARE(groups[1].group, 2);
        QCOMPARE(groups[0].node, NodeId("n1"));
        schedule.finished(groups[0]); // these four go on, the others do not
        QCOMPARE(schedule.startable().size(), std::size_t(4));
        schedule.finished(groups[1]);
        QVERIFY(!schedule.expectsGroups(1));
        QCOMPARE(schedule.startable().size(), std::size_t(4));
    }

    void aGroupGoesOnWithoutWhoLeaves()
    {
        Grouped grouped(6, 3);
        auto &schedule = grouped.schedule;
        auto groups = grouped.begin();
        QCOMPARE(groups.size(), std::size_t(2));
        schedule.leave(NodeId("n1"));
        Task rest = without(groups[0], NodeId("n1"));
        QCOMPARE(rest.node, NodeId("n2"));
        QVERIFY(std::ranges::find(schedule.runningTasks(), rest) != schedule.runningTasks().end());
        schedule.measureAgain(rest, rest.members);
        const auto again = schedule.startable();
        QCOMPARE(again.size(), std::size_t(1));
        QCOMPARE(again[0].members, named({"n2", "n3"}));
        QCOMPARE(again[0].attempt, 2);
        QCOMPARE(again[0].group, 1);
        // An open one grows smaller, and is dropped when nobody is left to measure with.
        schedule.measureAgain(groups[1], groups[1].members);
        schedule.leave(NodeId("n4"));
        QCOMPARE(schedule.openGroupsOf(NodeId("n5")).at(0).members, named({"n5", "n6"}));
        schedule.leave(NodeId("n5"));
        QVERIFY(schedule.openGroupsOf(NodeId("n6")).empty());
        schedule.finished(again[0]);
        int guard = 0;
        while (!schedule.allDone()) {
            QVERIFY2(++guard < 100, "the schedule does not come to an end");
            schedule.startable();
            if (!schedule.runningTasks().empty())
                schedule.finished(schedule.runningTasks().front());
        }
    }

    void whoeverLeavesLastEndsTheGroup()
    {
        Grouped grouped(2, 0, true);
        grouped.begin();
        grouped.schedule.leave(NodeId("n1"));
        grouped.schedule.leave(NodeId("n2"));
        QVERIFY(grouped.schedule.runningTasks().empty());
        QVERIFY(grouped.schedule.allDone());
    }

    // Its process may still load the machine that it shares.
    void whoIsTakenOutHoldsWhatItHolds()
    {
        Grouped grouped(6, 3, true);
        auto &schedule = grouped.schedule;
        const auto first = grouped.begin();
        QCOMPARE(first.size(), std::size_t(1)); // one group at a time on one machine
        const Task rest = schedule.takeOut(first[0], NodeId("n2"));
        QCOMPARE(rest.members, named({"n1", "n3"}));
        schedule.measureAgain(rest, rest.members);
        QVERIFY(schedule.startable().empty());
        schedule.finished(alone(first[0], NodeId("n2")));
        const auto next = schedule.startable();
        QVERIFY(std::ranges::any_of(next, [](const Task &task) { return task.group > 0; }));
        QCOMPARE(schedule.takeOut(rest, NodeId("n1")), rest); // that one runs no more
    }

    void aFurtherGroupComesBeforeWhatFollows()
    {
        Grouped grouped(4, 4);
        auto &schedule = grouped.schedule;
        const auto groups = grouped.begin();
        schedule.finished(groups[0]);
        schedule.addGroup(1, named({"n1", "n4"}));
        const auto next = schedule.startable();
        QCOMPARE(next.size(), std::size_t(3)); // n2 and n3 go on
        for (const auto &task : next)
            QCOMPARE(task.group, task.step == 1 ? 2 : 0);
        schedule.noteGroup(1, 7);
        schedule.noteGroup(1, 999'999); // nobody gave that one
        schedule.addGroup(1, named({"n2", "n3"}));
        QCOMPARE(schedule.openGroupsOf(NodeId("n2")).at(0).group, 8);
    }

    void whoComesLateIsMeasuredWithANeighbour()
    {
        Grouped grouped(5, 0);
        auto &schedule = grouped.schedule;
        const auto groups = grouped.begin(4);
        QCOMPARE(groups.size(), std::size_t(1));
        QCOMPARE(groups[0].members.size(), std::size_t(4));
        schedule.join(NodeId("n5"));
        QCOMPARE(schedule.openGroupsOf(NodeId("n5")).at(0).members, named({"n1", "n5"}));
        schedule.join(NodeId("n5")); // attached again
        QCOMPARE(schedule.openGroupsOf(NodeId("n5")).size(), std::size_t(1));
    }

    void whoHasAResultIsNotDrawnAgain()
    {
        const auto nodes = ids(5);
        Schedule schedule(groupPlan(4), fleet(5, false), nodes);
        for (const char *done : {"n1", "n2", "n4", "n5"})
            schedule.markDone({1, NodeId(done), {}, 1, false, 1, {NodeId(done)}});
        schedule.noteGroup(1, 1);
        for (const auto &node : nodes)
            schedule.join(node);
        for (const auto &task : schedule.startable())
            schedule.finished(task);
        const auto tasks = schedule.startable();
        const auto group = std::ranges::find_if(tasks, &Task::isJoint);
        QVERIFY(group != tasks.end());
        QCOMPARE(group->members, named({"n1", "n3"}));
        QCOMPARE(group->group, 2);
    }

    void groupsOfTenThousandNodes()
    {
        const auto nodes = ids(10'000);
        Schedule schedule(groupPlan(0), fleet(10'000, true), nodes);
        QElapsedTimer timer;
        timer.start();
        for (const auto &node : nodes)
            schedule.join(node);
        for (const auto &task : schedule.startable())
            schedule.finished(task);
        const auto groups = schedule.startable();
        QCOMPARE(groups.size(), std::size_t(1));
        const Task rest = schedule.takeOut(groups[0], NodeId("n5000"));
        schedule.finished(alone(groups[0], NodeId("n5000")));
        schedule.measureAgain(rest, rest.members);
        QCOMPARE(schedule.startable().back().members.size(), std::size_t(9'999)); // behind what n5000 does next
        qInfo("10,000 nodes in one group: %lld ms", static_cast<long long>(timer.elapsed()));
    }

    void thousandNodes()
    {
        const auto nodes = ids(1000);
        Schedule schedule(plan(), fleet(1000, false), nodes);
        for (const auto &node : nodes)
            schedule.join(node);
        std::size_t tasks = 0;
        QElapsedTimer timer;
        timer.start();
        while (!schedule.allDone()) {
            tasks += schedule.startable().size();
            const auto running = schedule.runningTasks();
            for (const auto &task : running)
                schedule.finished(task);
        }
        QCOMPARE(tasks, 1000u * 4 + 1500u);
        qInfo("1,000 nodes, %zu tasks: %lld ms", tasks, static_cast<long long>(timer.elapsed()));
    }
};

QTEST_GUILESS_MAIN(TestSchedule)
#include "tst_schedule.moc"
