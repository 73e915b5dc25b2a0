// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::FleetVerdict;
using domain::Verdict;
using protocol::Unit;
using tests::nodeNames;
using tests::RunBuilder;

namespace {

Criteria criteria(const std::string &list)
{
    const auto read = parseCriteria("version: 1\nname: t\nrevision: \"1\"\nfleet: { minimum: 4, z: 4, floor: 0.02 }\ncriteria:\n" + list, "t.yaml");
    if (!read)
        qFatal("%s", read.error().what.c_str());
    return *read;
}

const char *const kSameBios = "  - { check: host.health, part: board, metric: firmware, kind: uniform, direction: equal, unit: none, source: s, advice: update }\n";
const char *const kClock = "  - { check: clock, metric: offset, kind: apart, otherwise: 0, direction: at most, marginal: 1, unit: s, source: s }\n";

RunBuilder boards(const std::vector<std::string> &versions, const std::string &model = "GX8")
{
    const auto names = nodeNames(int(versions.size()));
    RunBuilder run(names);
    run.step("health", "host.health");
    for (std::size_t i = 0; i < versions.size(); ++i) {
        run.part(names[i], {"board", "node", "S" + std::to_string(i), model, versions[i], {}});
        run.ended(names[i], "health");
    }
    return run;
}

RunBuilder clocks(const std::vector<double> &offsets)
{
    const auto names = nodeNames(int(offsets.size()));
    RunBuilder run(names);
    run.step("clock", "clock");
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        run.value(names[i], "clock", "offset", offsets[i], Unit::Seconds);
        run.ended(names[i], "clock");
    }
    return run;
}

bool noted(const FleetVerdict &verdict, const char *text)
{
    return std::ranges::any_of(verdict.notes, [&](const std::string &note) { return note.find(text) != std::string::npos; });
}

} // namespace

/// Nodes of one fleet are alike, and their clocks agree.
class TestUniform : public QObject
{
    Q_OBJECT

private slots:
    void theOddOneIsNamed()
    {
        auto run = boards({"1.4", "1.4", "1.2", "1.4", "1.4"});
        const auto verdict = judge(run.data(), criteria(kSameBios));
        QCOMPARE(verdict.count(Verdict::Qualified), 4);
        const auto *odd = verdict.find(domain::NodeId("n03"));
        QCOMPARE(odd->verdict, Verdict::Marginal);
        QCOMPARE(odd->reasons.size(), std::size_t(1));
        QCOMPARE(odd->reasons.front().text, std::string("board firmware 1.2 on n03: 4 other nodes (n[01-02,04-05]) have 1.4"));
        QCOMPARE(odd->reasons.front().advice, std::string("update"));
    }

    void otherModelsAndUnreadVersionsAreNoDifference()
    {
        auto run = boards({"1.4", "1.4", "", "1.4", "1.4"});
        run.data().parts[1].part.model = "other";
        run.data().parts[1].part.firmware = "9";
        QCOMPARE(judge(run.data(), criteria(kSameBios)).count(Verdict::Qualified), 5);
    }

    void aDividedFleetAccusesNobody()
    {
        auto run = boards({"1.2", "1.2", "1.4", "1.4"});
        const auto verdict = judge(run.data(), criteria(kSameBios));
        QCOMPARE(verdict.count(Verdict::Qualified), 4);
        QVERIFY(noted(verdict, "board firmware of GX8 is not the same everywhere: 1.2 on n[01-02]; 1.4 on n[03-04]"));
        auto few = boards({"1.2", "1.4"});
        QVERIFY(noted(judge(few.data(), criteria(kSameBios)), "fleet test off"));
    }

    void theLastWordOfANodeCounts()
    {
        auto run = boards({"1.4", "1.4", "1.2", "1.4", "1.4"});
        run.part("n03", {"board", "node", "S2", "GX8", "1.4", {}});
        QCOMPARE(judge(run.data(), criteria(kSameBios)).count(Verdict::Qualified), 5);
    }

