// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/gpu/digests.h"
#include "engine/checks/gpu/rounds.h"
#include "engine/checks/gpu/tasks.h"
#include "engine/measure/clock.h"

#include <QTest>
#undef emit // a macro of Qt, and a word of ours

#include <csignal>
#include <set>

#include <unistd.h>

using namespace seatrial;
using namespace seatrial::engine;
using protocol::StepStatus;

namespace {

constexpr Patience short_{.stall = 3, .total = 20, .grace = 0.3, .afterKill = 5};

struct Heard {
    std::vector<protocol::Body> bodies;
    Child::Take take() { return [this](protocol::Body body) { bodies.push_back(std::move(body)); }; }
    std::vector<protocol::Event> events(const std::string &code) const
    {
        std::vector<protocol::Event> found;
        for (const auto &body : bodies) {
            if (const auto *event = std::get_if<protocol::Event>(&body); event && event->code == code)
                found.push_back(*event);
        }
        return found;
    }
};

/// Says a figure and ends well.
CheckResult wellDone(ChildSide &side, double value = 1)
{
    if (!side.waitForTurn(nullptr))
        return CheckResult::error("no turn came");
    side.stage("the figure");
    protocol::Measurement one;
    one.metric = "figure";
    one.value = value;
    side.out().emit(one);
    return CheckResult::completed();
}

std::vector<TaskEnd> run(std::vector<Task> tasks, Heard &heard, Order order = Order::SideBySide, Patience patience = short_)
{
    return runTasks(std::move(tasks), order, patience, nullptr, heard.take());
}

} // namespace

class TestGpuTasks : public QObject
{
    Q_OBJECT

private slots:
    void recordsComeWholeAndInOrder()
    {
        const auto many = [](ChildSide &side) {
            if (!side.waitForTurn(nullptr))
                return CheckResult::error("no turn came");
            for (int i = 0; i < 500; ++i) {
                protocol::Event event;
                event.code = "many";
                event.text = std::string(300, 'x');
                event.subject = std::to_string(i);
                side.out().emit(event);
            }
            return CheckResult::completed();
        };
        Heard heard;
        const auto ends = run({{"gpu/0", many}, {"gpu/1", many}}, heard);
        QCOMPARE(conclude(ends).status, StepStatus::Completed);
        const auto events = heard.events("many");
        QCOMPARE(events.size(), std::size_t(1000));
        std::map<std::string, int> seen;
        int last = -1, other = -1;
        for (const auto &event : events) { // two rising series, one in the other
            const int number = std::stoi(event.subject);
            (number == last + 1 ? last : other) = number;
            ++seen[event.subject];
            QCOMPARE(event.text.size(), std::size_t(300));
        }
        QCOMPARE(seen.size(), std::size_t(500));
    }

    void oneThatDiesCostsItselfAlone()
    {
        const auto dies = [](ChildSide &side) -> CheckResult {
            side.stage("allocating arrays");
            side.repetition(3);
            ::raise(SIGSEGV);
            return CheckResult::completed();
        };
        Heard heard;
        const auto ends = run({{"gpu/0", [](ChildSide &side) { return wellDone(side); }}, {"gpu/1", dies}, {"gpu/2", [](ChildSide &side) { return wellDone(side); }}}, heard);
        QCOMPARE(ends[0].result.status, StepStatus::Completed);
        QCOMPARE(ends[2].result.status, StepStatus::Completed);
        QVERIFY(ends[1].kind == TaskEnd::Kind::Died);
        QCOMPARE(ends[1].result.reason, std::string("gpu/1: its process died during repetition 3 of allocating arrays: it was ended by SIGSEGV (Segmentation fault)"));
        const auto said = heard.events("gpu.died");
        QCOMPARE(said.size(), std::size_t(1));
        QCOMPARE(said[0].subject, std::string("gpu/1"));
        QCOMPARE(said[0].parameters.at("stage"), std::string("repetition 3 of allocating arrays"));
        const auto end = conclude(ends);
        QCOMPARE(end.status, StepStatus::Error);
        QVERIFY2(end.reason.ends_with("; the other 2 went well"), end.reason.c_str());
    }

