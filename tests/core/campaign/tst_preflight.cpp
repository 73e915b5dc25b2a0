// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/preflight_text.h"
#include "tests/support/fake_fleet.h"
#include "tests/support/link_tools.h"
#endif

#include <QTest>

#include <mutex>

using namespace seatrial;
using namespace seatrial::campaign;
using namespace seatrial::tests;
using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

using Change = std::function<void(FakeSurvey &)>;

struct Case {
    const char *name;
    Change change;
    std::string rung;
    RungState state;
    std::string found;
    RungState after; ///< of the step behind it
};

Failure failure(Stage stage, FailureKind kind, const std::string &what)
{
    return {stage, kind, what, "looking", "do something"};
}

Change wayEnds(std::size_t passed, Stage stage, FailureKind kind, const std::string &what)
{
    return [=](FakeSurvey &survey) {
        survey.way.resize(passed);
        survey.wayFails = failure(stage, kind, what);
    };
}

Change noAnswer(const std::string &question, FailureKind kind)
{
    return [=](FakeSurvey &survey) { survey.failures[question] = failure(Stage::Preflight, kind, "no answer to " + question); };
}

const std::vector<Case> &cases()
{
    using enum RungState;
    static const std::vector<Case> all{
        {"name unknown", wayEnds(0, Stage::Resolve, FailureKind::NotFound, "no such name"), "resolve", Failed, "no such name (tried: looking)", NotReached},
        {"node is off", wayEnds(1, Stage::Connect, FailureKind::Broken, "no route"), "tcp", Failed, "no route", NotReached},
        {"no SSH server", wayEnds(2, Stage::Connect, FailureKind::Unsupported, "this is no SSH server"), "banner", Failed, "this is no SSH", NotReached},
        {"no common cipher", wayEnds(3, Stage::Connect, FailureKind::Unsupported, "no algorithm"), "host key", Failed, "no algorithm", NotReached},
        {"host key changed", wayEnds(3, Stage::HostKey, FailureKind::Changed, "another key"), "host key", Failed, "another key", NotReached},
        {"login refused", wayEnds(4, Stage::Login, FailureKind::Refused, "not this key"), "login", Failed, "not this key", NotReached},
        {"shell does not answer", noAnswer("shell", FailureKind::Timeout), "shell", Failed, "no answer to shell", NotReached},
        {"shell garbles", [](FakeSurvey &survey) { survey.shell.garbled = "two blanks"; }, "shell", Failed, "other words than it was given: two blanks", NotReached},
        {"shell is noisy", [](FakeSurvey &survey) { survey.shell.noise = {3, "Welcome"}; }, "shell", Warned,
         "the login shell prints 3 lines before our output (\"Welcome\"): harmless", Passed},
        {"one line of noise", [](FakeSurvey &survey) { survey.shell.noise = {1, "Hi"}; }, "shell", Warned, "prints 1 line before", Passed},
        {"other machine", [](FakeSurvey &survey) { survey.machine = {"aarch64", "Linux", "glibc 2.36", "the engine is built for x86_64", "build it"}; }, "machine",
         Failed, "aarch64, Linux, glibc 2.36: the engine is built for x86_64", Passed},
        {"machine does not answer", noAnswer("machine", FailureKind::Broken), "machine", Failed, "no answer", Passed},
        {"machine goes away", noAnswer("machine", FailureKind::Lost), "machine", Failed, "no answer", NotReached},
        {"no space", [](FakeSurvey &survey) { survey.room = {{}, "2 MB free, 70 MB needed", "make room", true, {}}; }, "space", Failed, "70 MB needed", NotReached},
        {"little space", [](FakeSurvey &survey) { survey.room.probe.freeBytes = 100e6; }, "space", Warned, "100 MB free, 1000000 inodes: little", Passed},
        {"few inodes", [](FakeSurvey &survey) { survey.room.freeInodes = 12; }, "space", Warned, "12 inodes: few files", Passed},
        {"no inodes counted", [](FakeSurvey &survey) { survey.room.freeInodes.reset(); }, "space", Passed, "50 GB free", Passed},
        {"noexec everywhere", [](FakeSurvey &survey) { survey.room = {{}, "/tmp: mounted noexec", "name a folder", false, {}}; }, "folder", Failed, "noexec", Passed},
        {"a folder passed over", [](FakeSurvey &survey) { survey.room.probe.refused = {"/var/tmp: mounted noexec"}; }, "folder", Passed,
         "/var/tmp/seatrial-1000 (passed over: /var/tmp: mounted noexec)", Passed},
        {"processes die", [](FakeSurvey &survey) { survey.loginEndsProcesses = true; survey.noScope = "no systemd-run"; }, "survival", Warned,
         "was gone at the next login; no systemd-run: runs work here only while somebody is attached", NotPresent},
        {"processes die in a scope too", [](FakeSurvey &survey) { survey.loginEndsProcesses = true; }, "survival", Warned, "one in a user scope was as well", NotPresent},
        {"a scope outlives", [](FakeSurvey &survey) { survey.loginEndsProcesses = survey.scopeOutlives = true; }, "survival", Warned, "runs use one", NotPresent},
        {"a scope cannot be tried", [](FakeSurvey &survey) { survey.loginEndsProcesses = true; survey.failures["scope"] = failure(Stage::Preflight, FailureKind::Timeout, "no answer to it"); },
         "survival", Warned, "was gone at the next login; no answer to it: runs work here only while somebody is attached", NotPresent},
        {"survival cannot be tried", noAnswer("survival", FailureKind::Timeout), "survival", Warned, "it could not be tried", NotPresent},
        {"no driver for its GPUs", [](FakeSurvey &survey) { survey.driver = {"", 0, 8, ""}; }, "driver", Warned, "8 NVIDIA GPUs are there, but no driver", Passed},
        {"a driver", [](FakeSurvey &survey) { survey.driver = {"535.104.05", 8, 8, ""}; }, "driver", Passed, "NVIDIA driver 535.104.05, 8 GPUs", Passed},
        {"a GPU is missing", [](FakeSurvey &survey) { survey.driver = {"535.104.05", 7, 8, ""}; }, "driver", Warned, "7 GPUs, but 8 on the bus", Passed},
        {"the driver hangs", [](FakeSurvey &survey) { survey.driver = {"535.104.05", 8, 8, "nvidia-smi did not answer for 8 s"}; }, "driver", Warned, "did not answer", Passed},
        {"no GPU", [](FakeSurvey &) {}, "driver", NotPresent, "none: host checks only", Passed},
        {"clock is behind", [](FakeSurvey &survey) { survey.clock = {-63, 0.01}; }, "clock", Warned, "63 s behind this computer's", Passed},
        {"clock cannot be told", [](FakeSurvey &survey) { survey.clock = {3, 2.5}; }, "clock", Passed, "3 s ahead of", Passed},
        {"clock does not answer", noAnswer("clock", FailureKind::Broken), "clock", Failed, "no answer", Passed},
    };
    return all;
}

} // namespace

