// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/memory/host_memory_pattern.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"
#include "tests/engine/checks/collector.h"

#include <QTest>

#include <set>
#include <thread>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

constexpr quint64 MiB = 1 << 20;
const protocol::Parameters quick{{"max_bytes", "4194304"}, {"seconds", "20"}};

/// Breaks @p word after the first sweep that wrote the pattern named.
PatternTamper breaking(const std::string &pattern, std::size_t word, std::uint64_t bits)
{
    return [=](const PatternSweep &last, std::span<std::uint64_t> words) {
        if (last.write && last.write->name() == pattern)
            words[word] ^= bits;
    };
}

} // namespace

class TestMemoryPattern : public QObject
{
    Q_OBJECT

private slots:
    void howMuchIsTested_data()
    {
        QTest::addColumn<quint64>("available");
        QTest::addColumn<quint64>("headroom"); ///< 0: none
        QTest::addColumn<double>("share");
        QTest::addColumn<quint64>("most");
        QTest::addColumn<quint64>("bytes");
        QTest::addColumn<QString>("bound");
        QTest::newRow("half") << 24000 * MiB << quint64(0) << 0.5 << quint64(0) << 12000 * MiB << "share";
        QTest::newRow("nearly all, but a floor") << 4000 * MiB << quint64(0) << 0.9 << quint64(0) << 2720 * MiB << "floor";
        QTest::newRow("control group") << 24000 * MiB << 1000 * MiB << 0.5 << quint64(0) << 500 * MiB << "cgroup";
        QTest::newRow("parameter") << 24000 * MiB << quint64(0) << 0.5 << 100 * MiB << 100 * MiB << "parameter";
        QTest::newRow("the node is full") << 1000 * MiB << quint64(0) << 0.5 << quint64(0) << quint64(0) << "floor";
    }
    void howMuchIsTested()
    {
        QFETCH(quint64, available);
        QFETCH(quint64, headroom);
        QFETCH(double, share);
        QFETCH(quint64, most);
        PatternFacts facts{25600 * MiB, available, available, {}, share, most};
        if (headroom > 0)
            facts.cgroupHeadroom = headroom;
        const auto plan = planPattern(facts);
        QTEST(quint64(plan.bytes), "bytes");
        QTEST(QString::fromStdString(plan.bound), "bound");
        QCOMPARE(quint64(plan.floorBytes), 1280 * MiB);
        QCOMPARE(plan.problem.empty(), plan.bytes > 0);
    }

    void memoryOfOtherNodesIsNotCounted()
    {
        const auto plan = planPattern({25600 * MiB, 24000 * MiB, 1000 * MiB, {}, 0.5, 0});
        QCOMPARE(quint64(plan.bytes), 500 * MiB);
        QCOMPARE(plan.bound, std::string("nodes"));
    }

    void everyPatternIsCheckedAfterItIsWritten()
    {
        const auto round = patternRound(1);
        QVERIFY(!round.front().check && round.front().write && round.back().check && !round.back().write);
        std::set<std::string> names;
        for (std::size_t i = 1; i < round.size(); ++i) {
            QCOMPARE(round[i].check->name(), round[i - 1].write->name());
            names.insert(round[i].check->name());
        }
        for (const auto *name : {"address in address", "address in address, inverted", "all zeros", "all zeros, inverted", "checkerboard",
                                 "random words", "random words, inverted", "walking ones, shift 0", "walking zeros, shift 56"})
            QVERIFY2(names.contains(name), name);
        QVERIFY(std::any_of(round.begin(), round.end(), [](auto &sweep) { return sweep.downwards; }));
    }

    void everyBitOfAWordIsBothOneAndZero()
    {
        // Over a round each bit of a word is written 0 and 1, and changes in both directions.
        const auto round = patternRound(3);
        for (const std::uint64_t index : {0ull, 5ull, 4097ull}) {
            std::uint64_t ones = 0, zeros = 0, rises = 0, falls = 0;
            for (const auto &sweep : round) {
                if (!sweep.write)
                    continue;
                const auto now = sweep.write->word(index);
                ones |= now;
                zeros |= ~now;
                if (sweep.check) {
                    rises |= now & ~sweep.check->word(index);
                    falls |= ~now & sweep.check->word(index);
                }
            }
            QVERIFY(~ones == 0 && ~zeros == 0 && ~rises == 0 && ~falls == 0);
        }
    }

    void whatIsWrittenIsFoundAgain()
    {
        for (const auto &sweep : patternRound(9)) {
            if (!sweep.write)
                continue;
            std::vector<std::uint64_t> words(512);
            sweep.write->write(words, 1024);
            QVERIFY2(!sweep.write->firstWrong(words, 1024), sweep.write->name().c_str());
            QCOMPARE(words[7], sweep.write->word(1031));
            words[300] ^= std::uint64_t(1) << 63;
            QCOMPARE(sweep.write->firstWrong(words, 1024).value_or(0), std::size_t(300));
        }
    }

    void testsThisMachine()
    {
        Collector collector;
        const auto result = HostMemoryPattern().run(contextFor(collector, quick));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        QCOMPARE(collector.value("pattern_bytes", "node").value_or(0), double(4 * MiB));
        QCOMPARE(collector.value("pattern_miscompares", "node").value_or(-1), 0.);
        QCOMPARE(collector.value("pattern_sweeps", "node").value_or(0), double(patternRound(0).size()));
        const auto rate = collector.measurement("pattern_rate", "node");
        QVERIFY(rate && rate->value > 0.01);
        QCOMPARE(rate->parameters.at("stopped_by"), std::string("rounds"));
        for (const auto *name : {"locked", "pages", "size_bound", "threads"})
            QVERIFY2(rate->parameters.contains(name), name);
    }

