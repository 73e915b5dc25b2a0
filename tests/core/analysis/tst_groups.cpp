// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/figures.h"
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::Finding;
using domain::NodeId;
using domain::NodeVerdict;
using domain::Verdict;
using protocol::StepStatus;
using tests::RunBuilder;

namespace {

constexpr const char *kAborted = "ended by the desktop";

/// A run of one group step in which everybody has measured memory; groups and their members are added in the order of ranks.
class GroupRun
{
public:
    explicit GroupRun(int nodes, domain::Need need = domain::Need::Required) : m_run(tests::nodeNames(nodes))
    {
        m_run.step("memory", "host.memory").step("collective", "host.collective", need);
        m_run.data().info.plan.steps.back().scope = domain::Scope::Group;
        for (const std::string &name : tests::nodeNames(nodes))
            m_run.measured(name, "memory", "triad", 10, protocol::Unit::GigabytesPerSecond);
        m_run.withoutFigures();
    }

    GroupRun &completed(const std::string &node, int group, int attempt = 1)
    {
        m_run.value(node, "collective", "all_reduce_busbw", 1, protocol::Unit::GigabytesPerSecond, "node", attempt);
        m_run.data().observations.back().key.group = group;
        return ended(node, group, StepStatus::Completed, {}, attempt);
    }
    GroupRun &ended(const std::string &node, int group, StepStatus status = StepStatus::Abandoned, const std::string &reason = kAborted, int attempt = 1)
    {
        m_run.ended(node, "collective", status, reason, attempt, status == StepStatus::Waived ? protocol::Waiver::NotPresent : protocol::Waiver::None);
        m_run.data().results.back().key.group = group;
        return *this;
    }
    GroupRun &listening(const std::string &node, int group, int attempt = 1)
    {
        m_run.event(node, {protocol::Severity::Info, "group.listening", key(group, attempt), "node", "listens", {{"port", "4711"}}});
        return *this;
    }
    GroupRun &progress(const std::string &node, int group, int rank, std::uint64_t iteration, protocol::Parameters more = {}, int attempt = 1)
    {
        protocol::Parameters said{{"rank", std::to_string(rank)}, {"stage", "2"}, {"name", "all_reduce of 8 B"}, {"iteration", std::to_string(iteration)}, {"state", "running"}};
        more.merge(said);
        m_run.event(node, {protocol::Severity::Info, "group.progress", key(group, attempt), "node", "gets on", more});
        return *this;
    }
    /// Of the first group, rank 2 (n03) is stopped; all four are ended.
    GroupRun &stoppedThird(int group = 1, int attempt = 1)
    {
        listening("n01", group, attempt);
        for (int rank = 0; rank < 4; ++rank) {
            progress("n0" + std::to_string(rank + 1), group, rank, 112,
                     rank == 2 ? protocol::Parameters{{"state", "stopped (T)"}, {"cause", "self"}} : protocol::Parameters{{"cause", "peer"}}, attempt);
            ended("n0" + std::to_string(rank + 1), group, StepStatus::Abandoned, kAborted, attempt);
        }
        return *this;
    }
    RunBuilder &run() { return m_run; }

    NodeVerdict of(const char *node, const Criteria &criteria = {}) { return *judge(m_run.data(), criteria).find(NodeId(node)); }

private:
    static std::string key(int group, int attempt) { return "collective/group" + std::to_string(group) + "#" + std::to_string(attempt); }

    RunBuilder m_run;
};

QString why(const NodeVerdict &verdict)
{
    return verdict.reasons.empty() ? QString() : QString::fromStdString(verdict.reasons.front().text);
}

} // namespace

class GroupsTest : public QObject
{
    Q_OBJECT

private slots:
    void allCompleted()
    {
        GroupRun groups(4);
        for (const char *node : {"n01", "n02", "n03", "n04"})
            groups.completed(node, 1);
        const auto verdict = groups.of("n03");
        QCOMPARE(verdict.verdict, Verdict::Qualified);
        QCOMPARE(verdict.coverage.planned, 2);
        QCOMPARE(verdict.coverage.measured, 2);
        QVERIFY(std::ranges::any_of(verdict.findings, [](const Finding &finding) { return finding.metric == "all_reduce_busbw" && finding.source.starts_with("no limit"); }));
    }

