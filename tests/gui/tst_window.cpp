// SPDX-License-Identifier: GPL-3.0-or-later
// The window in daily use: filter, keyboard, nodes by hand, pause, and what it remembers.
#include "gui/app/screenshot.h"
#include "gui/app/workbench.h"
#include "gui/dialogs/add_nodes_dialog.h"
#include "gui/dialogs/command_palette.h"
#include "gui/fleet/counts_strip.h"
#include "gui/fleet/fleet_view.h"
#include "gui/models/fuzzy.h"
#include "gui/models/node_filter.h"
#include "gui/pages/fleet/filter_bar.h"
#include "gui/pages/fleet/filter_help.h"
#include "gui/pages/fleet/fleet_page.h"
#include "gui/pages/node/node_panel.h"
#include "gui/pages/run/run_page.h"
#include "gui/models/run_views.h"
#include "gui/session/inventory_file.h"
#include "gui/session/recent_filters.h"
#include "gui/theme/theme_controller.h"
#include "gui/widgets/notice.h"
#include "tests/gui/support/fake_world.h"
#include "tests/gui/support/window_tools.h"

#include <QAbstractItemView>
#include <QAction>
#include <QButtonGroup>
#include <QClipboard>
#include <QComboBox>
#include <QCompleter>
#include <QContextMenuEvent>
#include <QDockWidget>
#include <QLabel>
#include <QLibraryInfo>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QSignalSpy>
#include <QTest>
#include <QVersionNumber>

using namespace seatrial;
using namespace seatrial::gui;
using gui::test::button;
using gui::test::FakeWorld;

namespace {

QByteArray textOf(const QString& file)
{
    QFile input(file);
    return input.open(QIODevice::ReadOnly) ? input.readAll() : QByteArray();
}

// A key as a person presses it: in the window that is in front.
void press(QWidget& window, Qt::Key key, Qt::KeyboardModifiers modifiers)
{
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, key, modifiers);
}

bool says(const QWidget& parent, const QString& part)
{
    const auto notices = parent.findChildren<Notice*>();
    return std::ranges::any_of(notices, [&](const Notice* notice) { return notice->isVisible() && notice->text().contains(part); });
}

} // namespace

