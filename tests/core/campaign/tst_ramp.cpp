// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/estimate.h"
#include "core/campaign/ramp.h"
#include "core/campaign/schedule.h"
#include "core/domain/fleet_index.h"

#include <QTest>

#include <algorithm>
#include <ctime>
#include <map>

using namespace seatrial;
using namespace seatrial::campaign;
using domain::NodeId;

namespace {

/// @p racks racks of @p each nodes.
domain::Fleet fleetOf(int racks, int each)
{
    domain::Fleet fleet;
    for (int rack = 1; rack <= racks; ++rack) {
        for (int i = 1; i <= each; ++i) {
            domain::Node node;
            node.id = NodeId("r" + std::to_string(rack) + "n" + std::to_string(i));
            node.rack = domain::RackId("R" + std::to_string(rack));
            fleet.nodes.push_back(node);
        }
    }
    return fleet;
}

std::vector<NodeId> idsOf(const domain::Fleet &fleet)
{
    std::vector<NodeId> nodes;
    for (const auto &node : fleet.nodes)
        nodes.push_back(node.id);
    return nodes;
}

domain::PlanStep step(const char *id, bool exclusive, domain::Scope scope = domain::Scope::Node, double expected = 10)
{
    domain::PlanStep step;
    step.id = domain::StepId(id);
    step.check = domain::CheckId(id);
    step.scope = scope;
    step.exclusive = exclusive;
    step.expectedSeconds = expected;
    return step;
}

domain::Plan plan()
{
    domain::Plan plan;
    plan.steps = {step("health", false), step("cpu", true), step("memory", true), step("network", true, domain::Scope::Pair)};
    return plan;
}

std::size_t loads(const std::vector<Task> &tasks)
{
    std::map<NodeId, int> nodes;
    for (const auto &task : tasks) {
        if (task.step > 0)
            ++nodes[task.node];
    }
    return nodes.size();
}

/// A schedule of @p plan on a fleet with the usual ramp, nobody there yet.
struct Ramped {
    domain::Fleet fleet;
    std::vector<NodeId> nodes;
    Schedule schedule;

    Ramped(const domain::Plan &plan, int racks, int each) : fleet(fleetOf(racks, each)), nodes(idsOf(fleet)), schedule(plan, fleet, nodes)
    {
        schedule.setRamp({}, fleet);
    }
    void joinAll()
    {
        for (const auto &node : nodes)
            schedule.join(node);
    }
};

} // namespace

class TestRamp : public QObject
{
    Q_OBJECT

private slots:
    void loadGrowsInStepsAndEvenlyOverRacks()
    {
        Ramped ramped(plan(), 8, 8);
        ramped.joinAll();
        auto &schedule = ramped.schedule;
        std::vector<Task> started = schedule.startable();
        QCOMPARE(std::ranges::count_if(started, [](const Task &task) { return task.step == 0; }), 64); // looking is no load
        QCOMPARE(loads(started), std::size_t(8));
        std::map<std::string, int> racks;
        for (const auto &task : started) {
            if (task.step == 1)
                ++racks[ramped.fleet.find(task.node)->rack.text()];
        }
        QCOMPARE(racks.size(), std::size_t(8)); // one in each
        const auto finishAll = [&] {
            for (const auto &task : started)
                schedule.finished(task);
        };
        finishAll();
        QVERIFY(schedule.startable().empty()); // the others wait, although those are done
        QVERIFY(!schedule.allDone());
        QCOMPARE(schedule.waitsFor(NodeId("r8n8")), std::string("the ramp"));
        for (const std::size_t more : {8u, 16u, 32u}) {
            schedule.ramp().advance();
            started = schedule.startable();
            QCOMPARE(loads(started), more);
            finishAll();
        }
        QVERIFY(schedule.ramp().over());
        while (!(started = schedule.startable()).empty())
            finishAll();
        QVERIFY(schedule.allDone());
    }

    void aSmallFleetIsLoadedAtOnce()
    {
        Ramped ramped(plan(), 2, 8);
        ramped.joinAll();
        auto &schedule = ramped.schedule;
        QCOMPARE(loads(schedule.startable()), std::size_t(16));
        QVERIFY(schedule.ramp().over());
    }

    void aStoppedRampEndsWithoutTheOthers()
    {
        Ramped ramped(plan(), 4, 8);
        ramped.joinAll();
        auto &schedule = ramped.schedule;
        auto started = schedule.startable();
        QCOMPARE(loads(started), std::size_t(4));
        QCOMPARE(schedule.stopRamp(), 28);
        for (int round = 0; round < 50 && !schedule.allDone(); ++round) {
            for (const auto &task : started) {
                QVERIFY(task.step == 0 || schedule.ramp().admitted(task.node));
                schedule.finished(task);
            }
            started = schedule.startable();
        }
        QVERIFY(schedule.allDone());
    }