    void namedOnceAndThenCompletedIsMarginal()
    {
        GroupRun groups(4);
        groups.stoppedThird();
        for (const char *node : {"n01", "n02", "n04"})
            groups.completed(node, 1, 2);
        groups.completed("n01", 2).completed("n03", 2);
        const auto late = groups.of("n03");
        QCOMPARE(late.verdict, Verdict::Marginal);
        QCOMPARE(why(late), QString("collective on n03: n03, rank 2, hung in all_reduce of 8 B after iteration 112, its process is stopped (T); the other 3 waited for it "
                                    "(group 1); measured again in group 2 it came to the end"));
        for (const char *node : {"n01", "n02", "n04"})
            QCOMPARE(groups.of(node).verdict, Verdict::Qualified);
        QVERIFY(retestsWanted(groups.run().data(), judge(groups.run().data(), {})).empty());
    }

    void namedTwiceIsFailed()
    {
        GroupRun groups(4);
        groups.stoppedThird();
        for (const char *node : {"n01", "n02", "n04"})
            groups.completed(node, 1, 2);
        groups.listening("n01", 2).progress("n01", 2, 0, 7).progress("n03", 2, 1, 6, {{"cause", "self"}}).ended("n01", 2).ended("n03", 2);
        const auto late = groups.of("n03");
        QCOMPARE(late.verdict, Verdict::Failed);
        QVERIFY2(why(late).startsWith("collective on n03: others waited for it twice: n03, rank 2, hung in all_reduce of 8 B after iteration 112"), qPrintable(why(late)));
        QVERIFY2(why(late).contains("; then n03, rank 1, hung in all_reduce of 8 B after iteration 6; the other one waited for it (group 2)"), qPrintable(why(late)));
        QCOMPARE(late.coverage.measured, 2); // nothing is missing of it
        QCOMPARE(groups.of("n01").verdict, Verdict::Qualified);
    }

    /// In a pair nobody can tell whose connection it is; but one of the two is known by then, and the other one by its group.
    void ofTwoTheOneThatWasLateBeforeIsNamed()
    {
        GroupRun groups(4);
        groups.stoppedThird();
        for (const char *node : {"n01", "n02", "n04"})
            groups.completed(node, 1, 2);
        groups.listening("n01", 2).progress("n01", 2, 0, 7, {{"cause", "peer"}, {"peer_rank", "1"}}).progress("n03", 2, 1, 7, {{"cause", "peer"}, {"peer_rank", "0"}});
        groups.ended("n01", 2).ended("n03", 2);
        QCOMPARE(groups.of("n03").verdict, Verdict::Failed);
        QCOMPARE(groups.of("n01").verdict, Verdict::Qualified);
    }

    void namedOnceAndNeverCompletedIsUnknown()
    {
        GroupRun groups(4);
        groups.stoppedThird();
        for (const char *node : {"n01", "n02", "n04"})
            groups.completed(node, 1, 2);
        const auto late = groups.of("n03");
        QCOMPARE(late.verdict, Verdict::Unknown);
        QVERIFY2(why(late).contains("n03, rank 2, hung in all_reduce of 8 B after iteration 112"), qPrintable(why(late)));
    }

    void aGroupThatNeverCompletedSaysWhy()
    {
        GroupRun groups(4);
        groups.stoppedThird(); // and nothing after it
        const auto waiting = groups.of("n01");
        QCOMPARE(waiting.verdict, Verdict::Unknown);
        QVERIFY2(why(waiting).contains("no group that it was in came to its end: n03, rank 2, hung"), qPrintable(why(waiting)));

        GroupRun untold(4);
        untold.listening("n01", 1);
        for (int rank = 0; rank < 4; ++rank)
            untold.progress("n0" + std::to_string(rank + 1), 1, rank, 5, {{"cause", "peer"}}).ended("n0" + std::to_string(rank + 1), 1);
        for (const char *node : {"n01", "n02", "n03", "n04"}) {
            QCOMPARE(untold.of(node).verdict, Verdict::Unknown);
            QVERIFY2(why(untold.of(node)).contains("nobody can tell whom they waited for"), qPrintable(why(untold.of(node))));
        }
    }

    /// Connections break when a group is ended: what was said first counts.
    void whatIsSaidAtTheEndAccusesNobody()
    {
        GroupRun groups(4);
        groups.listening("n01", 1);
        for (int rank = 0; rank < 4; ++rank)
            groups.progress("n0" + std::to_string(rank + 1), 1, rank, rank == 3 ? 3 : 5, {{"cause", "peer"}});
        for (int rank = 0; rank < 3; ++rank)
            groups.progress("n0" + std::to_string(rank + 1), 1, rank, 5, {{"state", "dead by SIGTERM"}, {"cause", "self"}});
        for (const char *node : {"n01", "n02", "n03", "n04"})
            groups.ended(node, 1);
        QVERIFY2(why(groups.of("n01")).contains("n04, rank 3, hung in all_reduce of 8 B after iteration 3"), qPrintable(why(groups.of("n01"))));
    }