class TestPreflight : public QObject
{
    Q_OBJECT

    FixedAnswer m_questions;
    std::atomic<bool> m_cancelled = false;

    std::vector<Ladder> climb(FakeFleet &fleet, const std::vector<std::string> &names, const std::function<void(const Ladder &)> &told = [](const Ladder &) {})
    {
        const domain::Fleet nodes = fleetOf(names, false);
        return preflight(fleet, fleet, m_questions, nodes.nodes, 8, told, m_cancelled);
    }

private slots:
    void init() { m_cancelled = false; }

    void healthy()
    {
        FakeFleet fleet;
        fleet.add("n01");
        int told = 0;
        const auto ladders = climb(fleet, {"n01"}, [&](const Ladder &) { ++told; });
        QCOMPARE(ladders.size(), std::size_t(1));
        QCOMPARE(ladders[0].state(), RungState::Passed);
        QVERIFY(told > 12); // after every step
        for (std::size_t i = 0; i < rungNames().size(); ++i)
            QCOMPARE(ladders[0].rungs[i].name, rungNames()[i]);
        QCOMPARE(fleet.node("n01").logins.load(), 2); // one to leave a process, one to look for it
        QCOMPARE(fleet.node("n01").links.load(), 0);
    }

    void eachStepFails_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i)
            QTest::newRow(cases()[i].name) << static_cast<int>(i);
    }
    void eachStepFails()
    {
        QFETCH(int, index);
        const Case &test = cases()[static_cast<std::size_t>(index)];
        FakeFleet fleet;
        test.change(fleet.add("n01").behaviour.survey);
        const Ladder ladder = climb(fleet, {"n01"}).front();
        QVERIFY(ladder.over);
        const auto step = static_cast<std::size_t>(std::ranges::find(rungNames(), test.rung) - rungNames().begin());
        const Rung &rung = ladder.rungs[step];
        QVERIFY2(rung.state == test.state && rung.found.find(test.found) != std::string::npos, (rungStateText(rung.state) + ": " + rung.found).c_str());
        QVERIFY(rung.state != RungState::Failed || !rung.remedy.empty());
        for (std::size_t before = 0; before < step; ++before)
            QVERIFY(ladder.rungs[before].state == RungState::Passed || ladder.rungs[before].state == RungState::NotPresent || (test.rung == "folder" && rungNames()[before] == "space"));
        if (step + 1 < ladder.rungs.size())
            QCOMPARE(rungStateText(ladder.rungs[step + 1].state), rungStateText(test.after));
        const auto overall = test.state == RungState::Passed || test.state == RungState::NotPresent ? RungState::Passed : test.state;
        QCOMPARE(rungStateText(ladder.state()), rungStateText(overall));
    }

    void aSecondLoginThatFailsIsSaid()
    {
        FakeFleet fleet;
        auto &node = fleet.add("n01");
        // The way is there for the first login only.
        const auto told = [&](const Ladder &ladder) {
            if (ladder.rungs[5].state == RungState::Passed)
                node.behaviour.survey.wayFails = failure(Stage::Login, FailureKind::Refused, "once an hour");
        };
        const Ladder ladder = climb(fleet, {"n01"}, told).front();
        QCOMPARE(ladder.state(), RungState::Failed);
        QVERIFY2(ladder.rungs[9].found.find("the second login failed: once an hour") != std::string::npos, ladder.rungs[9].found.c_str());
        QCOMPARE(ladder.rungs[10].state, RungState::NotReached);
    }

    void manyAtOnceBounded()
    {
        FakeFleet fleet;
        std::vector<std::string> names;
        for (int i = 1; i <= 200; ++i) {
            names.push_back("n" + std::to_string(i));
            auto &behaviour = fleet.add(names.back()).behaviour;
            if (i % 10 == 0)
                behaviour.survey.wayFails = failure(Stage::Login, FailureKind::Refused, "no");
        }
        std::set<std::string> inWork;
        std::size_t most = 0;
        const auto told = [&](const Ladder &ladder) { // one call at a time: no lock
            if (ladder.over)
                inWork.erase(ladder.node.text());
            else
                inWork.insert(ladder.node.text());
            most = std::max(most, inWork.size());
        };
        const auto ladders = climb(fleet, names, told);
        QCOMPARE(ladders.size(), std::size_t(200));
        QVERIFY(most <= 8);
        for (std::size_t i = 0; i < names.size(); ++i) {
            QCOMPARE(ladders[i].node.text(), names[i]);
            QCOMPARE(ladders[i].state(), (i + 1) % 10 == 0 ? RungState::Failed : RungState::Passed);
        }
    }

    void whoSaysTheSameIsToldTogether()
    {
        FakeFleet fleet;
        for (const auto *name : {"n01", "n02", "n03", "n04", "n05"})
            fleet.add(name);
        for (const auto *name : {"n03", "n05"}) {
            auto &survey = fleet.node(name).behaviour.survey;
            survey.way.resize(1);
            survey.wayFails = failure(Stage::Connect, FailureKind::Timeout, std::string(name) + " (10.0.0." + name + ":22): no answer for 10 s");
        }
        fleet.node("n04").behaviour.survey.shell.noise = {2, "Hello"};
        const std::string text = ladderTexts(climb(fleet, {"n01", "n02", "n03", "n04", "n05"}));
        QVERIFY2(text.find("n[01-02]: all steps passed, slowest") != std::string::npos, text.c_str());
        QVERIFY2(text.find("n[03,05]: not ready, slowest") != std::string::npos, text.c_str());
        QVERIFY2(text.find("  no answer for 10 s (tried: looking)\n") != std::string::npos, text.c_str());
        QVERIFY2(text.find("next: do something") != std::string::npos, text.c_str());
        QVERIFY2(text.find("n04: ready, with warnings") != std::string::npos, text.c_str());
        const std::string alone = ladderTexts(climb(fleet, {"n01"}));
        QCOMPARE(std::ranges::count(alone, '\n'), std::ptrdiff_t(rungNames().size() + 1));
    }

    void stopLeavesTheRestUnreached()
    {
        FakeFleet fleet;
        fleet.add("n01");
        fleet.add("n02");
        const auto ladders = climb(fleet, {"n01", "n02"}, [&](const Ladder &ladder) { m_cancelled = m_cancelled || ladder.rungs[6].state == RungState::Passed; });
        QCOMPARE(ladders[0].state(), RungState::NotReached);
        for (const auto &rung : ladders[0].rungs)
            QVERIFY(rung.state != RungState::InWork && rung.state != RungState::Failed);
    }
};

QTEST_GUILESS_MAIN(TestPreflight)
#include "tst_preflight.moc"