class TestWindow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        test::useOwnSettings(QStringLiteral("window"));
        m_themes = std::make_unique<ThemeController>();
    }
    void init() { QSettings().clear(); }

    void filterIsTypedStepByStep()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        auto& bar = window.fleetPage().filterBar();
        auto* problem = bar.findChild<QLabel*>(QStringLiteral("filterProblem"));
        press(window, Qt::Key_F, Qt::ControlModifier);
        QTRY_VERIFY(bar.field().hasFocus());
        QTest::keyClicks(&bar.field(), QStringLiteral("rack==R2"));
        QVERIFY(problem->isHidden());
        QCOMPARE(matches(window), QStringLiteral("4 of 8 nodes"));
        QTest::keyClicks(&bar.field(), QStringLiteral(" and verdit"));
        QCOMPARE(matches(window), QStringLiteral("4 of 8 nodes")); // it may become a field: the racks wait for the rest
        QTest::keyClicks(&bar.field(), QStringLiteral("=="));
        QVERIFY(!problem->isHidden());
        QVERIFY2(problem->text().startsWith(QStringLiteral("At character 14: there is no field \"verdit\"; did you mean verdict?")), qPrintable(problem->text()));
        QCOMPARE(matches(window), QStringLiteral("4 of 8 nodes")); // what was understood last still holds
        bar.setText(QStringLiteral("rack==R2 and node in r[1-2]-n[01-02]"));
        QVERIFY(problem->isHidden());
        QCOMPARE(matches(window), QStringLiteral("2 of 8 nodes"));
        if (auto* popup = bar.field().completer()->popup())
            popup->hide();
        QTest::keyClick(&bar.field(), Qt::Key_Return);
        QTRY_VERIFY(window.fleetPage().view().hasFocus());
        QCOMPARE(recentFilters(), QStringList(QStringLiteral("rack==R2 and node in r[1-2]-n[01-02]")));
        window.fleetPage().focusFilter();
        QTest::keyClick(&bar.field(), Qt::Key_Escape);
        QCOMPARE(bar.field().text(), QString());
        QCOMPARE(matches(window), QString());
        window.fleetPage().counts().setShownStates({State::NotTested}); // both together
        bar.field().setText(QStringLiteral("rack==R1"));
        QCOMPARE(matches(window), QStringLiteral("4 of 8 nodes"));
        window.fleetPage().counts().setShownStates({State::Failed});
        QVERIFY(matches(window).startsWith(QStringLiteral("No node matches")));
    }

    void filterIsCompleted()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        const auto& fleet = window.fleetPage().view().fleet();
        QVERIFY(filterCompletion(fleet, QStringLiteral("ra")).words.contains(QStringLiteral("rack")));
        QCOMPARE(filterCompletion(fleet, QStringLiteral("rack==")).words, QStringList({QStringLiteral("R1"), QStringLiteral("R2")}));
        QVERIFY(filterCompletion(fleet, QStringLiteral("verdict!=")).words.contains(QStringLiteral("qualified")));
        QCOMPARE(filterCompletion(fleet, QStringLiteral("rack==R1 ")).words, QStringList({QStringLiteral("and"), QStringLiteral("or")}));
        auto& field = window.fleetPage().filterBar().field();
        auto* completer = field.completer();
        completer->setCompletionPrefix(QStringLiteral("verdict!=qualified and rack==r"));
        QCOMPARE(completer->completionCount(), 2);
        completer->setCurrentRow(1);
        QCOMPARE(completer->currentCompletion(), QStringLiteral("verdict!=qualified and rack==R2"));
    }

    void filterIsExplained()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        auto& bar = window.fleetPage().filterBar();
        window.fleetPage().focusFilter();
        QTest::keyClick(&bar.field(), Qt::Key_F1);
        auto* help = bar.findChild<FilterHelp*>();
        QVERIFY(help && help->isVisible());
        for (auto* example : help->findChildren<QPushButton*>())
            QVERIFY2(!NodeFilter::problemOf(example->text()), qPrintable(example->text()));
        QTest::mouseClick(help->findChildren<QPushButton*>().front(), Qt::LeftButton);
        QCOMPARE(window.fleetPage().filterText(), QStringLiteral("rack==R2 and verdict!=qualified"));
    }

    void nodesAreAddedByHandAndTakenBack()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        const QByteArray before = textOf(world.inventory());
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        press(window, Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = window.findChild<AddNodesDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        const auto field = [dialog](const char* name) { return dialog->findChild<QLineEdit*>(QString::fromLatin1(name)); };
        const auto told = [dialog](const QString& part) {
            const auto labels = dialog->findChildren<QLabel*>();
            return std::ranges::any_of(labels, [&](const QLabel* label) { return !label->isHidden() && label->text().contains(part); });
        };
        field("name")->setText(QStringLiteral("r1-n01"));
        QTRY_VERIFY(told(QStringLiteral("there is a node r1-n01 already")));
        field("name")->setText(QStringLiteral("spare[1-3]"));
        field("port")->setText(QStringLiteral("70000"));
        QTRY_VERIFY(told(QStringLiteral("port")) && told(QStringLiteral("65535")));
        field("port")->setText(QStringLiteral("2222"));
        QTRY_VERIFY(told(QStringLiteral("Adds 3 nodes")));
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("add")), Qt::LeftButton);
        QTRY_COMPARE(window.fleetPage().view().fleet().nodeCount(), 11U);
        QTRY_VERIFY(says(window, QStringLiteral("3 nodes added: spare[1-3]")));
        QCOMPARE(window.selection().nodes().size(), 3);
        QVERIFY2(textOf(world.inventory()).startsWith(before), "what was there is there, byte for byte");
        QCOMPARE(*window.session().fleet()->find(domain::NodeId("spare2"))->ssh.port, 2222);
        press(window, Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(window.fleetPage().view().fleet().nodeCount(), 8U);
        QCOMPARE(textOf(world.inventory()), before);
    }

    void aFleetIsBegunByHand()
    {
        FakeWorld world;
        const QString file = world.path(QStringLiteral("begun.yaml"));
        Workbench window(world.tools(), *m_themes);
        window.show();
        press(window, Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = window.findChild<AddNodesDialog*>();
        QVERIFY(dialog);
        dialog->findChild<QLineEdit*>(QStringLiteral("file"))->setText(file);
        dialog->findChild<QLineEdit*>(QStringLiteral("name"))->setText(QStringLiteral("n[1-2]"));
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("add")), Qt::LeftButton);
        QTRY_VERIFY(window.session().fleet());
        QCOMPARE(QString::fromStdString(window.session().fleet()->name), QStringLiteral("begun"));
        QTRY_COMPARE(window.currentPage(), QStringLiteral("fleet"));
        QVERIFY(QFileInfo::exists(file));
        press(window, Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY(!QFileInfo::exists(file));
    }

    void aFileThatSomebodyChangedIsLeftAlone()
    {
        FakeWorld world;
        world.addNodes(1, 2);
        domain::NodeEntry entry;
        entry.name = "x1";
        const auto edit = planAddition(world.inventory(), {}, entry);
        QVERIFY(edit.has_value());
        const QByteArray other = textOf(world.inventory()) + "# changed\n";
        world.write(QStringLiteral("inventory.yaml"), other);
        const auto refused = applyEdit(*edit);
        QVERIFY(!refused && refused.error().kind == domain::FailureKind::Changed);
        QCOMPARE(textOf(world.inventory()), other);
        const auto again = planAddition(world.inventory(), {}, entry);
        QVERIFY(again && applyEdit(*again));
        world.write(QStringLiteral("inventory.yaml"), other);
        QVERIFY(!undoEdit(*again));
        QCOMPARE(textOf(world.inventory()), other);
        QVERIFY(!planAddition(world.path(QStringLiteral("no/such/folder.yaml")), {}, entry));
    }

    void everythingIsFoundByAFewLetters()
    {
        QVERIFY(*fuzzyScore(QStringLiteral("pause"), QStringLiteral("Pause run")) > *fuzzyScore(QStringLiteral("pause"), QStringLiteral("Print a use")));
        QVERIFY(fuzzyScore(QStringLiteral("opst"), QStringLiteral("Open a store…")));
        QVERIFY(!fuzzyScore(QStringLiteral("xyz"), QStringLiteral("Open a store…")));
        FakeWorld world;
        world.addNodes(1, 4);
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        CommandPalette palette(window.commands(), &window);
        palette.show();
        auto* field = palette.findChild<QLineEdit*>();
        auto* list = palette.findChild<QListWidget*>();
        QCOMPARE(list->count(), int(window.commands().size()));
        QTest::keyClicks(field, QStringLiteral("dark th"));
        QCOMPARE(list->item(0)->text(), QStringLiteral("Dark theme"));
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(palette.chosen());
        QCOMPARE(palette.chosen()->text(), QStringLiteral("Dark theme"));
        CommandPalette stop(window.commands(), &window);
        QTest::keyClicks(stop.findChild<QLineEdit*>(), QStringLiteral("stop run"));
        QTest::keyClick(stop.findChild<QLineEdit*>(), Qt::Key_Return);
        QVERIFY2(!stop.chosen() || stop.chosen()->text() != QStringLiteral("Stop run"), "nothing runs, so nothing can be stopped");
    }

    void keysAreUniqueAndEveryCommandHasOne()
    {
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        QMap<QString, QString> seen;
        for (const QAction* action : window.commands()) {
            QVERIFY2(!action->shortcuts().isEmpty(), qPrintable(action->text()));
            for (const QKeySequence& keys : action->shortcuts()) {
                QVERIFY2(!seen.contains(keys.toString()), qPrintable(keys.toString() + QStringLiteral(": ") + seen.value(keys.toString()) + QStringLiteral(", ") + action->text()));
                seen[keys.toString()] = action->text();
            }
        }
        QVERIFY(seen.contains(QStringLiteral("Ctrl+1")) && seen.contains(QStringLiteral("F1")) && seen.contains(QStringLiteral("Ctrl+K")));
    }

    void menuOfANode_data()
    {
        QTest::addColumn<int>("way");
        QTest::newRow("right click") << 0;
        QTest::newRow("menu key") << 1;
        QTest::newRow("Shift+F10") << 2;
    }
    void menuOfANode()
    {
        QFETCH(int, way);
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        auto& view = window.fleetPage().view();
        const auto ref = *findNode(view.fleet(), QStringLiteral("r1-n02"));
        QTRY_VERIFY(view.viewport()->rect().contains(view.nodeRect(ref)));
        view.setCurrent(ref);
        const QPoint place = view.nodeRect(ref).center();
        if (way == 2) {
            QTest::keyClick(&view, Qt::Key_F10, Qt::ShiftModifier);
        } else {
            QContextMenuEvent event(way == 0 ? QContextMenuEvent::Mouse : QContextMenuEvent::Keyboard, place, view.viewport()->mapToGlobal(place));
            QCoreApplication::sendEvent(view.viewport(), &event);
        }
        auto* menu = window.findChild<QMenu*>(QStringLiteral("nodeMenu"));
        QVERIFY(menu);
        QTRY_VERIFY(menu->isVisible());
        QCOMPARE(window.selection().node(), QStringLiteral("r1-n02"));
        const auto trigger = [menu](const QString& text) {
            for (QAction* action : menu->actions()) {
                if (action->text() == text && action->isEnabled())
                    return action->trigger(), true;
            }
            return false;
        };
        QVERIFY(trigger(QStringLiteral("Select the whole rack")));
        QCOMPARE(window.selection().nodes().size(), 4);
        QVERIFY(trigger(QStringLiteral("Copy names as a node set")));
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("r1-n[01-04]"));
        QVERIFY(trigger(QStringLiteral("Copy ssh command")));
        QCOMPARE(QGuiApplication::clipboard()->text().split(QLatin1Char('\n')).front(), QStringLiteral("ssh r1-n01"));
        QVERIFY(trigger(QStringLiteral("Filter to these")));
        QCOMPARE(window.fleetPage().filterText(), QStringLiteral("node in r1-n[01-04]"));
        QCOMPARE(matches(window), QStringLiteral("4 of 8 nodes"));
        QVERIFY(trigger(QStringLiteral("Show in the run")));
        QCOMPARE(window.currentPage(), QStringLiteral("run"));
        menu->close();
    }

    void everyControlIsReachedAndNamed()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        for (const char* page : {"welcome", "fleet", "run"}) {
            window.showPage(QString::fromLatin1(page));
            QCoreApplication::processEvents();
            QSet<QWidget*> reached;
            for (QWidget* at = window.nextInFocusChain(); at != &window; at = at->nextInFocusChain())
                reached << at;
            for (auto* widget : window.findChildren<QWidget*>()) {
                const bool control = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QLineEdit*>(widget) || qobject_cast<QComboBox*>(widget) || qobject_cast<QAbstractItemView*>(widget);
                const bool inside = widget->objectName().startsWith(QStringLiteral("qt_")) || qobject_cast<QLineEdit*>(widget->parentWidget()) || widget->window() != &window;
                if (!control || inside || widget->inherits("QHeaderView") || !widget->isVisible() || !widget->isEnabled())
                    continue;
                const auto* button = qobject_cast<QAbstractButton*>(widget);
                const QString name = !widget->accessibleName().isEmpty() ? widget->accessibleName() : button ? button->text() : QString();
                // Qt: Tab reaches one of a group, the arrows the others.
                const auto group = button && button->group() ? button->group()->buttons() : QList<QAbstractButton*>();
                const bool byArrows = std::ranges::any_of(group, [](const QAbstractButton* each) { return bool(each->focusPolicy() & Qt::TabFocus); });
                const QString who = QStringLiteral("%1: a %2 \"%3\" in a %4").arg(QString::fromLatin1(page), QString::fromLatin1(widget->metaObject()->className()), name, QString::fromLatin1(widget->parentWidget()->metaObject()->className()));
                QVERIFY2(!name.isEmpty(), qPrintable(who));
                if (byArrows || widget->inherits("QTableCornerButton"))
                    continue;
                QVERIFY2(widget->focusPolicy() & Qt::TabFocus, qPrintable(who));
                QVERIFY2(reached.contains(widget), qPrintable(who));
            }
        }
    }

    void pauseAndContinue()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        std::string plan = "version: 1\nname: test\ntitle: Test\ndescription: Many steps\nsteps:\n";
        for (int i = 1; i <= 24; ++i)
            plan += "  - { id: memory" + std::to_string(i) + ", check: host.memory, title: Memory " + std::to_string(i) + ", retests: 0, deadline: 10, expected: 1 }\n";
        world.usePlan(plan);
        for (int i = 1; i <= 4; ++i)
            world.node(QStringLiteral("r1-n0%1").arg(i)).behaviour.stepSeconds = 0.15;
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        press(window, Qt::Key_2, Qt::ControlModifier);
        QTRY_VERIFY(window.runPage().canStart());
        window.runPage().start();
        QTRY_VERIFY(button(window, QStringLiteral("Pause")));
        QTRY_VERIFY(window.session().snapshot() && window.session().snapshot()->stepsDone > 0);
        QTest::mouseClick(button(window, QStringLiteral("Pause")), Qt::LeftButton);
        QTRY_VERIFY(button(window, QStringLiteral("Continue")));
        const auto idle = [&] {
            const auto& nodes = window.session().snapshot()->nodes;
            return std::ranges::all_of(nodes, [](const auto& node) { return node.phase == campaign::NodePhase::Attached; });
        };
        QTRY_VERIFY_WITH_TIMEOUT(idle(), 10'000);
        QVERIFY(window.session().snapshot()->pause);
        QCOMPARE(window.session().snapshot()->pause->by, std::string("tester"));
        const int done = window.session().snapshot()->stepsDone;
        QTest::qWait(600);
        QCOMPARE(window.session().snapshot()->stepsDone, done);
        press(window, Qt::Key_P, Qt::ControlModifier); // the same from the keyboard
        QTRY_VERIFY(button(window, QStringLiteral("Pause")));
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 20'000);
        QCOMPARE(window.session().snapshot()->verdict->count(domain::Verdict::Qualified), 4);
    }

    void whatIsStuckCanBeLookedAtEndedAndDismissed()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        world.usePlan("version: 1\nname: test\ntitle: Test\ndescription: One step\nsteps:\n"
                      "  - { id: memory, check: host.memory, title: Memory, retests: 1, deadline: 30, expected: 0.1 }\n");
        for (const char* slow : {"r1-n02", "r1-n03"})
            world.node(QString::fromLatin1(slow)).behaviour.stepSeconds = 28;
        Workbench window(world.tools(), *m_themes);
        open(window, world);
        press(window, Qt::Key_2, Qt::ControlModifier);
        QTRY_VERIFY(window.runPage().canStart());
        window.runPage().start();
        // Nobody waits here for what takes most of half a minute: the picture says that it is so.
        QTRY_VERIFY_WITH_TIMEOUT(window.session().snapshot() && window.session().snapshot()->stepsDone == 2, 20'000);
        auto stuck = std::make_shared<campaign::Snapshot>(*window.session().snapshot());
        for (auto& node : stuck->nodes)
            node.stuck = node.phase == campaign::NodePhase::Working;
        const auto views = makeRunViews(stuck, {});
        window.runPage().setViews(views);
        QVERIFY(says(window, QStringLiteral("r1-n[02-03]: Memory makes no progress")));
        QTest::mouseClick(button(window, QStringLiteral("Dismiss")), Qt::LeftButton);
        window.runPage().setViews(views);
        QVERIFY2(!says(window, QStringLiteral("makes no progress")), "what was dismissed stays away");
        auto another = std::make_shared<campaign::Snapshot>(*stuck);
        another->nodes[0].stuck = true;
        window.runPage().setViews(makeRunViews(another, {}));
        QVERIFY2(says(window, QStringLiteral("makes no progress")), "until another joins them");
        QTest::mouseClick(button(window, QStringLiteral("Show node")), Qt::LeftButton);
        QCOMPARE(window.currentPage(), QStringLiteral("fleet"));
        QCOMPARE(window.selection().node(), QStringLiteral("r1-n01"));
        press(window, Qt::Key_2, Qt::ControlModifier);
        window.runPage().setViews(makeRunViews(another, {}));
        QTest::mouseClick(button(window, QStringLiteral("End this step")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 15'000);
        QCOMPARE(window.session().snapshot()->verdict->count(domain::Verdict::Unknown), 2);
        QCOMPARE(window.session().snapshot()->verdict->count(domain::Verdict::Qualified), 2);
    }

    void stateIsRestored()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        {
            Workbench window(world.tools(), *m_themes);
            window.restoreLook(true);
            window.resize(1300, 820);
            open(window, world);
            window.fleetPage().setFilterText(QStringLiteral("rack==R2"));
            window.fleetPage().counts().setShownStates({State::NotTested, State::Failed});
            window.selection().setNodes({QStringLiteral("r2-n03")});
            window.setDockWanted(false);
            for (QAction* action : window.commands()) {
                if (action->text() == QStringLiteral("Dark theme"))
                    action->trigger();
            }
            window.showPage(QStringLiteral("run"));
            window.close();
        }
        m_themes->setChoice(ThemeChoice::Light);
        Workbench window(world.tools(), *m_themes);
        window.restoreLook(true);
        window.restoreFiles();
        window.show();
        QTRY_VERIFY(window.session().fleet());
        QTRY_COMPARE(window.currentPage(), QStringLiteral("run"));
        // Younger Qt makes a restored window fit the screen, which has 800 × 800 where nothing is shown.
        if (window.screen()->availableSize().width() >= 1300 || QLibraryInfo::version() < QVersionNumber(6, 5))
            QCOMPARE(window.size(), QSize(1300, 820));
        QCOMPARE(window.fleetPage().filterText(), QStringLiteral("rack==R2"));
        QVERIFY(window.fleetPage().counts().shownStates() == StateSet({State::NotTested, State::Failed}));
        QCOMPARE(window.selection().node(), QStringLiteral("r2-n03"));
        QVERIFY(!window.isDockWanted());
        QVERIFY(m_themes->choice() == ThemeChoice::Dark);
        m_themes->setChoice(ThemeChoice::System);
        const QString kept = QString::fromUtf8(textOf(QSettings().fileName()));
        QVERIFY2(!kept.contains(QStringLiteral("passw"), Qt::CaseInsensitive), "no secret is ever kept");
    }

    void aRunIsRestoredOverItsInventory()
    {
        FakeWorld world;
        world.addNodes(1, 2);
        {
            Workbench window(world.tools(), *m_themes);
            window.restoreLook(true);
            open(window, world);
            QTRY_VERIFY(window.runPage().canStart());
            window.runPage().start();
            QTRY_VERIFY_WITH_TIMEOUT(window.session().snapshot() && window.session().snapshot()->finished && !window.session().isLive(), 20'000);
            QTRY_COMPARE(window.fleetPage().view().fleet().counts.of(State::Qualified), 2);
            window.close();
        }
        Workbench window(world.tools(), *m_themes);
        window.restoreLook(true);
        window.restoreFiles();
        window.show();
        QTRY_COMPARE(window.fleetPage().view().fleet().counts.of(State::Qualified), 2);
        QVERIFY(window.session().fleet());
    }

    void vanishedFilesAreANotice()
    {
        FakeWorld world;
        world.addNodes(1, 2);
        {
            Workbench window(world.tools(), *m_themes);
            window.restoreLook(true);
            open(window, world);
            window.close();
        }
        QVERIFY(QFile::remove(world.inventory()));
        Workbench window(world.tools(), *m_themes);
        window.restoreLook(true);
        window.restoreFiles();
        window.show();
        QVERIFY(says(window, QStringLiteral("inventory.yaml")));
        QCOMPARE(window.currentPage(), QStringLiteral("welcome"));
        QVERIFY(window.isSettled() && window.lastFailure().isEmpty());
    }

    void damagedSettingsDoNoHarm_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("no settings") << QByteArray("\xff\xfe\x00[[[\n=\n%%", 11);
        QTest::newRow("wrong types") << QByteArray("[window]\ngeometry=@ByteArray(nonsense)\nframe=7\ndock=maybe\ntheme=purple\npage=nowhere\nfilter=\"((rack\"\nstates=99999\nselection=@Invalid()\n"
                                                   "tables\\Nodes%20of%20the%20run=1, 2, x\n");
        QTest::newRow("a screen that is gone") << QByteArray("[window]\ngeometry=@ByteArray(\\x1\\xd9\\xd0\\xcb\\0\\x3\\0\\0\\0\\0N \\0\\0N \\0\\0R\\0\\0\\0R\\0\\0\\0N \\0\\0N \\0\\0R\\0\\0\\0R\\0\\0\\0\\0\\x5\\0\\0\\0\\0\\a\\x80\\0\\0N \\0\\0N \\0\\0R\\0\\0\\0R\\0)\n");
    }
    void damagedSettingsDoNoHarm()
    {
        QFETCH(QByteArray, text);
        { QSettings().setValue(QStringLiteral("x"), 1); }
        const QString file = QSettings().fileName();
        QFile settings(file);
        QVERIFY(settings.open(QIODevice::WriteOnly));
        settings.write(text);
        settings.close();
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.restoreLook(true);
        window.restoreFiles();
        window.show();
        QVERIFY(window.width() >= window.minimumWidth() && window.height() >= window.minimumHeight());
        QCOMPARE(window.currentPage(), QStringLiteral("welcome"));
        QVERIFY(window.screen()->virtualGeometry().intersects(window.frameGeometry()));
        window.close();
    }

    void narrowWindowsPutThePanelOverThePage()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        window.resize(1440, 900);
        open(window, world);
        auto* dock = window.findChild<QDockWidget*>();
        auto* over = window.findChild<QFrame*>(QStringLiteral("dockOverPage"));
        QVERIFY(dock->isVisible() && !over->isVisible());
        window.resize(1100, 700);
        QTRY_VERIFY(!dock->isVisible());
        QVERIFY2(!over->isVisible() && !window.nodePanel().isVisible(), "the page comes first");
        QTRY_VERIFY(window.fleetPage().view().width() > 900);
        const int wide = window.fleetPage().view().width();
        press(window, Qt::Key_B, Qt::ControlModifier);
        QVERIFY(over->isVisible() && window.nodePanel().isVisible());
        QCOMPARE(window.fleetPage().view().width(), wide); // nothing was pushed aside
        press(window, Qt::Key_B, Qt::ControlModifier);
        QVERIFY(!over->isVisible());
        window.resize(1440, 900);
        QTRY_VERIFY(dock->isVisible() && window.nodePanel().isVisible());
        QVERIFY(!over->isVisible());
    }

private:
    static void open(Workbench& window, FakeWorld& world)
    {
        window.show();
        window.activateWindow();
        window.openInventory(world.inventory());
        QTRY_COMPARE(window.currentPage(), QStringLiteral("fleet"));
    }

    // What stands beside the filter.
    static QString matches(Workbench& window)
    {
        for (const auto* label : window.fleetPage().filterBar().findChildren<QLabel*>()) {
            if (label->text().contains(QStringLiteral(" nodes")) || label->text().startsWith(QStringLiteral("No node")))
                return label->text();
        }
        return {};
    }

    std::unique_ptr<ThemeController> m_themes;
};

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