    void aGroupThatAPersonEndedAccusesNobody()
    {
        GroupRun groups(4);
        groups.listening("n01", 1);
        for (int rank = 0; rank < 4; ++rank)
            groups.progress("n0" + std::to_string(rank + 1), 1, rank, rank == 1 ? 0 : 5).ended("n0" + std::to_string(rank + 1), 1, StepStatus::Abandoned, "cancelled");
        for (const char *node : {"n01", "n02", "n03", "n04"})
            groups.completed(node, 1, 2);
        for (const char *node : {"n01", "n02", "n03", "n04"})
            QCOMPARE(groups.of(node).verdict, Verdict::Qualified);
    }

    void whoWaivesIsNotLate()
    {
        GroupRun groups(3);
        groups.listening("n01", 1).ended("n03", 1, StepStatus::Waived, "needs glibc 2.36, this node has 2.31").ended("n01", 1).ended("n02", 1);
        groups.completed("n01", 1, 2).completed("n02", 1, 2);
        for (const char *node : {"n01", "n02", "n03"})
            QCOMPARE(groups.of(node).verdict, Verdict::Qualified);
        QCOMPARE(groups.of("n03").coverage.planned, 1); // it left the plan
    }

    void whomAllOthersWaiveIsNotBlamed()
    {
        GroupRun groups(3);
        groups.listening("n01", 1).ended("n01", 1).ended("n02", 1, StepStatus::Waived, "not here").ended("n03", 1, StepStatus::Waived, "not here");
        QCOMPARE(groups.of("n01").verdict, Verdict::Qualified);
        QCOMPARE(groups.of("n01").coverage.planned, 1);
    }

    void aLostNodeIsUnknownAndTheOthersHaveTheirResults()
    {
        GroupRun groups(4);
        groups.listening("n01", 1);
        for (int rank = 0; rank < 4; ++rank)
            groups.progress("n0" + std::to_string(rank + 1), 1, rank, rank == 2 ? 0 : 8, rank == 2 ? protocol::Parameters{} : protocol::Parameters{{"cause", "peer"}, {"peer_rank", "2"}});
        for (const char *node : {"n01", "n02", "n04"})
            groups.ended(node, 1).completed(node, 1, 2);
        groups.run().failure("n03", domain::Stage::Attach, domain::FailureKind::Lost, "no word for three minutes");
        QCOMPARE(groups.of("n03").verdict, Verdict::Unknown);
        QVERIFY(std::ranges::none_of(groups.of("n03").reasons, [](const Finding &finding) { return finding.verdict == Verdict::Failed; }));
        for (const char *node : {"n01", "n02", "n04"})
            QCOMPARE(groups.of(node).verdict, Verdict::Qualified);
    }

    /// A member of which nothing was heard may be the one: those that spoke are not accused by what they said of each other.
    void whereAMemberIsMissingTheOthersAreNotAccused()
    {
        GroupRun groups(4);
        groups.listening("n01", 1).progress("n01", 1, 0, 5, {{"cause", "peer"}}).progress("n02", 1, 1, 4, {{"cause", "peer"}}).progress("n04", 1, 3, 5, {{"cause", "peer"}});
        groups.ended("n01", 1).ended("n02", 1).ended("n04", 1);
        QVERIFY2(why(groups.of("n01")).contains("nobody can tell"), qPrintable(why(groups.of("n01"))));
        groups.run().failure("n03", domain::Stage::Attach, domain::FailureKind::Lost, "no word for three minutes");
        QVERIFY2(why(groups.of("n01")).contains("n03, rank 2, was lost before it began; the other 3 waited for it"), qPrintable(why(groups.of("n01"))));
    }

    /// Whose check could not do its work did not hang, and the others do not accuse it.
    void anErrorOfOneIsItsOwn()
    {
        GroupRun groups(3);
        groups.listening("n01", 1).progress("n01", 1, 0, 5).progress("n02", 1, 1, 5).progress("n03", 1, 2, 5);
        groups.ended("n02", 1, StepStatus::Error, "the worker died of signal 11").ended("n01", 1).ended("n03", 1);
        QVERIFY2(why(groups.of("n01")).contains("n02, rank 1, ended by itself: the worker died of signal 11"), qPrintable(why(groups.of("n01"))));
        QCOMPARE(groups.of("n02").verdict, Verdict::Unknown);
        QVERIFY(retestsWanted(groups.run().data(), judge(groups.run().data(), {})).empty()); // the run itself begins groups anew
    }

