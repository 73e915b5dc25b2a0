// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/store/store_fixture.h"

#include "core/domain/verdict.h"
#include "core/store/json_columns.h"
#include "core/store/plan_fleet_json.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <limits>

using namespace seatrial;
using namespace seatrial::store;
using namespace seatrial::store::test;

namespace {

domain::Plan fullPlan()
{
    domain::Plan plan{"quick", "Quick look", "All that fits\ninto three minutes", "/etc/plans/quick \xff.yaml", {}};
    domain::PlanStep memory;
    memory.id = domain::StepId("memory");
    memory.check = domain::CheckId("host.memory");
    memory.title = "Memory bandwidth „schnell“";
    memory.exclusive = true;
    memory.partners = 4;
    memory.retests = 1;
    memory.deadlineSeconds = 61.25;
    memory.expectedSeconds = 0.1;
    memory.parameters = {{"array_bytes", "1"}, {"seconds", "0.5"}};
    domain::PlanStep pair;
    pair.id = domain::StepId("network");
    pair.check = domain::CheckId("net.pair");
    pair.need = domain::Need::Informative;
    pair.scope = domain::Scope::Pair;
    domain::PlanStep group;
    group.id = domain::StepId("collective");
    group.check = domain::CheckId("host.collective");
    group.scope = domain::Scope::Group;
    group.groupSize = 8;
    plan.steps = {memory, pair, group};
    return plan;
}

domain::Fleet fullFleet()
{
    domain::Fleet fleet;
    fleet.name = "lab";
    fleet.source = "/tmp/lab/inventory.yaml";
    fleet.racks = {{domain::RackId("r1"), 42}, {domain::RackId("r2"), 48}};
    fleet.nodes = {{domain::NodeId("n01"), "10.0.0.1", domain::RackId("r1"), 1.5, 0.5, {"root", 2222, "/k/id", "/k/known"}},
                   {domain::NodeId("n02"), "n02", domain::RackId(), 0, 1, {}}};
    fleet.nodes[1].inventory = fleet.source;
    fleet.shared = {{"host-a", "physical-host", {domain::NodeId("n01"), domain::NodeId("n02")}}, {"up", "uplink", {}}};
    return fleet;
}

domain::RunInfo fullRun()
{
    domain::RunInfo info;
    info.plan = fullPlan();
    info.fleet = fullFleet();
    info.nodes = {domain::NodeId("n02"), domain::NodeId("n01")};
    info.operatorName = "ada";
    info.loadAllowedBy = "grace";
    info.startedWall = 1.7e9 + 0.125;
    return info;
}

} // namespace

class RoundTripTest : public QObject
{
    Q_OBJECT

private slots:
    void planAndFleetComeBackEqual()
    {
        QVERIFY(planFromJson(planToJson(fullPlan())) == fullPlan());
        QVERIFY(fleetFromJson(fleetToJson(fullFleet())) == fullFleet());
        QVERIFY(planFromJson(planToJson({})) == domain::Plan());
        QVERIFY(fleetFromJson(fleetToJson({})) == domain::Fleet());
    }

