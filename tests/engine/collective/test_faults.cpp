// SPDX-License-Identifier: GPL-3.0-or-later
// Groups on this machine with a rank that is stopped, killed, missing or left alone: what each of them says.
#include "tests/engine/collective/group.h"

#include <QFile>
#include <QProcess>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

/// Goes on for longer than any test.
const protocol::Parameters kLong{{"operations", "all_reduce"}, {"bytes", "65536"}, {"seconds", "600"}, {"iterations_most", "10000000"}, {"stage_deadline", "5"}};

bool lives(pid_t pid)
{
    return pid > 0 && ::kill(pid, 0) == 0;
}

std::uint64_t iterationOf(const GroupRank &rank)
{
    return std::uint64_t(parseInteger(rank.last("iteration")).value_or(0));
}

} // namespace

class TestFaults : public QObject
{
    Q_OBJECT

private slots:
    void aStoppedRankIsToldByItselfAndByTheOthers()
    {
        SKIP_WITHOUT_GLOO();
        Group group(3, kLong);
        QVERIFY2(group.ranks.size() == 3, group[0].isOver() ? group[0].result().reason.c_str() : "rank 0 does not listen");
        QVERIFY(becomesTrue(30, [&] { return group.measures(); }));
        const auto stopped = group[1].pid();
        QVERIFY(lives(stopped));
        ::kill(stopped, SIGSTOP);
        QVERIFY2(becomesTrue(5, [&] { return group[1].said("state", "stopped (T)"); }), group[1].progress().back().text.c_str());
        QVERIFY(group[1].said("cause", "self"));
        for (const int other : {0, 2}) {
            QVERIFY(becomesTrue(20, [&] { return group[other].said("cause", "peer"); }));
            QVERIFY(!group[other].said("cause", "self"));
            QCOMPARE(group[other].last("state"), std::string("running"));
            QVERIFY2(!group[other].isOver(), "it waits for whoever decides about the group");
        }
        QVERIFY(iterationOf(group[1]) <= iterationOf(group[0]) && iterationOf(group[1]) <= iterationOf(group[2]));
        QVERIFY(iterationOf(group[1]) > 0);

        std::vector<pid_t> processes;
        std::vector<std::size_t> told;
        for (auto &rank : group.ranks) {
            processes.push_back(rank->pid());
            told.push_back(rank->progress().size());
            rank->stop();
        }
        ::kill(stopped, SIGCONT); // as a supervisor does that ends a step
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(group.ranks[i]->isOver(10));
            QVERIFY(!lives(processes[i]));
            QVERIFY2(group.ranks[i]->progress().size() > told[i], "its last word is missing");
        }
        QCOMPARE(group[1].last("state"), std::string("stopped (T)"));
        const auto result = group[0].result();
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("told to stop") != result.reason.npos, result.reason.c_str());
    }

    void aKilledRankIsNamed()
    {
        SKIP_WITHOUT_GLOO();
        Group group(3, kLong);
        QVERIFY2(group.ranks.size() == 3, group[0].isOver() ? group[0].result().reason.c_str() : "rank 0 does not listen");
        QVERIFY(becomesTrue(30, [&] { return group.measures(); }));
        ::kill(group[2].pid(), SIGKILL);
        QVERIFY(group[2].isOver(10));
        const auto result = group[2].result();
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("dead by SIGKILL") != result.reason.npos && result.reason.find("all_reduce of 64 KiB") != result.reason.npos, result.reason.c_str());
        QCOMPARE(group[2].last("cause"), std::string("self"));
        QCOMPARE(group[2].last("state"), std::string("dead by SIGKILL"));
        for (const int other : {0, 1}) {
            QVERIFY(becomesTrue(20, [&] { return group[other].said("cause", "peer"); }));
            QVERIFY2(group[other].said("peer_rank", "2"), group[other].progress().back().text.c_str());
            QVERIFY2(!group[other].isOver(), "it waits for whoever decides about the group");
        }
        for (const int other : {0, 1}) { // nobody does: they end by themselves
            QVERIFY(group[other].isOver(20));
            QCOMPARE(group[other].result().status, protocol::StepStatus::Error);
            QVERIFY(becomesTrue(2, [&] { return !lives(group[other].pid()); }));
        }
    }

    void whoeverDoesNotComeIsMissed()
    {
        SKIP_WITHOUT_GLOO();
        Group group(3, kLong, 2);
        QVERIFY2(group.ranks.size() == 3, group[0].isOver() ? group[0].result().reason.c_str() : "rank 0 does not listen");
        for (const int here : {0, 1}) {
            QVERIFY(becomesTrue(15, [&] { return group[here].said("cause", "peer"); }));
            QVERIFY(group[here].said("name", "rendezvous") || group[here].said("name", "connect"));
        }
        QVERIFY(group[0].said("peer_rank", "2"));
        QVERIFY2(group[0].progress().back().text.find("only 1 of 2 other ranks came") != std::string::npos, group[0].progress().back().text.c_str());
    }

    void aRootThatIsGoneIsNamed()
    {
        SKIP_WITHOUT_GLOO();
        Group group(2, kLong);
        QVERIFY2(group.ranks.size() == 2, group[0].isOver() ? group[0].result().reason.c_str() : "rank 0 does not listen");
        QVERIFY(becomesTrue(30, [&] { return group.measures(); }));
        ::kill(group[0].pid(), SIGKILL);
        QVERIFY(becomesTrue(10, [&] { return group[1].said("cause", "peer"); }));
        QVERIFY2(group[1].said("peer_rank", "0"), group[1].progress().back().text.c_str());
    }

    void nobodyAtTheRootsAddress()
    {
        SKIP_WITHOUT_GLOO();
        auto parameters = kLong;
        parameters["stage_deadline"] = "1";
        parameters.merge(protocol::Parameters{{"role", "member"}, {"rank", "1"}, {"size", "2"}, {"token", kGroupToken}, {"root", "127.0.0.1"}, {"port", "1"}});
        GroupRank alone(parameters);
        QVERIFY(alone.isOver(15));
        const auto result = alone.result();
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("cannot reach rank 0 at 127.0.0.1 port 1") != result.reason.npos, result.reason.c_str());
        QCOMPARE(alone.last("peer_rank"), std::string("0"));
    }

    /// The program ends with whoever started it, and is good for nothing by hand.
    void theProgramEndsWithItsStandardInput()
    {
        SKIP_WITHOUT_GLOO();
        QTemporaryDir folder;
        std::string problem;
        bool forbidden = false;
        const auto program = unpackParts(collectiveParts(), folder.path().toStdString() + "/parts", problem, forbidden);
        QVERIFY2(!program.empty(), problem.c_str());
        QProcess process;
        process.start(QString::fromStdString(program.string()), QStringList());
        process.write(R"({"type":"start-step","step":"s","check":"host.collective","deadline_seconds":60,"params":{"role":"root","rank":"0","size":"2","token":"0123456789abcdef"}})"
                      "\n");
        QVERIFY(process.waitForReadyRead(10000));
        QVERIFY2(process.readAllStandardOutput().contains("collective.listening"), process.readAllStandardError().constData());
        QFile arguments("/proc/" + QString::number(process.processId()) + "/cmdline");
        QVERIFY(arguments.open(QIODevice::ReadOnly));
        QVERIFY(!arguments.readAll().contains("0123456789abcdef"));
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished(5000));
        QProcess byHand;
        byHand.start(QString::fromStdString(program.string()), QStringList());
        byHand.closeWriteChannel();
        QVERIFY(byHand.waitForFinished(5000));
        QCOMPARE(byHand.exitCode(), 2);
    }
};

QTEST_GUILESS_MAIN(TestFaults)
#include "test_faults.moc"
