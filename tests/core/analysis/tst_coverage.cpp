// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::FailureKind;
using domain::FleetVerdict;
using domain::Need;
using domain::NodeId;
using domain::NodeVerdict;
using domain::Stage;
using domain::Verdict;
using protocol::StepStatus;
using protocol::Unit;
using protocol::Waiver;
using tests::RunBuilder;

namespace {

constexpr Unit kRate = Unit::GigabytesPerSecond;

/// Two required steps and one informative; everything measured on n01, memory only on n02.
RunBuilder usual()
{
    RunBuilder run({"n01", "n02"});
    run.step("memory", "host.memory").step("disk", "host.disk").step("extra", "host.extra", Need::Informative);
    run.measured("n01", "memory", "triad", 10, kRate).measured("n01", "disk", "read", 1, kRate).measured("n01", "extra", "x", 1, kRate);
    run.measured("n02", "memory", "triad", 10, kRate).measured("n02", "extra", "x", 1, kRate);
    return run;
}

Criteria noCriteria()
{
    Criteria criteria;
    criteria.name = "test";
    criteria.revision = "1";
    return criteria;
}

NodeVerdict verdictOf(RunBuilder &run, const char *node, const Criteria &criteria = noCriteria())
{
    return *judge(run.data(), criteria).find(NodeId(node));
}

QString firstReason(const NodeVerdict &verdict)
{
    return verdict.reasons.empty() ? QString() : QString::fromStdString(verdict.reasons.front().text);
}

} // namespace

class CoverageTest : public QObject
{
    Q_OBJECT

private slots:
    void completedWithoutAFigureIsNoResult()
    {
        tests::RunBuilder run({"n01"});
        run.step("memory", "host.memory").withoutFigures().ended("n01", "memory");
        const auto verdict = judge(run.data(), Criteria{});
        QCOMPARE(verdict.nodes.front().verdict, domain::Verdict::Unknown);
        QCOMPARE(verdict.nodes.front().coverage.measured, 0);
    }

    /// Whoever serves is asked first; where that end waives, the other is never asked and has no result of its own.
    void whomEveryPartnerWaivesIsNotBlamed()
    {
        tests::RunBuilder run({"n01", "n02", "n03"});
        run.pairStep("network", "net.pair", 2).step("memory", "host.memory");
        for (const char *node : {"n01", "n02", "n03"})
            run.measured(node, "memory", "triad", 10, protocol::Unit::GigabytesPerSecond);
        for (const char *serving : {"n02", "n03"}) {
            run.waived(serving, "network", protocol::Waiver::NotPresent, "the node is simulated");
            auto &key = run.data().results.back().key;
            key.peer = domain::NodeId("n01");
            key.serving = true;
        }
        const auto node = verdictOf(run, "n01");
        QCOMPARE(node.verdict, Verdict::Qualified);
        QCOMPARE(node.coverage.planned, 1);
        run.data().results.back().finished.waiver = protocol::Waiver::NotPermitted; // it may be there, and nobody looked
        QCOMPARE(verdictOf(run, "n01").verdict, Verdict::Unknown);
    }

    void aCancelledRunSaysOnceWhatItDidNotComeTo()
    {
        tests::RunBuilder run({"n01"});
        run.step("memory", "host.memory").step("cpu", "host.cpu");
        run.data().info.state = domain::RunState::Cancelled;
        const auto verdict = judge(run.data(), Criteria{});
        QCOMPARE(verdict.nodes.front().reasons.size(), std::size_t(1));
        QVERIFY(QString::fromStdString(verdict.nodes.front().reasons.front().text).contains("memory, cpu"));
    }