    void oneThatEndsWithoutAWordDied()
    {
        Heard heard;
        const auto ends = run({{"gpu/0", [](ChildSide &) -> CheckResult { ::_exit(3); }}}, heard);
        QCOMPARE(ends[0].result.reason, std::string("gpu/0: its process died during its start: it ended with exit status 3 without a result"));
    }

    void oneThatHangsIsEnded_data()
    {
        QTest::addColumn<bool>("deaf");
        QTest::newRow("hears TERM") << false;
        QTest::newRow("does not hear TERM") << true;
    }
    void oneThatHangsIsEnded()
    {
        QFETCH(bool, deaf);
        const auto hangs = [deaf](ChildSide &side) -> CheckResult {
            ::signal(SIGTERM, deaf ? SIG_IGN : SIG_DFL);
            if (!side.waitForTurn(nullptr))
                return CheckResult::error("no turn came");
            side.stage("the warm-up of triad");
            while (true)
                ::pause();
        };
        Heard heard;
        const double began = monotonicSeconds();
        const auto ends = run({{"gpu/0", [](ChildSide &side) { return wellDone(side); }}, {"gpu/1", hangs}}, heard);
        QVERIFY(monotonicSeconds() - began < 15);
        QCOMPARE(ends[0].result.status, StepStatus::Completed);
        QVERIFY(ends[1].kind == TaskEnd::Kind::Hung);
        QCOMPARE(ends[1].stage, std::string("the warm-up of triad"));
        QVERIFY2(ends[1].result.reason.find(deaf ? "SIGKILL" : "SIGTERM") != std::string::npos, ends[1].result.reason.c_str());
        QCOMPARE(heard.events("gpu.hung").size(), std::size_t(1));
        QCOMPARE(conclude(ends).status, StepStatus::Error);
    }