    /// What was stored before there were groups says nothing of them.
    void plansOfOlderRunsAreRead()
    {
        const auto old = planFromJson(R"({"name":"quick","title":"","description":"","source":"","steps":[
            {"id":"network","check":"net.pair","title":"","required":true,"pair":true,"exclusive":false,"partners":3,"retests":2,"deadline_seconds":60.0,"expected_seconds":5.0,"parameters":[]},
            {"id":"memory","check":"host.memory","title":"","required":true,"pair":false,"exclusive":false,"partners":3,"retests":2,"deadline_seconds":60.0,"expected_seconds":5.0,"parameters":[]}]})");
        QCOMPARE(old.steps.size(), std::size_t(2));
        QVERIFY(old.steps[0].scope == domain::Scope::Pair);
        QVERIFY(old.steps[1].scope == domain::Scope::Node);
        QCOMPARE(old.steps[1].groupSize, 0);
    }

    void parametersComeBackEqual_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *text : {"", "67108864", "a \"quote\"", "back\\slash", "line\nend\ttab", "n01→n02", "\x7f", "{\"a\":[1]}"})
            QTest::addRow("%s", text) << QByteArray(text);
        QTest::addRow("a zero byte") << QByteArray("a\0b", 3);
    }

    void parametersComeBackEqual()
    {
        QFETCH(QByteArray, text);
        const protocol::Parameters parameters = {{"a" + text.toStdString(), "1"}, {"b", text.toStdString()}};
        QVERIFY(parametersFromJson(parametersToJson(parameters)) == parameters);
        QVERIFY(parametersFromJson(parametersToJson({})).empty());
        QVERIFY(!parametersFromJson(parametersToJson({{"torn", "a\xff"}})).empty());
    }

    void runInfoComesBackAsGiven()
    {
        StoreFile file;
        const auto store = file.open();
        const auto begun = store->beginRun(fullRun());
        QVERIFY2(begun, why(begun));
        QCOMPARE(begun->id.text(), std::string("1"));
        QVERIFY(QRegularExpression("^r1-[0-9a-f]{8}$").match(QString::fromStdString(begun->token)).hasMatch());
        const auto second = store->beginRun(fullRun());
        QVERIFY(second && second->token != begun->token);

        QVERIFY(store->setRunState(begun->id, domain::RunState::Cancelled, 1.7e9 + 99.5));
        const auto data = store->runData(begun->id);
        QVERIFY2(data, why(data));
        QVERIFY(data->info.plan == fullPlan());
        QVERIFY(data->info.fleet == fullFleet());
        QVERIFY(data->info.nodes == fullRun().nodes);
        QCOMPARE(data->info.token, begun->token);
        QCOMPARE(data->info.operatorName, std::string("ada"));
        QCOMPARE(data->info.loadAllowedBy, std::string("grace"));
        QCOMPARE(data->info.startedWall, 1.7e9 + 0.125);
        QCOMPARE(data->info.finishedWall, 1.7e9 + 99.5);
        QVERIFY(data->info.state == domain::RunState::Cancelled);
        QCOMPARE(store->runData({})->info.id.text(), std::string("2"));
    }

    void everyRecordComesBack()
    {
        using namespace protocol;
        const Measurement pair{"network@n02#2", "net.pair", "throughput", Unit::GigabitsPerSecond, "n01→n02", 9.41, 7, {9.0, 9.9, 0.02}, {{"streams", "4"}}};
        const Measurement odd{"odd", "host.odd", "nothing", Unit::None, "cpu/3", std::numeric_limits<double>::infinity(), 4'000'000'000u, {}, {}};
        const StepFinished waived{"disk#1", "host.disk", StepStatus::Waived, Waiver::NotPermitted, "no permission for /dev/nvme0", 0.25};
        const Event event{Severity::Error, "kernel.mce", "memory#1", "cpu/3", "machine check on bank 4", {{"bank", "4"}}};
        const Part disk{"disk", "disk/nvme0n1", "S4EWNX0R", "PM983", "EDA5", {{"bytes", "960197124096"}}};
        const Part nameless{"memory", "dimm/0", "", "", "", {}};
        const std::vector<StreamLine> lines = {
            lineOf(1, Hello{1, "0.1.0", "r1-x", "n01", "node-one", "x86_64", "6.1", "glibc 2.36", true}),
            lineOf(2, StepStarted{"memory#1", "host.memory", {{"seconds", "1"}}}),
            lineOf(3, measurement(12.5)), lineOf(4, pair), lineOf(5, odd), lineOf(6, waived), lineOf(7, event), lineOf(8, disk), lineOf(9, nameless),
            lineOf(10, Heartbeat{"memory#1"}), lineOf(11, Goodbye{Outcome::LeaseExpired, "nobody came back"})};

        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(fullRun());
        QVERIFY2(run, why(run));
        store->append(run->id, kNode, lines);
        QVERIFY(store->flush());

        const auto data = store->runData(run->id);
        QVERIFY2(data, why(data));
        QCOMPARE(data->observations.size(), std::size_t(3));
        QVERIFY(data->observations[0].measurement == measurement(12.5));
        QVERIFY(data->observations[1].measurement == pair);
        QVERIFY(data->observations[2].measurement == odd);
        QVERIFY(data->observations[1].key == (domain::StepKey{domain::StepId("network"), domain::NodeId("n02"), false, 0, 2}));
        QVERIFY(data->observations[2].key.step == domain::StepId("odd"));
        QCOMPARE(data->observations[1].sequence, std::uint64_t(4));
        QCOMPARE(data->observations[1].wallSeconds, stampAt(4).wallSeconds);
        QVERIFY(data->observations[0].simulated && data->observations[0].node == kNode);
        QCOMPARE(data->results.size(), std::size_t(1));
        QVERIFY(data->results[0].finished == waived && data->results[0].key.step == domain::StepId("disk"));
        QCOMPARE(data->events.size(), std::size_t(1));
        QVERIFY(data->events[0].event == event && data->events[0].sequence == 7 && data->events[0].wallSeconds == stampAt(7).wallSeconds);
        QCOMPARE(data->parts.size(), std::size_t(2));
        QVERIFY(data->parts[0].part == disk && data->parts[1].part == nameless);
        QVERIFY2(data->goodbyes.empty(), "a lease that expired is no finish");

        const auto positions = store->positions(run->id);
        QVERIFY2(positions, why(positions));
        QCOMPARE(positions->at(kNode).lastSequence, std::uint64_t(11));
        QCOMPARE(positions->at(kNode).bootId, std::string("boot-a"));
        QVERIFY(positions->at(kNode).goodbye);
        QCOMPARE(*store->rawStream(run->id, kNode), rawOf(lines));
        QVERIFY(store->runs()->front().simulated);

        store->append(run->id, kNode, {lineOf(12, Goodbye{Outcome::Finished, {}})});
        QVERIFY(store->flush());
        QVERIFY(store->runData(run->id)->goodbyes == std::vector{kNode});
        store->append(run->id, kNode, {lineOf(13, Heartbeat{})});
        QVERIFY(store->flush());
        QVERIFY2(store->runData(run->id)->goodbyes.empty(), "a journal that goes on has not ended with its goodbye");
        QVERIFY(!store->positions(run->id)->at(kNode).goodbye);
    }

    void recordsOfGroupsComeBack()
    {
        using namespace protocol;
        Measurement measured = measurement(3);
        measured.step = "collective/group12#2";
        const StepFinished ended{"collective/group12#2", "host.collective", StepStatus::Abandoned, Waiver::None, "n07, rank 3, hung", 4.5};
        const Event progress{Severity::Info, "group.progress", "collective/group12#2", "node", "gets on", {{"rank", "3"}, {"stage", "2"}, {"iteration", "112"}}};
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(fullRun());
        QVERIFY2(run, why(run));
        store->append(run->id, kNode, {lineOf(1, measured), lineOf(2, progress), lineOf(3, ended), lineOf(4, StepFinished{"collective/group0#1", "host.collective", StepStatus::Completed, Waiver::None, {}, 1})});
        QVERIFY(store->flush());
        const auto data = store->runData(run->id);
        QVERIFY2(data, why(data));
        const domain::StepKey key{domain::StepId("collective"), {}, false, 12, 2};
        QVERIFY(data->observations[0].key == key);
        QVERIFY(data->results.front().key == key && data->results.front().finished == ended);
        QVERIFY(data->events.front().event == progress);
        // What is no group's name is a step of that name, of no group.
        QCOMPARE(data->results.back().key.step.text(), std::string("collective/group0#1"));
        QCOMPARE(data->results.back().key.group, 0);
        QCOMPARE(data->results.back().key.attempt, 1);
    }

    void everyUnitStatusAndSeverityComesBack()
    {
        using namespace protocol;
        std::vector<StreamLine> lines;
        for (int unit = 0; unit <= static_cast<int>(Unit::Lanes); ++unit) {
            Measurement each = measurement(unit);
            each.unit = static_cast<Unit>(unit);
            lines.push_back(lineOf(lines.size() + 1, each));
        }
        for (int status = 0; status <= static_cast<int>(StepStatus::Abandoned); ++status)
            lines.push_back(lineOf(lines.size() + 1, StepFinished{"a#1", "a", static_cast<StepStatus>(status), static_cast<Waiver>(status % 3), "so", 1}));
        for (int severity = 0; severity <= static_cast<int>(Severity::Error); ++severity)
            lines.push_back(lineOf(lines.size() + 1, Event{static_cast<Severity>(severity), "code", "", "", "text", {}}));

        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(smallRun());
        store->append(run->id, kNode, lines);
        QVERIFY(store->flush());
        const auto data = store->runData(run->id);
        QVERIFY2(data, why(data));
        std::size_t at = 0;
        for (const auto &observation : data->observations)
            QVERIFY(observation.measurement == std::get<Measurement>(std::get<Record>(lines[at++].content).body));
        for (const auto &result : data->results)
            QVERIFY(result.finished == std::get<StepFinished>(std::get<Record>(lines[at++].content).body));
        for (const auto &event : data->events)
            QVERIFY(event.event == std::get<Event>(std::get<Record>(lines[at++].content).body));
        QCOMPARE(at, lines.size());
    }

    void whatIsNoNumberDoesNotBecomeZero()
    {
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(smallRun());
        store->append(run->id, kNode, {lineOf(1, measurement(std::nan("")))});
        QVERIFY(store->flush());
        QVERIFY(std::isnan(store->runData(run->id)->observations[0].measurement.value));
    }

    void failuresComeBack()
    {
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(smallRun());
        const domain::Failure failure{domain::Stage::HostKey, domain::FailureKind::Changed, "the key of n01 changed", "login", "ask why"};
        store->appendFailure(run->id, {kNode, failure, 12.5});
        QVERIFY(store->flush());
        const auto data = store->runData(run->id);
        QVERIFY2(data, why(data));
        QCOMPARE(data->failures.size(), std::size_t(1));
        QVERIFY(data->failures[0].failure == failure && data->failures[0].node == kNode && data->failures[0].wallSeconds == 12.5);
    }

    void theLatestVerdictIsCounted()
    {
        using domain::Verdict;
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(fullRun());
        domain::FleetVerdict verdict;
        verdict.run = run->id;
        verdict.notes = {"fleet test off: 2 nodes, needs 4"};
        domain::Finding low{Verdict::Failed, domain::Judgement::Ceiling, "host.memory", "triad", "node", 4.5, protocol::Unit::GigabytesPerSecond,
                            "≥ 8.4 GB/s", 8.4, -0.46, "criteria 1", "too slow", "look at the DIMMs"};
        domain::NodeVerdict failed{kNode, domain::RackId("r1"), Verdict::Failed, true, {3, 3}, {low}, {low, low}, {"accepted by ada"}};
        domain::NodeVerdict unknown{domain::NodeId("n02"), {}, Verdict::Unknown, false, {3, 0}, {}, {}, {}};
        verdict.nodes = {unknown, unknown};
        verdict.nodes[1].node = kNode;
        QVERIFY(store->saveVerdict(verdict));
        verdict.nodes = {failed, unknown};
        QVERIFY(store->saveVerdict(verdict));

        const auto runs = store->runs();
        QVERIFY2(runs, why(runs));
        QCOMPARE(runs->size(), std::size_t(1));
        QCOMPARE(runs->front().plan, std::string("quick"));
        QCOMPARE(runs->front().fleet, std::string("lab"));
        QCOMPARE(runs->front().nodes, 2);
        QVERIFY(runs->front().verdicts == (std::map<Verdict, int>{{Verdict::Unknown, 1}, {Verdict::Failed, 1}}));
        SQLite::Database plain(file.path(), SQLite::OPEN_READONLY);
        QCOMPARE(plain.execAndGet("SELECT count(*) FROM findings WHERE reason = 0 AND limit_value = 8.4 AND margin = -0.46").getInt(), 2);
        QCOMPARE(plain.execAndGet("SELECT count(*) FROM findings WHERE reason = 1 AND judgement = 'ceiling'").getInt(), 1);
    }

    void aPartIsFollowedThroughPlaces()
    {
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(fullRun());
        const protocol::Part disk{"disk", "disk/nvme0n1", "S4EWNX0R", "PM983", "EDA5", {}};
        store->append(run->id, kNode, {lineOf(1, disk), lineOf(2, disk)});
        store->append(run->id, domain::NodeId("n02"), {lineOf(1, disk)});
        QVERIFY(store->flush());
        SQLite::Database plain(file.path(), SQLite::OPEN_READONLY);
        QCOMPARE(plain.execAndGet("SELECT count(*) FROM parts").getInt(), 1);
        QCOMPARE(plain.execAndGet("SELECT count(*) FROM places").getInt(), 2);
        QCOMPARE(plain.execAndGet("SELECT unit FROM places WHERE node = 'n01' AND rack = 'r1'").getDouble(), 1.5);
        QCOMPARE(plain.execAndGet("SELECT count(*) FROM sightings").getInt(), 3);
    }

    void whatIsNotThereIsSaidInWords()
    {
        StoreFile file;
        const auto store = file.open();
        QVERIFY(!store->runData({}));
        QCOMPARE(store->runData({}).error().kind, domain::FailureKind::NotFound);
        for (const char *name : {"7", "x", "-1", "1 ", "99999999999999999999"}) {
            const auto data = store->runData(domain::RunId(name));
            QVERIFY(!data && data.error().kind == domain::FailureKind::NotFound);
            QVERIFY(data.error().what.find(file.path()) != std::string::npos && !data.error().advice.empty());
            QVERIFY(!store->setRunState(domain::RunId(name), domain::RunState::Finished, 1));
        }
        QVERIFY2(!store->failure(), "asking for what is not there breaks nothing");
        const auto run = store->beginRun(smallRun());
        QCOMPARE(*store->rawStream(run->id, domain::NodeId("n99")), std::string());
        QVERIFY(store->positions(run->id)->empty());
    }
};

QTEST_GUILESS_MAIN(RoundTripTest)
#include "round_trip_test.moc"
