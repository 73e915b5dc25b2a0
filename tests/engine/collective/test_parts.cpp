// SPDX-License-Identifier: GPL-3.0-or-later
// What needs no other rank: what is carried, on which nodes it runs, what is sent, how addresses are packed.
#include "engine/checks/collective/host_collective.h"
#include "engine/collective/content.h"
#include "engine/collective/rendezvous.h"
#include "tests/engine/checks/collector.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <numeric>
#include <unistd.h>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::engine::collective;
using namespace seatrial::tests;

namespace {

const CollectiveParts kYoung{{{"program", "#!/bin/sh\n"}}, "2.36"};

/// What all ranks have to get of an operation, worked out the slow way.
std::vector<std::vector<std::uint32_t>> slowly(const Stage &stage, int ranks, std::uint32_t round)
{
    const auto shape = shapeOf(stage, ranks);
    std::vector<std::vector<std::uint32_t>> in(std::size_t(ranks), std::vector<std::uint32_t>(shape.input)), out = in;
    for (int rank = 0; rank < ranks; ++rank)
        Content(stage, shape, rank, ranks).fill(in[std::size_t(rank)], round);
    const auto sum = [&](std::uint64_t place) {
        float all = 0;
        for (const auto &one : in)
            all += std::bit_cast<float>(one[place]);
        return std::bit_cast<std::uint32_t>(all);
    };
    for (int rank = 0; rank < ranks; ++rank) {
        auto &mine = out[std::size_t(rank)];
        mine.assign(shape.output, 0);
        const auto own = std::uint64_t(rank) * shape.share;
        for (std::uint64_t i = 0; i < shape.output; ++i) {
            const auto from = std::size_t(i / shape.share);
            switch (stage.operation) {
            case Operation::AllReduce:
            case Operation::Reduce: mine[i] = sum(i); break;
            case Operation::ReduceScatter: mine[i] = sum(own + i); break;
            case Operation::AllGather: mine[i] = in[from][i % shape.share]; break;
            case Operation::AllToAll: mine[i] = in[from][own + i % shape.share]; break;
            case Operation::Broadcast: mine[i] = in[0][i]; break;
            case Operation::SendRecv: mine[i] = in[std::size_t((rank + ranks - 1) % ranks)][i]; break;
            }
        }
    }
    return out;
}

constexpr Operation kAll[] = {Operation::AllReduce, Operation::AllGather, Operation::ReduceScatter, Operation::Broadcast,
                              Operation::Reduce,    Operation::AllToAll,  Operation::SendRecv};

} // namespace

class TestParts : public QObject
{
    Q_OBJECT

private slots:
    void versionsAreCompared_data()
    {
        QTest::addColumn<QString>("needed");
        QTest::addColumn<QString>("here");
        QTest::addColumn<bool>("runs");
        QTest::newRow("the same") << "2.36" << "2.36" << true;
        QTest::newRow("younger") << "2.36" << "2.41" << true;
        QTest::newRow("older") << "2.36" << "2.31" << false;
        QTest::newRow("no decimals") << "2.36" << "2.4" << false;
        QTest::newRow("a point release") << "2.2.5" << "2.17" << true;
        QTest::newRow("older by a point release") << "2.36.1" << "2.36" << false;
        QTest::newRow("a next world") << "2.36" << "3.0" << true;
        QTest::newRow("no number") << "2.36" << "musl" << false;
    }
    void versionsAreCompared()
    {
        QFETCH(QString, needed);
        QFETCH(QString, here);
        QFETCH(bool, runs);
        const auto refusal = libcRefusal(needed.toStdString(), here.toStdString());
        QCOMPARE(refusal, runs ? std::string() : "needs glibc " + needed.toStdString() + ", this node has " + here.toStdString());
    }

    void anOldNodeIsWaived()
    {
        Collector collector;
        const auto result = HostCollective(HostCollective::Fault::None, kYoung, "2.31").run(contextFor(collector));
        QCOMPARE(result.status, protocol::StepStatus::Waived);
        QCOMPARE(result.waiver, protocol::Waiver::NotPresent);
        QVERIFY2(result.reason.find("needs glibc 2.36, this node has 2.31") != result.reason.npos, result.reason.c_str());
    }

    void withoutGlooIsWaived()
    {
        static const CollectiveParts none;
        Collector collector;
        const auto result = HostCollective(HostCollective::Fault::None, none).run(contextFor(collector));
        QCOMPARE(result.status, protocol::StepStatus::Waived);
        QVERIFY2(result.reason.find("built without Gloo") != result.reason.npos, result.reason.c_str());
    }