    void whoMovesDoesNotHang()
    {
        const auto slow = [](ChildSide &side) {
            if (!side.waitForTurn(nullptr))
                return CheckResult::error("no turn came");
            for (std::uint64_t i = 1; i <= 30; ++i) {
                side.repetition(i);
                ::usleep(50'000);
            }
            return CheckResult::completed();
        };
        Heard heard;
        Patience patience = short_;
        patience.stall = 1.2;
        QCOMPARE(conclude(run({{"gpu/0", slow}}, heard, Order::SideBySide, patience)).status, StepStatus::Completed);
    }

    void oneByOneMeansThat()
    {
        // Each says when it begins and ends: nobody else's word may come between.
        const auto alone = [](ChildSide &side) {
            if (!side.waitForTurn(nullptr))
                return CheckResult::error("no turn came");
            for (const char *code : {"begin", "end"}) {
                protocol::Event event;
                event.code = "mark";
                event.text = code;
                side.out().emit(event);
                ::usleep(60'000);
            }
            return CheckResult::completed();
        };
        Heard heard;
        QCOMPARE(conclude(run({{"gpu/0", alone}, {"gpu/1", alone}, {"gpu/2", alone}}, heard, Order::OneByOne)).status, StepStatus::Completed);
        const auto marks = heard.events("mark");
        QCOMPARE(marks.size(), std::size_t(6));
        for (std::size_t i = 0; i < marks.size(); ++i)
            QCOMPARE(marks[i].text, std::string(i % 2 == 0 ? "begin" : "end"));
    }

    void aStopEndsAllSoon()
    {
        std::atomic<bool> stop = true;
        Heard heard;
        const auto waits = [](ChildSide &side) -> CheckResult {
            ::signal(SIGTERM, SIG_DFL);
            side.stage("x");
            while (true)
                ::pause();
        };
        const auto ends = runTasks({{"gpu/0", waits}, {"gpu/1", waits}}, Order::SideBySide, short_, &stop, heard.take());
        QVERIFY(ends[0].kind == TaskEnd::Kind::Stopped && ends[1].kind == TaskEnd::Kind::Stopped);
        QCOMPARE(conclude(ends).status, StepStatus::Error);
        QVERIFY(heard.events("gpu.died").empty());
    }

    void theTimeOfTheStepIsKept()
    {
        Heard heard;
        Patience patience = short_;
        patience.total = 0.5;
        patience.stall = 30;
        const auto busy = [](ChildSide &side) -> CheckResult {
            ::signal(SIGTERM, SIG_DFL);
            for (std::uint64_t i = 1;; ++i) {
                side.repetition(i);
                ::usleep(1000);
            }
        };
        const auto ends = run({{"gpu/0", busy}}, heard, Order::SideBySide, patience);
        QVERIFY(ends[0].kind == TaskEnd::Kind::OutOfTime);
        QVERIFY2(ends[0].result.reason.find("the time of the step was over") != std::string::npos, ends[0].result.reason.c_str());
    }

    void whatAStepComesTo()
    {
        const auto end = [](CheckResult result) { return TaskEnd{"gpu/x", TaskEnd::Kind::Answered, std::move(result), {}}; };
        const auto well = end(CheckResult::completed());
        QCOMPARE(conclude({well, end(CheckResult::failed("a")), end(CheckResult::error("b"))}).status, StepStatus::Failed);
        QCOMPARE(conclude({well, end(CheckResult::failed("a")), end(CheckResult::error("b"))}).reason, std::string("a; b; the other 1 went well"));
        QCOMPARE(conclude({well, end(CheckResult::error("b"))}).status, StepStatus::Error);
        QCOMPARE(conclude({well, end(CheckResult::notPresent("c"))}).status, StepStatus::Completed);
        QCOMPARE(conclude({end(CheckResult::notPresent("c"))}).waiver, protocol::Waiver::NotPresent);
        QCOMPARE(conclude({well, end(CheckResult::notPermitted("in use"))}).waiver, protocol::Waiver::NotPermitted);
    }

    void everyPairOnceAndNobodyTwiceARound_data()
    {
        QTest::addColumn<int>("count");
        for (const int count : {0, 1, 2, 3, 4, 7, 8, 16})
            QTest::addRow("%d", count) << count;
    }
    void everyPairOnceAndNobodyTwiceARound()
    {
        QFETCH(int, count);
        std::vector<int> members;
        for (int i = 0; i < count; ++i)
            members.push_back(10 + i);
        std::set<IntPair> pairs;
        for (const auto &round : disjointRounds(members)) {
            std::set<int> busy;
            for (const auto &[a, b] : round) {
                QVERIFY(a < b && busy.insert(a).second && busy.insert(b).second);
                QVERIFY(pairs.insert({a, b}).second);
            }
        }
        QCOMPARE(int(pairs.size()), count * (count - 1) / 2);
    }

    void whoIsOdd()
    {
        QCOMPARE(majorityOf({1, 2, 1}), std::optional<std::uint64_t>(1));
        QCOMPARE(majorityOf({2, 1, 1, 2, 1}), std::optional<std::uint64_t>(1));
        QVERIFY(!majorityOf({1, 2}) && !majorityOf({}) && !majorityOf({1, 2, 3, 1}));
        QVERIFY(oddOnesOut({"gpu/0"}, {5}).empty());
        QVERIFY(oddOnesOut({"gpu/0", "gpu/1"}, {5, 5}).empty());
        const auto odd = oddOnesOut({"gpu/0", "gpu/1", "gpu/2"}, {5, 6, 5});
        QCOMPARE(odd.size(), std::size_t(1));
        QCOMPARE(odd[0].subject, std::string("gpu/1"));
        const auto unclear = oddOnesOut({"gpu/0", "gpu/1"}, {5, 6});
        QCOMPARE(unclear.size(), std::size_t(1));
        QCOMPARE(unclear[0].subject, std::string("node"));
    }
};

QTEST_GUILESS_MAIN(TestGpuTasks)
#include "test_gpu_tasks.moc"
