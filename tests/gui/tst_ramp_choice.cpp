// SPDX-License-Identifier: GPL-3.0-or-later
// How load comes onto many nodes, set and seen in the window: the widgets are the real ones, the nodes are in memory.
#include "gui/app/workbench.h"
#include "gui/models/run_views.h"
#include "gui/pages/run/plan_column.h"
#include "gui/pages/run/progress_band.h"
#include "gui/pages/run/ramp_choice.h"
#include "gui/pages/run/run_page.h"
#include "gui/theme/theme_controller.h"
#include "gui/widgets/segmented_control.h"
#include "tests/gui/support/fake_world.h"
#include "tests/gui/support/window_tools.h"

#include <QAbstractButton>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTest>

using namespace seatrial;
using namespace seatrial::gui;
using gui::test::button;
using gui::test::FakeWorld;

namespace {

constexpr auto own = RampSetting::Way::Own;
constexpr auto off = RampSetting::Way::Off;

QLineEdit& stepsOf(QWidget& parent) { return *parent.findChild<QLineEdit*>(QStringLiteral("rampSteps")); }
QLineEdit& pauseOf(QWidget& parent) { return *parent.findChild<QLineEdit*>(QStringLiteral("rampPause")); }
QLabel& wordsOf(QWidget& parent) { return *parent.findChild<QLabel*>(QStringLiteral("rampWords")); }

void choose(QWidget& parent, RampSetting::Way way)
{
    auto* control = parent.findChild<RampChoice*>()->findChild<SegmentedControl*>();
    QTest::mouseClick(control->segment(static_cast<int>(way)), Qt::LeftButton);
}

void type(QLineEdit& field, const QString& text)
{
    field.setFocus();
    field.selectAll();
    QTest::keyClick(&field, Qt::Key_Delete);
    QTest::keyClicks(&field, text);
}

QString bandOf(Workbench& window) { return window.findChild<ProgressBand*>()->accessibleName(); }

} // namespace