    void aLateNodeOfAStoppedRampGetsNoPairs()
    {
        domain::Plan pairs;
        pairs.steps = {step("network", true, domain::Scope::Pair)};
        Ramped ramped(pairs, 4, 8);
        auto &[fleet, nodes, schedule] = ramped;
        for (std::size_t i = 1; i < nodes.size(); ++i)
            schedule.join(nodes[i]);
        schedule.dontWaitFor(nodes.front());
        auto started = schedule.startable();
        schedule.stopRamp();
        schedule.join(nodes.front());
        for (int round = 0; round < 200 && !schedule.allDone(); ++round) {
            for (const auto &task : started)
                schedule.finished(task);
            started = schedule.startable();
        }
        QVERIFY(schedule.allDone());
    }

    // All members are loaded in the same moment, so all of them must be allowed to be.
    void aGroupWaitsUntilAllOfItMayBeLoaded()
    {
        domain::Plan groups;
        groups.steps = {step("together", true, domain::Scope::Group)};
        groups.steps[0].groupSize = 8;
        Ramped ramped(groups, 4, 8);
        ramped.joinAll();
        auto &schedule = ramped.schedule;
        QVERIFY(schedule.startable().empty()); // a rack is a group: one node of each rack at first
        QVERIFY(schedule.ramp().admittedCount() > 0);
        std::vector<Task> started;
        while (!schedule.ramp().over()) {
            QVERIFY(started.empty());
            schedule.ramp().advance();
            started = schedule.startable();
        }
        QCOMPARE(started.size(), std::size_t(4));
        schedule.restartRamp();
        QCOMPARE(schedule.ramp().admittedCount(), std::size_t(32));
        // The same is expected: nobody works before the last step.
        const auto expected = estimate(groups, ramped.fleet, ramped.nodes, {});
        QCOMPARE(expected.steps[0].times, 4);
        QCOMPARE(expected.steps[0].mostAtOnce, 4);
        QCOMPARE(expected.rampSeconds, 30.);
        QCOMPARE(expected.totalSeconds, 42.);
        QVERIFY(quickEstimate(groups, ramped.fleet, ramped.nodes, {}).totalSeconds >= 42);
    }

    void groupsOfAStoppedRampGoOnWithWhoMayBeLoaded()
    {
        domain::Plan groups;
        groups.steps = {step("together", true, domain::Scope::Group)};
        Ramped ramped(groups, 4, 8);
        ramped.joinAll();
        auto &schedule = ramped.schedule;
        QVERIFY(schedule.startable().empty());
        const auto admitted = schedule.ramp().admittedCount();
        QVERIFY(admitted > 0);
        schedule.stopRamp();
        const auto started = schedule.startable();
        for (const auto &task : started) {
            for (const auto &node : task.members)
                QVERIFY(schedule.ramp().admitted(node));
            schedule.finished(task);
        }
        QCOMPARE(started.size(), std::size_t(admitted > 1));
        QVERIFY(schedule.allDone());
    }

    void aRestartedRampLoadsInStepsAgain()
    {
        Ramped ramped(plan(), 8, 8);
        ramped.joinAll();
        auto &schedule = ramped.schedule;
        auto started = schedule.startable();
        for (const auto &task : started) {
            if (task.step == 0)
                schedule.finished(task);
        }
        for (int step = 0; step < 3; ++step) {
            schedule.ramp().advance();
            const auto more = schedule.startable();
            started.insert(started.end(), more.begin(), more.end());
        }
        QCOMPARE(loads(started), std::size_t(64));
        std::set<NodeId> still; // a pause takes back what has not begun: four work on
        for (const auto &task : started) {
            if (task.step == 1 && still.size() < 4)
                still.insert(task.node);
            else if (task.step != 0)
                schedule.putBack(task, 2);
        }
        schedule.restartRamp();
        QCOMPARE(schedule.ramp().share(), 0.125);
        for (const auto &node : still)
            QVERIFY(schedule.ramp().admitted(node));
        QVERIFY(loads(schedule.startable()) <= std::size_t(4)); // one of each rack, of which some work already
        QCOMPARE(schedule.ramp().admittedCount(), std::size_t(8));
        schedule.stopRamp();
        schedule.restartRamp();
        QVERIFY(schedule.ramp().stopped());
        QCOMPARE(schedule.ramp().admittedCount(), std::size_t(8));
    }

    void deadNodesDoNotHoldTheStep()
    {
        Ramped ramped(plan(), 4, 8);
        auto &schedule = ramped.schedule;
        for (const auto &node : ramped.nodes) { // the first rack does not answer
            if (node.text().starts_with("r1"))
                schedule.leave(node);
            else
                schedule.join(node);
        }
        QCOMPARE(loads(schedule.startable()), std::size_t(3)); // one in each of the others
    }

