// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/recent_files.h"
#include "gui/session/session.h"
#include "gui/session/stored_log.h"
#include "gui/session/system_keychain.h"
#include "tests/gui/support/fake_world.h"

#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <cmath>

using namespace seatrial;
using namespace seatrial::gui;
using gui::test::FakeWorld;

class TestSession : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName(QStringLiteral("seatrial-test"));
        QCoreApplication::setApplicationName(QStringLiteral("session"));
        QSettings().clear();
    }

    void oneQuestionAtATimeAndRefusedWhenClosed()
    {
        QuestionDesk desk;
        QSignalSpy asked(&desk, &QuestionDesk::asked);
        std::vector<campaign::HostKeyAnswer> answers(3);
        std::vector<std::thread> askers;
        for (int i = 0; i < 3; ++i)
            askers.emplace_back([&desk, &answers, i] { answers[static_cast<std::size_t>(i)] = desk.ask({domain::NodeId("n" + std::to_string(i)), "h", "t", "f", "k"}); });
        QTRY_COMPARE(asked.size(), 1);
        QTest::qWait(20);
        QCOMPARE(asked.size(), 1);
        desk.answer(campaign::HostKeyAnswer::TrustOnce);
        QTRY_COMPARE(asked.size(), 2);
        desk.close();
        for (auto& asker : askers)
            asker.join();
        QCOMPARE(std::ranges::count(answers, campaign::HostKeyAnswer::TrustOnce), 1);
        QCOMPARE(std::ranges::count(answers, campaign::HostKeyAnswer::Refuse), 2);
        QCOMPARE(desk.ask({}), campaign::HostKeyAnswer::Refuse);
    }

    void bothKindsOfQuestionsWaitInOneLine()
    {
        QuestionDesk desk;
        QSignalSpy hosts(&desk, &QuestionDesk::asked);
        QSignalSpy secrets(&desk, &QuestionDesk::secretAsked);
        std::optional<campaign::SecretAnswer> secret;
        std::optional<campaign::SecretAnswer> late;
        campaign::HostKeyAnswer host = campaign::HostKeyAnswer::Refuse;
        campaign::SecretQuestion question;
        question.subject = "ops";
        question.prompts = {{"Password: ", false}};
        std::thread first([&] { secret = desk.askSecret(question); });
        QTRY_COMPARE(secrets.size(), 1);
        std::thread second([&] { host = desk.ask({domain::NodeId("n1"), "h", "t", "f", "k"}); });
        QTest::qWait(20);
        QCOMPARE(hosts.size(), 0);
        desk.answer(campaign::HostKeyAnswer::TrustAndSave); // not what is asked now
        desk.answer(campaign::SecretAnswer{{"sesame"}, true});
        first.join();
        QVERIFY(secret && secret->texts == std::vector<std::string>{"sesame"} && secret->keep);
        QTRY_COMPARE(hosts.size(), 1);
        desk.answer(campaign::HostKeyAnswer::TrustOnce);
        second.join();
        QCOMPARE(host, campaign::HostKeyAnswer::TrustOnce);
        std::thread third([&] { late = desk.askSecret(question); });
        QTRY_COMPARE(secrets.size(), 2);
        desk.close();
        third.join();
        QVERIFY(!late);
        QVERIFY(!desk.askSecret(question));
    }

    // The question was closed before the window came to show it: nothing appears that nobody waits for.
    void aQuestionClosedBeforeItIsShownIsNotShown()
    {
        QuestionDesk desk;
        QSignalSpy secrets(&desk, &QuestionDesk::secretAsked);
        std::thread asker([&] { desk.askSecret({}); });
        QThread::msleep(50); // without the event loop
        desk.close();
        asker.join();
        QTest::qWait(20);
        QCOMPARE(secrets.size(), 0);
    }

    void withoutAKeychainItSaysWhy()
    {
        const QByteArray bus = qgetenv("DBUS_SESSION_BUS_ADDRESS");
        qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
        SystemKeychain keychain;
        std::atomic<bool> cancelled{false};
        std::atomic<bool> done{false};
        std::optional<std::string> found;
        std::thread reader([&] {
            found = keychain.read("seatrial test", cancelled);
            done = true;
        });
        QTRY_VERIFY_WITH_TIMEOUT(done, 20'000);
        reader.join();
        QVERIFY(!found);
        QVERIFY(!keychain.unavailable().empty());
        // Nobody serves it: a cancel ends the wait.
        std::thread waiter([&] { found = keychain.read("seatrial test", cancelled); });
        cancelled = true;
        waiter.join();
        qputenv("DBUS_SESSION_BUS_ADDRESS", bus);
    }

    void relayHandsOverTheNewestTenTimesASecond()
    {
        RunRelay relay;
        int snapshots = 0;
        std::size_t lines = 0;
        std::shared_ptr<const campaign::Snapshot> last;
        connect(&relay, &RunRelay::snapshotArrived, this, [&](const auto& snapshot) {
            ++snapshots;
            last = snapshot;
        });
        connect(&relay, &RunRelay::linesArrived, this, [&](const auto& said) { lines += said.size(); });
        std::shared_ptr<campaign::Snapshot> final;
        std::thread run([&] {
            for (int i = 0; i < 1000; ++i) {
                final = std::make_shared<campaign::Snapshot>();
                relay.published(final);
                relay.said({double(i), protocol::Severity::Info, {}, "x"});
                std::this_thread::sleep_for(std::chrono::microseconds(500));
            }
        });
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < 600)
            QTest::qWait(5);
        run.join();
        QTRY_COMPARE(lines, 1000U);
        QTRY_VERIFY(last == final);
        QVERIFY2(snapshots <= timer.elapsed() / RunRelay::intervalMilliseconds + 2, qPrintable(QString::number(snapshots)));
    }

    void malformedInventoryNamesThePlace()
    {
        FakeWorld world;
        Session session(world.tools());
        QSignalSpy failed(&session, &Session::failed);
        QString what;
        connect(&session, &Session::failed, this, [&what](Session::Place, const domain::Failure& failure) { what = QString::fromStdString(failure.what); });
        session.openInventory(world.write(QStringLiteral("bad.yaml"), "version: 1\nname: x\nracks:\n  - name: A\n    hight: 3\n"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY2(what.contains(QStringLiteral("bad.yaml:5:")), qPrintable(what));
        QVERIFY(!session.fleet());
    }

    void lookingAtAStoreNeverMakesOne()
    {
        FakeWorld world;
        Session session(world.tools());
        QSignalSpy failed(&session, &Session::failed);
        session.openStore(world.path(QStringLiteral("typo.db")));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(!QFile::exists(world.path(QStringLiteral("typo.db"))));
    }

    void runGoesFromStartToVerdictAndCanBeOpenedAgain()
    {
        FakeWorld world;
        world.addNodes(1, 6);
        world.node(QStringLiteral("r1-n03")).behaviour.bandwidth = 4;
        Session session(world.tools());
        begin(session, world);
        QTRY_VERIFY_WITH_TIMEOUT(session.snapshot() && session.snapshot()->finished, 20'000);
        QTRY_VERIFY(!session.isLive());
        QCOMPARE(session.snapshot()->verdict->count(domain::Verdict::Failed), 1);
        const auto live = session.snapshot();

        Session again(world.tools());
        QSignalSpy opened(&again, &Session::storeOpened);
        again.openStore(world.store());
        QTRY_COMPARE(opened.size(), 1);
        again.openRun({});
        QTRY_VERIFY(again.snapshot());
        QVERIFY(!again.snapshot()->live);
        QCOMPARE(again.snapshot()->data->observations.size(), live->data->observations.size());
        QCOMPARE(again.snapshot()->verdict->count(domain::Verdict::Failed), 1);
        QSignalSpy stream(&again, &Session::streamRead);
        again.readStream(QStringLiteral("r1-n01"));
        QTRY_COMPARE(stream.size(), 1);
        QVERIFY(stream.first()[1].toString().contains(QStringLiteral("\"hello\"")));
    }

    // Two windows on one store: both record at the same time, and who reads it finds each run whole.
    void twoWindowsRecordIntoOneStore()
    {
        FakeWorld first;
        FakeWorld second;
        for (FakeWorld* world : {&first, &second}) {
            world->addNodes(1, 4);
            for (int i = 1; i <= 4; ++i)
                world->node(QStringLiteral("r1-n0%1").arg(i)).behaviour.stepSeconds = 0.4;
        }
        second.node(QStringLiteral("r1-n02")).behaviour.bandwidth = 4; // so that the two differ
        Session one(first.tools());
        Session other(second.tools());
        one.useStore(first.store());
        other.useStore(first.store());
        begin(one, first);
        begin(other, second);
        QVERIFY(one.isLive() && other.isLive());
        for (Session* session : {&one, &other}) {
            QTRY_VERIFY_WITH_TIMEOUT(!session->isLive() && session->snapshot() && session->snapshot()->finished, 20'000);
            QVERIFY(session->snapshot()->data->info.state == domain::RunState::Finished);
        }
        QCOMPARE(one.snapshot()->verdict->count(domain::Verdict::Qualified), 4);
        QCOMPARE(other.snapshot()->verdict->count(domain::Verdict::Failed), 1);
        QVERIFY(one.snapshot()->data->info.id != other.snapshot()->data->info.id);

        Session reader(first.tools());
        std::vector<store::RunSummary> runs;
        connect(&reader, &Session::runsChanged, this, [&runs](const std::vector<store::RunSummary>& seen) { runs = seen; });
        reader.openStore(first.store());
        QTRY_COMPARE(runs.size(), 2U);
        for (const Session* session : {&one, &other}) {
            const auto live = session->snapshot();
            reader.openRun(live->data->info.id);
            QTRY_VERIFY(reader.snapshot() && reader.snapshot()->data->info.id == live->data->info.id);
            const auto stored = reader.snapshot();
            QVERIFY(stored->data->info.state == domain::RunState::Finished);
            QCOMPARE(stored->data->observations.size(), live->data->observations.size());
            QCOMPARE(stored->data->events.size(), live->data->events.size());
            QCOMPARE(stored->verdict->count(domain::Verdict::Failed), live->verdict->count(domain::Verdict::Failed));
        }
    }

    void aWrongClockDoesNotShuffleTheLog_data()
    {
        QTest::addColumn<std::vector<double>>("clock"); // of the node, at its five events
        QTest::newRow("right") << std::vector<double>{1010, 1020, 1030, 1040, 1050};
        QTest::newRow("an hour ahead") << std::vector<double>{4610, 4620, 4630, 4640, 4650};
        QTest::newRow("since 1970") << std::vector<double>{0, 10, 20, 30, 40};
        QTest::newRow("set back in the middle") << std::vector<double>{1010, 1020, 1030, 1005, 1015};
        QTest::newRow("ahead, then right") << std::vector<double>{4610, 4620, 1030, 1040, 1050};
        QTest::newRow("not known") << std::vector<double>{1010, std::nan(""), 1030, 1040, 1050};
    }
    void aWrongClockDoesNotShuffleTheLog()
    {
        QFETCH(std::vector<double>, clock);
        domain::RunData run;
        run.info.startedWall = 1000;
        run.info.finishedWall = 1100;
        run.info.state = domain::RunState::Finished;
        for (std::size_t i = 0; i < clock.size(); ++i) {
            for (const char* node : {"other", "wrong"}) {
                protocol::Event event;
                event.severity = protocol::Severity::Warning;
                event.text = std::to_string(i);
                run.events.push_back({domain::NodeId(node), event, i + 1, node == std::string("wrong") ? clock[i] : 1012. + 10. * double(i)});
            }
        }
        const auto log = storedLog(run);
        QCOMPARE(log.size(), 12U);
        QVERIFY(log.front().nodes.empty() && log.back().nodes.empty()); // begun and over, whatever a node says
        std::string order;
        std::string others;
        for (const auto& line : log) {
            if (!line.nodes.empty())
                (line.nodes.front().text() == "wrong" ? order : others) += line.text;
        }
        QCOMPARE(order, std::string("01234"));
        QCOMPARE(others, std::string("01234"));
        if (QTest::currentDataTag() == std::string("right")) { // nodes whose clocks are right are told side by side
            QVERIFY(log[1].nodes.front().text() == "wrong" && log[2].nodes.front().text() == "other" && log[3].nodes.front().text() == "wrong");
        }
        if (QTest::currentDataTag() == std::string("set back in the middle"))
            QCOMPARE(log[2].nodes.front().text(), std::string("other")); // what was said before the clock was set stays where it was
    }

    void whomAGroupWaitedForStandsInTheLog()
    {
        domain::RunData run;
        run.info.startedWall = 1000;
        run.info.finishedWall = 1100;
        run.info.state = domain::RunState::Finished;
        domain::StepKey key;
        key.step = domain::StepId("groups");
        key.group = 1;
        for (int rank = 0; rank < 3; ++rank) {
            const domain::NodeId node("n0" + std::to_string(rank + 1));
            protocol::Event event{protocol::Severity::Info, "group.progress", key.text(), "node", "gets on", {}};
            event.parameters = {{"rank", std::to_string(rank)}, {"stage", "2"}, {"name", "all_reduce of 8 B"}, {"iteration", rank == 1 ? "4" : "5"}, {"cause", "peer"}};
            run.events.push_back({node, event, 2, 1020.});
            if (rank == 0)
                run.events.push_back({node, {protocol::Severity::Info, "group.listening", key.text(), "node", "listens", {}}, 1, 1010.});
            run.results.push_back({node, key, {key.text(), "host.collective", protocol::StepStatus::Abandoned, protocol::Waiver::None, "ended", 5}});
        }
        const auto log = storedLog(run);
        QCOMPARE(log.size(), 3U); // begun, that, over; how far each rank was is no line
        QCOMPARE(log[1].text, std::string("groups: n02, rank 1, hung in all_reduce of 8 B after iteration 4; the other 2 waited for it"));
        QCOMPARE(log[1].nodes, std::vector{domain::NodeId("n02")});
        QCOMPARE(log[1].wallSeconds, 1020.);
    }

    void aResultOfAGroupStaysWhenAnotherOneIsHelped()
    {
        domain::RunData run;
        domain::PlanStep step;
        step.id = domain::StepId("groups");
        step.scope = domain::Scope::Group;
        run.info.plan.steps = {step};
        run.info.nodes = {domain::NodeId("n01")};
        domain::StepKey key;
        key.step = step.id;
        for (const auto status : {protocol::StepStatus::Completed, protocol::StepStatus::Abandoned}) {
            ++key.group;
            run.results.push_back({domain::NodeId("n01"), key, {key.text(), "host.collective", status, protocol::Waiver::None, "", 1}});
        }
        QVERIFY(campaign::storedSnapshot(run, {})->nodes.front().steps.front() == campaign::StepState::Done);
        run.results.pop_back();
        run.results.front().finished.status = protocol::StepStatus::Abandoned;
        QVERIFY(campaign::storedSnapshot(run, {})->nodes.front().steps.front() == campaign::StepState::Missed);
    }

    void detachedRunIsResumed()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        for (int i = 1; i <= 4; ++i)
            world.node(QStringLiteral("r1-n0%1").arg(i)).behaviour.stepSeconds = 0.4;
        Session session(world.tools());
        begin(session, world);
        QTRY_VERIFY(session.snapshot() && session.snapshot()->stepsDone > 0);
        session.detach();
        QTRY_VERIFY(!session.isLive());
        QTRY_VERIFY(session.snapshot()->data->info.state == domain::RunState::Interrupted);
        session.resume(session.snapshot()->data->info.id, {});
        QTRY_VERIFY_WITH_TIMEOUT(session.snapshot()->finished && session.snapshot()->data->info.state == domain::RunState::Finished, 20'000);
        QCOMPARE(session.snapshot()->verdict->count(domain::Verdict::Qualified), 4);
    }

    void cancelledRunEndsSoon()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        for (int i = 1; i <= 4; ++i)
            world.node(QStringLiteral("r1-n0%1").arg(i)).behaviour.stepSeconds = 0.3;
        Session session(world.tools());
        begin(session, world);
        QTRY_VERIFY(session.snapshot() && session.snapshot()->stepsPlanned > 0);
        session.cancel(QStringLiteral("test"));
        QVERIFY(session.isStopping());
        QTRY_VERIFY_WITH_TIMEOUT(!session.isLive(), 10'000);
        QTRY_VERIFY(session.snapshot()->data->info.state == domain::RunState::Cancelled);
    }

    void recentFilesKeepTheirOrder()
    {
        QSettings().clear();
        rememberFile({RecentFile::Kind::Inventory, QStringLiteral("/a.yaml")});
        rememberFile({RecentFile::Kind::Store, QStringLiteral("/b.db")});
        rememberFile({RecentFile::Kind::Inventory, QStringLiteral("/a.yaml")});
        QCOMPARE(recentFiles().size(), 2);
        QCOMPARE(recentFiles().first().file, QStringLiteral("/a.yaml"));
        forgetFile(recentFiles().first());
        QCOMPARE(recentFiles().size(), 1);
        QCOMPARE(recentFiles().first().kind, RecentFile::Kind::Store);
    }

private:
    void begin(Session& session, FakeWorld& world)
    {
        QSignalSpy fleet(&session, &Session::fleetChanged);
        session.openInventory(world.inventory());
        QTRY_COMPARE(fleet.size(), 1);
        std::vector<domain::Plan> plans;
        connect(&session, &Session::plansRead, this, [&plans](const std::vector<domain::Plan>& read) { plans = read; });
        session.readPlans();
        QTRY_COMPARE(plans.size(), 1U);
        std::vector<domain::NodeId> nodes;
        for (const auto& node : session.fleet()->nodes)
            nodes.push_back(node.id);
        session.begin({plans.front(), nodes, false});
        QTRY_VERIFY(session.isLive() || (session.snapshot() && session.snapshot()->finished));
    }
};

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