    void aRebootIsFoundWhateverWasMeasured()
    {
        auto run = usual();
        run.ended("n02", "disk");
        run.event("n01", "supervisor.restarted", {{"previous_boot", "aaaa"}, {"boot", "bbbb"}, {"in_work", "disk#1"}}, 1'700'000'000);
        run.event("n02", "supervisor.restarted", {{"previous_boot", "cccc"}, {"boot", "cccc"}}, 1'700'000'000);
        const auto node = verdictOf(run, "n01");
        QCOMPARE(node.verdict, Verdict::Failed);
        QCOMPARE(firstReason(node), QString("n01 rebooted during the run, while disk was in work: boot id aaaa before, bbbb since 2023-11-14 22:13:20 UTC"));
        QVERIFY(!node.reasons.front().advice.empty());
        QCOMPARE(verdictOf(run, "n02").verdict, Verdict::Qualified); // its supervisor was killed: that is no reboot
    }

    void aNodeThatLostItsRecordsIsNotQualified()
    {
        auto run = usual();
        run.event("n01", "journal.gone", {{"records", "40"}}, 1'700'000'000);
        const auto node = verdictOf(run, "n01");
        QCOMPARE(node.verdict, Verdict::Unknown);
        QVERIFY2(firstReason(node).contains("rebooted without keeping its disk"), qPrintable(firstReason(node)));
    }

    void everythingMeasured();
    void endings_data();
    void endings();
    void missingWhileRunning();
    void informativeMayBeMissing();
    void wrongHardwareStaysWrong();
    void notPresentLeavesThePlan();
    void notPermittedIsMissing();
    void notPermittedCanBeAccepted();
    void nothingRequiredIsNothingQualified();
    void unreachable_data();
    void unreachable();
    void failureWithoutResultsAfterLogin();
    void lostOnTheWay();
    void lostAfterEverythingWasMeasured();
    void nodesOfNoFleet();
};

void CoverageTest::everythingMeasured()
{
    RunBuilder run = usual();
    const NodeVerdict verdict = verdictOf(run, "n01");
    QCOMPARE(verdict.verdict, Verdict::Qualified);
    QCOMPARE(verdict.coverage.planned, 2);
    QCOMPARE(verdict.coverage.measured, 2);
    QVERIFY(verdict.reasons.empty());
    QVERIFY(verdict.reached);
}

void CoverageTest::endings_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<int>("verdict");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, StepStatus status, Verdict verdict, const char *reason) {
        QTest::newRow(name) << static_cast<int>(status) << static_cast<int>(verdict) << reason;
    };
    row("completed", StepStatus::Completed, Verdict::Qualified, "");
    row("error", StepStatus::Error, Verdict::Unknown, "disk on n02: the check could not do its work: because");
    row("timeout", StepStatus::Timeout, Verdict::Unknown, "disk on n02: no result within its deadline: because");
    row("abandoned", StepStatus::Abandoned, Verdict::Unknown, "disk on n02: ended before it had a result: because");
    row("failed", StepStatus::Failed, Verdict::Failed, "disk on n02: because");
}

void CoverageTest::endings()
{
    QFETCH(int, status);
    QFETCH(int, verdict);
    QFETCH(QString, reason);
    RunBuilder run = usual();
    run.ended("n02", "disk", static_cast<StepStatus>(status), "because");
    const NodeVerdict judged = verdictOf(run, "n02");
    QCOMPARE(static_cast<int>(judged.verdict), verdict);
    QCOMPARE(firstReason(judged), reason);
    // A later attempt that worked is a result; one that did not is none.
    run.ended("n02", "disk", StepStatus::Completed, {}, 2);
    QCOMPARE(static_cast<int>(verdictOf(run, "n02").verdict), static_cast<int>(verdict == static_cast<int>(Verdict::Failed) ? Verdict::Failed : Verdict::Qualified));
}

void CoverageTest::missingWhileRunning()
{
    RunBuilder run = usual();
    QCOMPARE(firstReason(verdictOf(run, "n02")), QStringLiteral("disk on n02: no result came"));
    QCOMPARE(verdictOf(run, "n02").coverage.measured, 1);
    run.state(domain::RunState::Running);
    QCOMPARE(firstReason(verdictOf(run, "n02")), QStringLiteral("disk on n02: not measured yet"));
    QCOMPARE(verdictOf(run, "n02").verdict, Verdict::Unknown);
}

void CoverageTest::informativeMayBeMissing()
{
    RunBuilder run({"n01"});
    run.step("memory", "host.memory").step("extra", "host.extra", Need::Informative);
    run.measured("n01", "memory", "triad", 10, kRate).ended("n01", "extra", StepStatus::Error, "no such file");
    const NodeVerdict verdict = verdictOf(run, "n01");
    QCOMPARE(verdict.verdict, Verdict::Qualified);
    QCOMPARE(verdict.coverage.planned, 1);
    const auto listed = [](const domain::Finding &finding) {
        return finding.text == "extra on n01: informative only: the check could not do its work: no such file";
    };
    QVERIFY(std::ranges::any_of(verdict.findings, listed));
}

void CoverageTest::wrongHardwareStaysWrong()
{
    RunBuilder run = usual();
    run.ended("n01", "memory", StepStatus::Failed, "miscompare at 0x10", 2).ended("n01", "memory", StepStatus::Completed, {}, 3);
    const NodeVerdict verdict = verdictOf(run, "n01");
    QCOMPARE(verdict.verdict, Verdict::Failed);
    QCOMPARE(firstReason(verdict), QStringLiteral("memory on n01: miscompare at 0x10"));
    QCOMPARE(verdict.coverage.measured, 2);
    QCOMPARE(verdict.reasons[0].judgement, domain::Judgement::State);
}

void CoverageTest::notPresentLeavesThePlan()
{
    RunBuilder run = usual();
    run.waived("n02", "disk", Waiver::NotPresent, "no local disk");
    const NodeVerdict verdict = verdictOf(run, "n02");
    QCOMPARE(verdict.verdict, Verdict::Qualified);
    QCOMPARE(verdict.coverage.planned, 1);
    QCOMPARE(verdict.coverage.measured, 1);
}

void CoverageTest::notPermittedIsMissing()
{
    RunBuilder run = usual();
    run.waived("n02", "disk", Waiver::NotPermitted, "the node is in use: ada (PID 7)");
    const NodeVerdict verdict = verdictOf(run, "n02");
    QCOMPARE(verdict.verdict, Verdict::Unknown);
    QCOMPARE(firstReason(verdict), QStringLiteral("disk on n02: not permitted: the node is in use: ada (PID 7)"));
    QCOMPARE(verdict.coverage.planned, 2);
    QVERIFY(verdict.accepted.empty());
}

void CoverageTest::notPermittedCanBeAccepted()
{
    RunBuilder run = usual();
    run.waived("n02", "disk", Waiver::NotPermitted, "read-only");
    Criteria criteria = noCriteria();
    criteria.acceptances.push_back({"host.other", "x", "y"});
    QCOMPARE(verdictOf(run, "n02", criteria).verdict, Verdict::Unknown);
    criteria.acceptances.push_back({"host.disk", "disks are tested elsewhere", "Ada"});
    const NodeVerdict verdict = verdictOf(run, "n02", criteria);
    QCOMPARE(verdict.verdict, Verdict::Qualified);
    QCOMPARE(verdict.accepted, std::vector<std::string>{"host.disk not permitted: accepted by Ada (disks are tested elsewhere)"});
}

void CoverageTest::nothingRequiredIsNothingQualified()
{
    RunBuilder run({"n01"});
    run.step("disk", "host.disk").waived("n01", "disk", Waiver::NotPresent, "no local disk");
    const NodeVerdict verdict = verdictOf(run, "n01");
    QCOMPARE(verdict.verdict, Verdict::Unknown);
    QCOMPARE(firstReason(verdict), QStringLiteral("n01: no required step has a result, so there is nothing to qualify it by"));
}

void CoverageTest::unreachable_data()
{
    QTest::addColumn<int>("stage");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("reason");
    QTest::newRow("dead") << static_cast<int>(Stage::Connect) << static_cast<int>(FailureKind::Timeout) << "connect: n03: what happened";
    QTest::newRow("name") << static_cast<int>(Stage::Resolve) << static_cast<int>(FailureKind::NotFound) << "resolve: n03: what happened";
    QTest::newRow("changed key") << static_cast<int>(Stage::HostKey) << static_cast<int>(FailureKind::Changed) << "host key: n03: what happened";
    QTest::newRow("login") << static_cast<int>(Stage::Login) << static_cast<int>(FailureKind::Refused) << "login: n03: what happened";
}

void CoverageTest::unreachable()
{
    QFETCH(int, stage);
    QFETCH(int, kind);
    QFETCH(QString, reason);
    RunBuilder run({"n03"});
    run.step("memory", "host.memory").step("disk", "host.disk");
    run.failure("n03", static_cast<Stage>(stage), static_cast<FailureKind>(kind), "n03: what happened");
    const NodeVerdict verdict = verdictOf(run, "n03");
    QCOMPARE(verdict.verdict, Verdict::Unknown);
    QVERIFY(!verdict.reached);
    QCOMPARE(verdict.reasons.size(), std::size_t{1});
    QCOMPARE(firstReason(verdict), reason);
    QCOMPARE(verdict.reasons[0].check, std::string("reach"));
    QCOMPARE(verdict.reasons[0].source, std::string("the connection itself"));
    QCOMPARE(verdict.coverage.planned, 2);
    QCOMPARE(verdict.coverage.measured, 0);
}

void CoverageTest::failureWithoutResultsAfterLogin()
{
    RunBuilder run({"n03"});
    run.step("memory", "host.memory").failure("n03", Stage::Deploy, FailureKind::NoSpace, "n03: 12 MB free, needs 20 MB");
    const NodeVerdict verdict = verdictOf(run, "n03");
    QCOMPARE(verdict.verdict, Verdict::Unknown);
    QVERIFY(verdict.reached);
    QCOMPARE(verdict.reasons.size(), std::size_t{1});
}

void CoverageTest::lostOnTheWay()
{
    RunBuilder run = usual();
    run.failure("n02", Stage::Run, FailureKind::Lost, "n02: gone");
    const NodeVerdict verdict = verdictOf(run, "n02");
    QCOMPARE(verdict.verdict, Verdict::Unknown);
    QVERIFY(verdict.reached);
    QCOMPARE(verdict.reasons.size(), std::size_t{2});
    QCOMPARE(firstReason(verdict), QStringLiteral("run: n02: gone"));
}

void CoverageTest::lostAfterEverythingWasMeasured()
{
    RunBuilder run = usual();
    run.failure("n01", Stage::Run, FailureKind::Lost, "n01: gone");
    QCOMPARE(verdictOf(run, "n01").verdict, Verdict::Qualified);
}

void CoverageTest::nodesOfNoFleet()
{
    RunBuilder run = usual();
    run.data().info.fleet.nodes.clear();
    QCOMPARE(verdictOf(run, "n01").verdict, Verdict::Qualified);
    run.data().info.nodes.clear();
    QVERIFY(judge(run.data(), noCriteria()).nodes.empty());
}

QTEST_GUILESS_MAIN(CoverageTest)
#include "tst_coverage.moc"