    /// Nobody is looked for among all others: that would be minutes, in which nothing answers.
    void aLargeFleetIsTakenUpAtOnce()
    {
        const auto fleet = fleetOf(3125, 32);
        const auto nodes = idsOf(fleet);
        const auto before = std::clock();
        Ramp ramp({}, fleet, nodes);
        const double seconds = double(std::clock() - before) / CLOCKS_PER_SEC;
        qInfo("%.2f s", seconds);
        QVERIFY2(seconds < 5, "it takes longer than in proportion to the number of nodes"); // else half a minute
        QVERIFY(ramp.admit(nodes.back()));

        const domain::FleetIndex index(fleet);
        QCOMPARE(index.find(nodes[77'777]), &fleet.nodes[77'777]);
        QVERIFY(!index.find(domain::NodeId("n1")));
    }

    void words_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("steps"); ///< -1: refused
        QTest::newRow("off") << "off" << 0;
        QTest::newRow("one") << "100" << 1;
        QTest::newRow("as built in") << "12.5,25,50,100" << 4;
        for (const char *bad : {"", "50", "100,50", "50,50,100", "0,100", "-5,100", "50,,100", "50,100,", "nan,100", "101", "a", "50;100"})
            QTest::newRow(bad) << bad << -1;
    }
    void words()
    {
        QFETCH(QString, text);
        QFETCH(int, steps);
        const auto shares = rampFromText(text.toStdString());
        QCOMPARE(shares ? int(shares->size()) : -1, steps);
    }

    void pauseWords_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<double>("seconds"); ///< -1: refused
        QTest::newRow("none") << "0" << 0.;
        QTest::newRow("part of a second") << "2.5" << 2.5;
        QTest::newRow("most") << "3600" << 3600.;
        for (const char *bad : {"", "-1", "3600.1", "nan", "inf", "10 s", "1,5", " 10", "ten", "1e99"})
            QTest::newRow(bad) << bad << -1.;
    }
    void pauseWords()
    {
        QFETCH(QString, text);
        QFETCH(double, seconds);
        const auto pause = rampPauseFromText(text.toStdString());
        QCOMPARE(pause.value_or(-1), seconds);
        QVERIFY(pause || pause.error().advice.find("0 to 3600") != std::string::npos);
    }

    void namedStepsHoldOnFewNodesToo()
    {
        RampTerms usual;
        usual.pauseSeconds = 4;
        const auto own = withSteps(usual, "50,100");
        QVERIFY(own && !usual.applies(16) && own->applies(2) && !own->applies(1));
        QCOMPARE(own->pauseSeconds, 4.);
        QVERIFY(!withSteps(usual, "off")->applies(1000));
        QVERIFY(!withSteps(usual, "100,50"));
    }

    void howManyLossesAreTooMany()
    {
        QCOMPARE(tooManyLosses(3), std::size_t(2));
        QCOMPARE(tooManyLosses(40), std::size_t(2));
        QCOMPARE(tooManyLosses(1000), std::size_t(50));
    }

    void theEstimatePlaysTheSchedule()
    {
        auto fleet = fleetOf(1, 4);
        const auto nodes = idsOf(fleet);
        domain::Plan two;
        two.steps = {step("health", false, domain::Scope::Node, 1), step("cpu", true)};
        QCOMPARE(estimate(two, fleet, nodes, {}).totalSeconds, 2 + 1 + 10.);
        fleet.shared.push_back({"chassis", "physical-host", nodes}); // one after the other
        const auto shared = estimate(two, fleet, nodes, {});
        QCOMPARE(shared.totalSeconds, 2 + 1 + 40.);
        QCOMPARE(shared.steps[1].mostAtOnce, 1);
        QCOMPARE(shared.steps[1].times, 4);
        QVERIFY(shared.waitingSeconds >= 30);

        domain::Plan pairs;
        pairs.steps = {step("network", true, domain::Scope::Pair)};
        fleet.shared.clear();
        const auto rounds = estimate(pairs, fleet, nodes, {});
        QCOMPARE(rounds.steps[0].times, 6); // each with three others
        QCOMPARE(rounds.totalSeconds, 2 + 30.);
        QCOMPARE(estimate(pairs, fleet, {nodes.front()}, {}).steps[0].times, 0);
    }

    void theEstimateCountsTheRamp()
    {
        const auto fleet = fleetOf(8, 8);
        domain::Plan burn;
        burn.steps = {step("cpu", true, domain::Scope::Node, 100)};
        const auto slow = estimate(burn, fleet, idsOf(fleet), {});
        QCOMPARE(slow.rampSeconds, 30.);
        QCOMPARE(slow.totalSeconds, 2 + 100 + 30.);
        RampTerms off;
        off.shares.clear();
        QCOMPARE(estimate(burn, fleet, idsOf(fleet), off).totalSeconds, 102.);
        QCOMPARE(quickEstimate(burn, fleet, idsOf(fleet), {}).totalSeconds, 132.);
        domain::Plan look;
        look.steps = {step("health", false)};
        QCOMPARE(quickEstimate(look, fleet, idsOf(fleet), {}).rampSeconds, 0.); // nothing loads
        QVERIFY(!estimate(burn, fleetOf(70, 30), idsOf(fleetOf(70, 30)), {}).simulated);
    }
};

QTEST_GUILESS_MAIN(TestRamp)
#include "tst_ramp.moc"