    void aClockThatIsOffIsNamed()
    {
        auto run = clocks({0.001, -0.002, 0.003, -7.5, 0.002});
        const auto verdict = judge(run.data(), criteria(kClock));
        QCOMPARE(verdict.count(Verdict::Marginal), 1);
        const auto &reason = verdict.find(domain::NodeId("n04"))->reasons.front();
        QVERIFY2(reason.text.find("it is −7.5 s") != std::string::npos, reason.text.c_str());
    }

    void theDesktopsOwnClockMayBeWrong()
    {
        auto run = clocks({120.01, 120.02, 120.03, 120.02, 125.0});
        const auto verdict = judge(run.data(), criteria(kClock));
        QCOMPARE(verdict.count(Verdict::Marginal), 1); // the one that differs from the others
        QVERIFY(noted(verdict, "most nodes agree with each other"));
        auto few = clocks({120.01, 0.02}); // nobody to ask but this computer
        QCOMPARE(judge(few.data(), criteria(kClock)).count(Verdict::Marginal), 1);
    }

    void whoAllowedLoadIsTold()
    {
        auto run = clocks({0, 0, 0, 0});
        QVERIFY(!noted(judge(run.data(), criteria(kClock)), "allowed"));
        run.loadAllowedBy("Ada Example");
        QVERIFY(noted(judge(run.data(), criteria(kClock)), "allowed by Ada Example; nobody was at work"));
        run.event("n02", "busy.allowed", "Load beside other people's work, which a person allowed: pid 812 (python3) of grace uses 187 % of a core.");
        const auto verdict = judge(run.data(), criteria(kClock));
        QVERIFY(noted(verdict, "load on busy nodes was allowed by Ada Example"));
        QVERIFY(noted(verdict, "n02: Load beside other people's work, which a person allowed: pid 812 (python3) of grace"));
    }

    void whatWasNotPermittedIsToldOnce()
    {
        auto run = clocks({0, 0, 0, 0});
        for (const char *node : {"n01", "n02", "n03"})
            run.event(node, "dimm.not_permitted", "Not permitted: memory modules.");
        const auto verdict = judge(run.data(), criteria(kClock));
        QCOMPARE(std::ranges::count_if(verdict.notes, [](const auto &note) { return note == "n[01-03]: Not permitted: memory modules."; }), 1);
        for (int i = 0; i < 100; ++i) // a node may say anything, but not fill the report
            run.event("n04", "x.not_permitted", "sentence " + std::to_string(i) + std::string(5000, 'x'));
        QVERIFY(judge(run.data(), criteria(kClock)).notes.size() < 30);
    }

    void refused_data()
    {
        QTest::addColumn<QString>("criterion");
        QTest::newRow("uniform without a part") << "check: a, metric: b, kind: uniform, direction: equal, unit: none, source: s";
        QTest::newRow("uniform with a number") << "check: a, part: board, metric: b, kind: uniform, direction: equal, unit: none, marginal: 1, source: s";
        QTest::newRow("a part for figures") << "check: a, part: board, metric: b, kind: absolute, direction: at most, unit: s, marginal: 1, source: s";
        QTest::newRow("apart at least") << "check: a, metric: b, kind: apart, direction: at least, unit: s, marginal: 1, source: s";
        QTest::newRow("otherwise for others") << "check: a, metric: b, kind: absolute, otherwise: 0, direction: at most, unit: s, marginal: 1, source: s";
    }
    void refused()
    {
        QFETCH(QString, criterion);
        QVERIFY(!parseCriteria("version: 1\nname: t\nrevision: \"1\"\ncriteria:\n  - { " + criterion.toStdString() + " }\n", "t.yaml"));
    }
};

QTEST_GUILESS_MAIN(TestUniform)
#include "tst_uniform.moc"