class TestRampInWindow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        test::useOwnSettings(QStringLiteral("ramp"));
        m_themes = std::make_unique<ThemeController>();
    }
    void init() { QSettings().clear(); }

    void choicesAreSaidForTheChosenNodes_data()
    {
        QTest::addColumn<int>("way");
        QTest::addColumn<QString>("steps");
        QTest::addColumn<int>("nodes");
        QTest::addColumn<QString>("words");
        const QString usual = QStringLiteral("12.5,25,50,100");
        QTest::newRow("automatic") << 0 << usual << 64 << "8 nodes first, then 16, 32 and all 64, 10 s apart.";
        QTest::newRow("automatic, few") << 0 << usual << 16 << "All 16 nodes are loaded at once; in steps from 17 nodes on.";
        QTest::newRow("own") << 1 << "1,100" << 300 << "3 nodes first, then all 300, 10 s apart.";
        QTest::newRow("own, few") << 1 << usual << 3 << "1 node first, then 2 and all 3, 10 s apart.";
        QTest::newRow("own, one step") << 1 << "100" << 64 << "All 64 nodes are loaded at once.";
        QTest::newRow("off") << 2 << usual << 64 << "All 64 nodes begin to burn in the same second, which may trip the power of a row.";
        QTest::newRow("off, few") << 2 << usual << 8 << "All 8 nodes are loaded at once.";
        QTest::newRow("one node") << 1 << usual << 1 << "One node is loaded at once.";
        QTest::newRow("no load") << 0 << usual << 0 << "";
    }
    void choicesAreSaidForTheChosenNodes()
    {
        QFETCH(int, way);
        QFETCH(QString, steps);
        QFETCH(int, nodes);
        QFETCH(QString, words);
        RampChoice choice;
        choice.setNodes(static_cast<std::size_t>(nodes));
        choice.set({static_cast<RampSetting::Way>(way), steps, {}});
        QCOMPARE(wordsOf(choice).text(), words);
        QVERIFY(choice.terms());
        QCOMPARE(choice.terms()->pauseSeconds, 10.);
    }

    void badValuesAreRefusedInWords()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        openRunPage(window, world);
        choose(window, own);
        QVERIFY(stepsOf(window).isVisible() && pauseOf(window).isVisible());
        type(stepsOf(window), QStringLiteral("50"));
        QCOMPARE(wordsOf(window).text(), QStringLiteral("'50' is no ramp: give growing percentages that end with 100, like 12.5,25,50,100, or off"));
        QCOMPARE(stepsOf(window).accessibleDescription(), wordsOf(window).text());
        QVERIFY(!window.runPage().canStart() && !button(window, QStringLiteral("Start run"))->isEnabled());
        QVERIFY2(bandOf(window).startsWith(QStringLiteral("Not ready: how load comes onto the nodes. '50' is no ramp")), qPrintable(bandOf(window)));
        QVERIFY2(stepsOf(window).hasFocus(), "what is wrong does not take the field away");
        QTest::keyClicks(&stepsOf(window), QStringLiteral(",100"));
        QVERIFY(window.runPage().canStart() && button(window, QStringLiteral("Start run"))->isEnabled());
        type(pauseOf(window), QStringLiteral("3601"));
        QCOMPARE(wordsOf(window).text(), QStringLiteral("'3601' is no pause between two steps: give seconds from 0 to 3600"));
        QVERIFY(stepsOf(window).accessibleDescription().isEmpty() && !pauseOf(window).accessibleDescription().isEmpty());
        QVERIFY(!window.runPage().canStart());
        choose(window, off); // nothing of it counts then
        QVERIFY(!stepsOf(window).isVisible() && !pauseOf(window).isVisible());
        QVERIFY(window.runPage().canStart());
    }

    void inALowWindowTheWordsAreScrolledTo()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        openRunPage(window, world);
        window.resize(1100, 600);
        choose(window, own);
        type(stepsOf(window), QStringLiteral("50"));
        const auto& words = wordsOf(window);
        QTRY_COMPARE(words.visibleRegion().boundingRect().height(), words.height());
        QVERIFY(stepsOf(window).hasFocus());
    }

    void keysAloneSetIt()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        openRunPage(window, world);
        auto* control = window.findChild<RampChoice*>()->findChild<SegmentedControl*>();
        control->segment(0)->setFocus(Qt::TabFocusReason);
        QTest::keyClick(control->segment(0), Qt::Key_Right);
        QCOMPARE(control->currentIndex(), 1);
        QTest::keyClick(window.focusWidget(), Qt::Key_Tab);
        QVERIFY(stepsOf(window).hasFocus());
        QTest::keyClick(&stepsOf(window), Qt::Key_Tab);
        QVERIFY(pauseOf(window).hasFocus());
        for (QWidget* widget : {static_cast<QWidget*>(control->segment(0)), static_cast<QWidget*>(&stepsOf(window)), static_cast<QWidget*>(&pauseOf(window))})
            QVERIFY2(widget->accessibleName().contains(QStringLiteral("amp")), qPrintable(widget->accessibleName()));
    }

    void theEstimateHasTheRamp()
    {
        FakeWorld world;
        world.addNodes(2, 10);
        Workbench window(world.tools(), *m_themes);
        openRunPage(window, world);
        choose(window, off);
        auto& plan = window.runPage().plan();
        QTRY_VERIFY(plan.estimate() > 0);
        const double flat = plan.estimate();
        choose(window, own);
        QTRY_COMPARE(plan.estimate(), flat + 3 * 10);
        type(pauseOf(window), QStringLiteral("100"));
        QTRY_COMPARE(plan.estimate(), flat + 3 * 100);
    }

    void theTermsReachTheRunAndItSaysHowFarItIs()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        for (int rack = 1; rack <= 2; ++rack) {
            for (int node = 1; node <= 4; ++node)
                world.node(QStringLiteral("r%1-n0%2").arg(rack).arg(node)).behaviour.stepSeconds = 0.4;
        }
        Workbench window(world.tools(), *m_themes);
        QStringList said;
        collect(window, said);
        openRunPage(window, world);
        choose(window, own);
        type(stepsOf(window), QStringLiteral("25,100"));
        type(pauseOf(window), QStringLiteral("1.5"));
        QTest::mouseClick(button(window, QStringLiteral("Start run")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(bandOf(window).contains(QStringLiteral("Load: 25 % of nodes, next step in ")), 10'000);
        QVERIFY2(!stepsOf(window).isEnabled(), "of a run in work it is only shown");
        QVERIFY(loadedNow(window) <= 2);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 30'000);
        QVERIFY(heard(said, QStringLiteral("in steps, 25 % of them first")));
        QVERIFY(heard(said, QStringLiteral("extended to 100 %")));
        QCOMPARE(window.session().snapshot()->verdict->count(domain::Verdict::Qualified), 8);
        QTRY_VERIFY2(!window.findChild<RampChoice*>()->isVisible(), "how it was in a run that is over is not known");
        QTest::mouseClick(button(window, QStringLiteral("New run")), Qt::LeftButton);
        QVERIFY(stepsOf(window).isEnabled());
        QCOMPARE(stepsOf(window).text(), QStringLiteral("25,100"));
    }

    void withoutARampAllAreLoadedAtOnce()
    {
        FakeWorld world;
        world.addNodes(1, 18);
        for (int node = 1; node <= 18; ++node)
            world.node(QStringLiteral("r1-n%1").arg(node, 2, 10, QLatin1Char('0'))).behaviour.stepSeconds = 0.3;
        Tools tools = world.tools();
        tools.ramp = {}; // as it is for people: automatic would be in steps
        Workbench window(std::move(tools), *m_themes);
        QStringList said;
        collect(window, said);
        openRunPage(window, world);
        QVERIFY(window.runPage().plan().ramp().terms()->applies(18));
        choose(window, off);
        QTest::mouseClick(button(window, QStringLiteral("Start run")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().isLive(), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 30'000);
        QVERIFY(!heard(said, QStringLiteral("in steps")));
        QCOMPARE(window.session().snapshot()->verdict->count(domain::Verdict::Qualified), 18);
    }

    void aContinuedRunTakesThemToo()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        for (int node = 1; node <= 4; ++node)
            world.node(QStringLiteral("r1-n0%1").arg(node)).behaviour.stepSeconds = 1;
        Workbench window(world.tools(), *m_themes);
        QStringList said;
        collect(window, said);
        openRunPage(window, world);
        window.runPage().plan().ramp().set({own, QStringLiteral("50,100"), QStringLiteral("3600")});
        QTest::mouseClick(button(window, QStringLiteral("Start run")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().snapshot() && loadedNow(window) > 0, 10'000);
        QTest::mouseClick(button(window, QStringLiteral("Detach")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 10'000);
        QTRY_VERIFY(button(window, QStringLiteral("Continue this run")));
        choose(window, own);
        type(stepsOf(window), QStringLiteral("fifty"));
        QVERIFY(!button(window, QStringLiteral("Continue this run"))->isEnabled());
        type(stepsOf(window), QStringLiteral("50,100"));
        QVERIFY(stepsOf(window).hasFocus());
        type(pauseOf(window), QStringLiteral("0.3"));
        said.clear();
        QTest::mouseClick(button(window, QStringLiteral("Continue this run")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(heard(said, QStringLiteral("extended to 100 %")), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 30'000);
        QCOMPARE(window.session().snapshot()->verdict->count(domain::Verdict::Qualified), 4);
    }

    void lossesAreSaid()
    {
        FakeWorld world;
        world.addNodes(1, 2);
        world.node(QStringLiteral("r1-n01")).behaviour.stepSeconds = 5;
        Workbench window(world.tools(), *m_themes);
        openRunPage(window, world);
        QTest::mouseClick(button(window, QStringLiteral("Start run")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().snapshot() && loadedNow(window) > 0, 10'000);
        auto picture = std::make_shared<campaign::Snapshot>(*window.session().snapshot());
        picture->ramp = campaign::RampProgress{0.125, 0, true, false};
        window.runPage().setViews(makeRunViews(picture, {}));
        QVERIFY2(bandOf(window).contains(QStringLiteral("Load: 12.5 % of nodes, waits for lost ones")), qPrintable(bandOf(window)));
        picture->ramp = campaign::RampProgress{0.5, 0, false, true};
        window.runPage().setViews(makeRunViews(picture, {}));
        QVERIFY2(bandOf(window).contains(QStringLiteral("Load stays on 50 % of nodes: too many died")), qPrintable(bandOf(window)));
        window.session().cancel(QStringLiteral("seen"));
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 20'000);
    }

    void itIsRemembered_data()
    {
        QTest::addColumn<int>("way");
        QTest::addColumn<QString>("steps");
        QTest::addColumn<QString>("pause");
        QTest::newRow("own") << 1 << "5,100" << "2.5";
        QTest::newRow("off") << 2 << "12.5,25,50,100" << "10";
        QTest::newRow("automatic, slower") << 0 << "12.5,25,50,100" << "60";
    }
    void itIsRemembered()
    {
        QFETCH(int, way);
        QFETCH(QString, steps);
        QFETCH(QString, pause);
        FakeWorld world;
        const RampSetting setting{static_cast<RampSetting::Way>(way), steps, pause};
        {
            Workbench window(world.tools(), *m_themes);
            window.restoreLook(true);
            window.show();
            window.runPage().plan().ramp().set(setting);
            window.close();
        }
        Workbench window(world.tools(), *m_themes);
        window.restoreLook(true);
        QVERIFY(window.runPage().plan().ramp().setting() == setting);
    }

    void whatCannotBeUsedIsNotRemembered()
    {
        QSettings settings;
        settings.beginGroup(QStringLiteral("window"));
        settings.setValue(QStringLiteral("ramp"), QStringLiteral("own"));
        settings.setValue(QStringLiteral("rampSteps"), QString(1'000'000, QLatin1Char('1')));
        settings.setValue(QStringLiteral("rampPause"), QStringLiteral("soon"));
        settings.sync();
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.restoreLook(true);
        const auto& ramp = window.runPage().plan().ramp();
        QVERIFY(ramp.terms() && ramp.problem().isEmpty());
        QVERIFY(ramp.setting() == (RampSetting{own, QStringLiteral("12.5,25,50,100"), QStringLiteral("10")}));
    }

private:
    static void openRunPage(Workbench& window, FakeWorld& world)
    {
        window.resize(1440, 900);
        window.show();
        window.activateWindow();
        window.openInventory(world.inventory());
        window.wantPage(QStringLiteral("run"));
        QTRY_VERIFY(window.runPage().plan().isChosen());
        QTRY_COMPARE(window.currentPage(), QStringLiteral("run"));
        QVERIFY(QTest::qWaitForWindowActive(&window));
    }

    static void collect(Workbench& window, QStringList& said)
    {
        connect(&window.session(), &Session::logAppended, &window, [&said](const std::vector<campaign::LogLine>& lines) {
            for (const auto& line : lines)
                said << QString::fromStdString(line.text);
        });
    }

    static bool heard(const QStringList& said, const QString& words)
    {
        return std::ranges::any_of(said, [&](const QString& line) { return line.contains(words); });
    }

    static int loadedNow(Workbench& window)
    {
        const auto& nodes = window.session().snapshot()->nodes;
        return static_cast<int>(std::ranges::count_if(nodes, [](const auto& node) { return node.phase == campaign::NodePhase::Working; }));
    }

    std::unique_ptr<ThemeController> m_themes;
};

QTEST_MAIN(TestRampInWindow)
#include "tst_ramp_choice.moc"