    void aWrongBitIsFoundWithItsAddress_data()
    {
        QTest::addColumn<QString>("pattern");
        for (const auto *pattern : {"address in address", "all zeros, inverted", "checkerboard", "random words", "walking ones, shift 24"})
            QTest::newRow(pattern) << pattern;
    }
    void aWrongBitIsFoundWithItsAddress()
    {
        QFETCH(QString, pattern);
        bool done = false;
        const auto breaks = breaking(pattern.toStdString(), 123456, std::uint64_t(1) << 17);
        const HostMemoryPattern check([&](const PatternSweep &last, std::span<std::uint64_t> words) {
            if (!done && last.write && last.write->name() == pattern.toStdString()) {
                done = true;
                breaks(last, words);
            }
        });
        Collector collector;
        const auto result = check.run(contextFor(collector, quick));
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QVERIFY2(result.reason.starts_with("memory is wrong at byte offset 987648 (virtual address 0x"), result.reason.c_str());
        QVERIFY2(result.reason.find(pattern.toStdString() + " left 0x") != std::string::npos, result.reason.c_str());
        QVERIFY2(result.reason.find(", bit 17 flipped, seen by CPU ") != std::string::npos, result.reason.c_str());
        QVERIFY2(result.reason.ends_with("; read again it was still wrong, written anew it was right"), result.reason.c_str());
        const auto events = collector.events("memory.miscompare");
        QCOMPARE(events.size(), std::size_t(1));
        QCOMPARE(events[0].parameters.at("offset"), std::string("987648"));
        QCOMPARE(events[0].parameters.at("flipped"), hexText(std::uint64_t(1) << 17));
        QCOMPARE(collector.value("pattern_miscompares", "node").value_or(0), 1.);
    }

    void aBadModuleIsNoFlood()
    {
        const HostMemoryPattern check([](const PatternSweep &last, std::span<std::uint64_t> words) {
            for (std::size_t i = 0; last.write && i < words.size(); i += 64)
                words[i] |= 1;
        });
        Collector collector;
        const auto result = check.run(contextFor(collector, quick));
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QCOMPARE(collector.events("memory.miscompare").size(), PatternRun::mostKept);
        QCOMPARE(collector.events("memory.miscompares").size(), std::size_t(1));
        QVERIFY(collector.value("pattern_miscompares", "node").value_or(0) > 10000);
    }

    void whatKindOfErrorItIs()
    {
        using Nature = Miscompare::Nature;
        QCOMPARE(natureOf(5, 5, 5), Nature::Read);
        QCOMPARE(natureOf(5, 4, 5), Nature::Stored);
        QCOMPARE(natureOf(5, 4, 4), Nature::Stuck);
        std::uint64_t word = 4;
        QCOMPARE(examine(&word, 5), Nature::Stored);
        QCOMPARE(word, 5ull);
        QCOMPARE(examine(&word, 5), Nature::Read);
    }

    void bitsAreNamedWhileTheyAreFew()
    {
        Miscompare wrong;
        wrong.expected = 0xff;
        wrong.found = 0xfe;
        QCOMPARE(wrong.bits(), std::string("bit 0"));
        wrong.found = 0x7e;
        QCOMPARE(wrong.bits(), std::string("bits 0, 7"));
        wrong.found = ~std::uint64_t(0xff);
        QCOMPARE(wrong.bits(), std::string("64 bits"));
    }

    void physicalAddressesOnlyForThePrivileged()
    {
        alignas(8) static std::uint64_t word = 1;
        const auto at = physicalAddress(std::uint64_t(reinterpret_cast<std::uintptr_t>(&word)));
        if (at)
            QCOMPARE(*at % 4096, std::uint64_t(reinterpret_cast<std::uintptr_t>(&word)) % 4096);
        QVERIFY(!physicalAddress(8)); // nothing is there
    }

    void memoryThatRunsShortIsLetGo()
    {
        Team team({0});
        PatternRun run(team, 4 * MiB, "/", ~std::uint64_t(0) >> 1); // so much is never available
        const auto result = run.run(1, 1000, 60, nullptr, {});
        QCOMPARE(result.stoppedBy, std::string_view("memory"));
        QVERIFY(result.sweeps < patternRound(0).size());
    }

    void tooLittleTimeIsNoPass()
    {
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "0.1"}, {"max_bytes", "4194304"}, {"rounds", "1000000"}});
        context.deadlineSeconds = 1e-9;
        const auto result = HostMemoryPattern().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("could not be written and read back once") != std::string::npos, result.reason.c_str());
    }

    void stopsWithinASecond()
    {
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "100"}, {"max_bytes", "134217728"}, {"rounds", "1000000"}});
        context.deadlineSeconds = 1000;
        std::atomic<bool> stop = false;
        context.stop = &stop;
        double told = 0;
        std::jthread teller([&] {
            sleepUnlessStopped(0.2, nullptr);
            told = monotonicSeconds();
            stop = true;
        });
        QCOMPARE(HostMemoryPattern().run(context).status, protocol::StepStatus::Error);
        QVERIFY(monotonicSeconds() - told < 1);
    }

    void refusesWhereAJobRuns()
    {
        Collector collector;
        auto context = contextFor(collector, quick);
        context.sysroot = sysroot("slurm-node");
        context.allowBusy = false;
        QCOMPARE(HostMemoryPattern().run(context).waiver, protocol::Waiver::NotPermitted);
    }

    void noRoomIsAnErrorWithNumbers()
    {
        Collector collector;
        auto context = contextFor(collector);
        context.sysroot = sysroot("nothing");
        const auto result = HostMemoryPattern().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("0 bytes of memory are available") != std::string::npos, result.reason.c_str());
    }
};

QTEST_GUILESS_MAIN(TestMemoryPattern)
#include "test_memory_pattern.moc"