    void aSupervisorThatIsEndedUnderAGroupAccusesNobody()
    {
        GroupRun groups(4);
        groups.stoppedThird();
        groups.run().event("n03", "supervisor.restarted", {{"previous_boot", "aaaa"}, {"boot", "aaaa"}, {"in_work", "collective/group1#1"}}, 1'700'000'000);
        for (const char *node : {"n01", "n02", "n03", "n04"})
            groups.completed(node, 1, 2);
        QCOMPARE(groups.of("n03").verdict, Verdict::Qualified);
    }

    /// In a group nobody gets on while one waits: who alone says that it waits is not believed, and whom it names is not accused.
    void whoAloneCriesIsNotBelieved()
    {
        GroupRun groups(4);
        groups.listening("n01", 1).progress("n01", 1, 0, 50).progress("n02", 1, 1, 49).progress("n04", 1, 3, 50);
        groups.progress("n03", 1, 2, 50, {{"cause", "peer"}, {"peer_rank", "1"}});
        for (const char *node : {"n01", "n02", "n03", "n04"})
            groups.ended(node, 1).completed(node, 2);
        for (const char *node : {"n01", "n02", "n03", "n04"})
            QCOMPARE(groups.of(node).verdict, Verdict::Qualified);
    }

    void whereNobodyListenedNobodyIsLate()
    {
        GroupRun groups(3);
        groups.progress("n01", 1, 0, 0, {{"stage", "0"}, {"cause", "peer"}}).ended("n01", 1);
        groups.completed("n01", 2).completed("n02", 2).completed("n03", 2);
        QCOMPARE(groups.of("n01").verdict, Verdict::Qualified);
    }

    void informativeGroupsMayBeMissing()
    {
        GroupRun groups(4, domain::Need::Informative);
        groups.stoppedThird();
        QCOMPARE(groups.of("n01").verdict, Verdict::Qualified);
        GroupRun none(1, domain::Need::Informative);
        QCOMPARE(none.of("n01").verdict, Verdict::Qualified);
    }

    void aSingleNodeHasNobodyToMeasureWith()
    {
        GroupRun groups(1);
        QCOMPARE(groups.of("n01").verdict, Verdict::Unknown);
        QVERIFY2(why(groups.of("n01")).contains("it takes two nodes"), qPrintable(why(groups.of("n01"))));
    }

    void wrongElementsMakeMarginal()
    {
        auto criteria = loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/host.yaml");
        QVERIFY2(criteria, criteria ? "" : criteria.error().what.c_str());
        GroupRun groups(2);
        groups.completed("n01", 1).completed("n02", 1);
        for (const auto &[node, wrong] : {std::pair{"n01", 0.0}, std::pair{"n02", 3.0}}) {
            groups.run().value(node, "collective", "all_reduce_wrong", wrong, protocol::Unit::Count, "node", 1, {{"bytes", "65536"}});
            groups.run().data().observations.back().key.group = 1;
        }
        // With another size it was right: that does not make it right with this one.
        groups.run().value("n02", "collective", "all_reduce_wrong", 0, protocol::Unit::Count, "node", 1, {{"bytes", "8388608"}});
        groups.run().data().observations.back().key.group = 1;
        QCOMPARE(groups.of("n01", *criteria).verdict, Verdict::Qualified);
        QCOMPARE(groups.of("n02", *criteria).verdict, Verdict::Marginal);
        QVERIFY2(why(groups.of("n02", *criteria)).startsWith("all_reduce_wrong of 64 KiB 3 on n02"), qPrintable(why(groups.of("n02", *criteria))));
    }

    /// Two groups of one step are two attempts, not one that says a thing twice.
    void figuresOfTwoGroupsAreBothCounted()
    {
        GroupRun groups(2);
        groups.completed("n01", 1).completed("n01", 2);
        groups.run().data().observations.back().measurement.value = 3;
        const NodeTable nodes(groups.run().data().info);
        const auto figures = foldFigures(groups.run().data(), nodes);
        const auto figure = std::ranges::find(figures, std::string("all_reduce_busbw"), &Figure::metric);
        QVERIFY(figure != figures.end());
        QCOMPARE(figure->attempts, 2);
        QCOMPARE(figure->value, 2.0);
    }
};

QTEST_GUILESS_MAIN(GroupsTest)
#include "tst_groups.moc"