    void aFolderWithoutProgramsIsWaived()
    {
        QTemporaryDir folder;
        if (geteuid() != 0 || QProcess::execute("mount", {"-t", "tmpfs", "-o", "noexec,size=1m", "tmpfs", folder.path()}) != 0)
            QSKIP("a folder where programs may not run takes root and mount");
        Collector collector;
        auto context = contextFor(collector, {{"role", "root"}, {"rank", "0"}, {"size", "2"}, {"token", "0123456789abcdef"}});
        context.workFolder = folder.path().toStdString();
        const auto result = HostCollective(HostCollective::Fault::None, kYoung, "2.36").run(context);
        QProcess::execute("umount", {folder.path()});
        QCOMPARE(result.status, protocol::StepStatus::Waived);
        QCOMPARE(result.waiver, protocol::Waiver::NotPermitted);
        QVERIFY2(result.reason.find("noexec") != result.reason.npos, result.reason.c_str());
    }

    void aFullDiskIsAnError()
    {
        Collector collector;
        auto context = contextFor(collector, {{"role", "root"}, {"rank", "0"}, {"size", "2"}, {"token", "0123456789abcdef"}});
        context.workFolder = "/proc/self";
        const auto result = HostCollective(HostCollective::Fault::None, kYoung, "2.36").run(context);
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("/proc/self") != result.reason.npos, result.reason.c_str());
    }

    void theProgramAndItsLibrariesAreCarried()
    {
        const auto &all = collectiveParts();
        if (all.parts.empty())
            QSKIP("built without Gloo: libgloo-dev is missing");
        QCOMPARE(std::string(all.parts.front().name), std::string("seatrial-collective"));
        bool gloo = false;
        for (const auto &part : all.parts) {
            QVERIFY2(part.bytes.starts_with("\177ELF"), std::string(part.name).c_str());
            QVERIFY(!part.name.starts_with("libc.so") && !part.name.starts_with("ld-linux"));
            gloo = gloo || part.name.starts_with("libgloo.so");
        }
        QVERIFY(gloo);
        QVERIFY2(libcRefusal("2.4", all.needsLibc).empty() && !libcRefusal(all.needsLibc, "2.4").empty(), std::string(all.needsLibc).c_str());
    }

    void whatAPlanMayNotSay_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        for (const auto &[name, value] : {std::pair{"operations", "all_reduce,gather"}, {"operations", ""}, {"bytes", "0"}, {"bytes", "8,"}, {"bytes", "99999999999"},
                                          {"bytes", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"}, {"seconds", "0"}, {"iterations_most", "0"}, {"stage_deadline", "nan"}})
            QTest::addRow("%s %s", name, value) << name << value;
    }
    void whatAPlanMayNotSay()
    {
        QFETCH(QString, name);
        QFETCH(QString, value);
        const auto refusal = HostCollective().refusal({{name.toStdString(), value.toStdString()}});
        QVERIFY2(refusal.starts_with("parameter " + name.toStdString() + " is \"" + value.toStdString() + "\": expected "), refusal.c_str());
    }

    void theScheduleHasToSayItAll()
    {
        const protocol::Parameters whole{{"role", "member"}, {"rank", "1"}, {"size", "2"}, {"token", "0123456789abcdef"}, {"root", "127.0.0.1"}, {"port", "1"}};
        for (const auto &[name, value] : whole) {
            auto parameters = whole;
            parameters.erase(name);
            Options options(parameters);
            Job::ofSchedule(options);
            QVERIFY2(options.bad(), name.c_str());
        }
        for (const auto &[name, value] : std::vector<std::pair<std::string, std::string>>{{"rank", "2"}, {"rank", "0"}, {"size", "1"}, {"size", "99999"}, {"token", "short"}, {"port", "70000"}, {"role", "king"}}) {
            auto parameters = whole;
            parameters[name] = value;
            Options options(parameters);
            Job::ofSchedule(options);
            QVERIFY2(options.bad(), (name + ' ' + value).c_str());
        }
        Options options(whole);
        const auto job = Job::ofSchedule(options);
        QCOMPARE(options.problem(), std::string());
        const auto told = job.parameters();
        Options again(told);
        QCOMPARE(Job::ofSchedule(again).parameters(), told);
        QCOMPARE(job.stages.size(), 21u);
        QCOMPARE(job.stageName(2), std::string("all_reduce of 8 B"));
        QCOMPARE(job.stageName(4), std::string("all_reduce of 8 MiB"));
        QCOMPARE(job.stageName(job.lastStage()), std::string("done"));
    }

    /// The factors of nccl-tests (all_reduce.cu, all_gather.cu and so on).
    void figuresAreThoseOfNcclTests()
    {
        const auto factor = [](Operation operation) { return shapeOf({operation, 1 << 20}, 8).busFactor; };
        QCOMPARE(factor(Operation::AllReduce), 1.75);
        QCOMPARE(factor(Operation::AllGather), 0.875);
        QCOMPARE(factor(Operation::ReduceScatter), 0.875);
        QCOMPARE(factor(Operation::AllToAll), 0.875);
        QCOMPARE(factor(Operation::Broadcast), 1.0);
        QCOMPARE(factor(Operation::Reduce), 1.0);
        QCOMPARE(factor(Operation::SendRecv), 1.0);
        for (const auto operation : kAll)
            QCOMPARE(shapeOf({operation, 1 << 20}, 8).bytes(), std::uint64_t(1 << 20));
        QCOMPARE(shapeOf({Operation::AllGather, 8}, 8).bytes(), std::uint64_t(32)); // one element a rank is the least
        QCOMPARE(shapeOf({Operation::AllReduce, 9}, 8).bytes(), std::uint64_t(12));
    }

    void whatHasToArriveIsWhatWasGiven_data()
    {
        QTest::addColumn<int>("operation");
        QTest::addColumn<int>("ranks");
        for (const auto operation : kAll) {
            for (const int ranks : {2, 3, 8, 64})
                QTest::addRow("%s of %d", std::string(nameOf(operation)).c_str(), ranks) << int(operation) << ranks;
        }
    }
    void whatHasToArriveIsWhatWasGiven()
    {
        QFETCH(int, operation);
        QFETCH(int, ranks);
        const Stage stage{Operation(operation), 1000};
        const auto shape = shapeOf(stage, ranks);
        auto right = slowly(stage, ranks, 7);
        const auto other = slowly(stage, ranks, 8);
        for (int rank = 0; rank < ranks; ++rank) {
            auto &output = right[std::size_t(rank)];
            const Content content(stage, shape, rank, ranks);
            QCOMPARE(content.wrong(output, 7), 0u);
            if (content.looked() == 0)
                continue; // nothing arrives here
            const auto stale = content.wrong(other[std::size_t(rank)], 7);
            QVERIFY2(stale * 10 >= output.size() * 9 || output.size() < 20, "what was left from another round is not noticed");
            for (const std::size_t place : {std::size_t(0), output.size() / 2, output.size() - 1}) {
                const auto kept = output[place];
                for (const int bit : {0, 13, 22, 31}) {
                    output[place] = kept ^ (1u << bit);
                    QCOMPARE(content.wrong(output, 7), 1u);
                    QCOMPARE(content.firstWrong(output, 7), std::optional(std::uint64_t(place)));
                }
                output[place] = kept;
            }
        }
    }

    void piecesOfOtherRanksAreWrong()
    {
        const Stage stage{Operation::AllGather, 4096};
        const auto shape = shapeOf(stage, 4);
        auto output = slowly(stage, 4, 0)[0];
        std::swap_ranges(output.begin(), output.begin() + std::ptrdiff_t(shape.share), output.begin() + std::ptrdiff_t(2 * shape.share));
        QVERIFY(Content(stage, shape, 0, 4).wrong(output, 0) > shape.share);
    }

    void addressesArePacked()
    {
        Addresses addresses(5, std::vector<char>(136, 'a'));
        addresses[1].clear(); // this rank's own
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            if (i != 1)
                addresses[i][3] = char('0' + i);
        }
        const auto bytes = packed(addresses);
        QVERIFY2(bytes.size() < 136 + 12 + 5 + 1, qPrintable(QString::number(bytes.size())));
        const auto back = unpacked(bytes, 5);
        QVERIFY(back && back->size() == 5);
        for (std::size_t i = 0; i < addresses.size(); ++i)
            QVERIFY(i == 1 || (*back)[i] == addresses[i]);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            QVERIFY(!unpacked(std::string_view(bytes).substr(0, size), 5));
        QVERIFY(!unpacked(bytes, 4) && !unpacked(bytes + 'x', 5) && !unpacked(std::string(200, '\377'), 5));
    }
};

QTEST_GUILESS_MAIN(TestParts)
#include "test_parts.moc"
