// SPDX-License-Identifier: GPL-3.0-or-later
// The window as a person uses it: real widgets on nodes in memory.
#include "gui/app/screenshot.h"
#include "gui/app/workbench.h"
#include "gui/dialogs/host_key_dialog.h"
#include "gui/dialogs/secret_dialog.h"
#include "gui/fleet/counts_strip.h"
#include "gui/fleet/fleet_view.h"
#include "gui/models/table_model.h"
#include "gui/pages/fleet/fleet_page.h"
#include "gui/pages/node/node_panel.h"
#include "gui/pages/run/plan_column.h"
#include "gui/pages/run/run_page.h"
#include "gui/theme/theme_controller.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/paragraph.h"
#include "gui/widgets/segmented_control.h"

#include "core/report/run_tables.h"
#include "tests/gui/support/fake_world.h"
#include "tests/gui/support/window_tools.h"

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

using namespace seatrial;
using namespace seatrial::gui;
using gui::test::button;
using gui::test::FakeWorld;

class TestWorkbench : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        test::useOwnSettings(QStringLiteral("workbench"));
        m_themes = std::make_unique<ThemeController>();
    }
    void init() { QSettings().clear(); }

    void beginsWithWelcome()
    {
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.show();
        QCOMPARE(window.currentPage(), QStringLiteral("welcome"));
        QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(window.currentPage(), QStringLiteral("welcome")); // nothing is open yet
    }

    void inventoryShowsItsRacks()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        window.show();
        window.openInventory(world.inventory());
        QTRY_COMPARE(window.currentPage(), QStringLiteral("fleet"));
        QCOMPARE(window.fleetPage().view().fleet().nodeCount(), 8U);
        QCOMPARE(window.fleetPage().view().fleet().counts.of(State::NotTested), 8);
    }

    void malformedInventoryIsSaidInPlace()
    {
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.show();
        window.openInventory(world.write(QStringLiteral("bad.yaml"), "version: 1\nracks:\n  - nam: A\n"));
        QTRY_VERIFY(!window.lastFailure().isEmpty());
        const auto notices = window.findChildren<Notice*>();
        const bool said = std::ranges::any_of(notices, [](const Notice* notice) { return notice->isVisible() && notice->text().contains(QStringLiteral("bad.yaml:3:5")); });
        QVERIFY2(said, qPrintable(window.lastFailure()));
        QCOMPARE(window.currentPage(), QStringLiteral("welcome"));
    }

    void runFromStartToVerdict()
    {
        FakeWorld world;
        world.addNodes(2, 4);
        world.node(QStringLiteral("r1-n03")).behaviour.bandwidth = 4;
        auto& dead = world.node(QStringLiteral("r2-n01")).behaviour;
        dead.connectFails = 1000;
        dead.connectFailure = test::changedKey("r2-n01");
        Workbench window(world.tools(), *m_themes);
        openAndShowRunPage(window, world);
        QTRY_VERIFY(window.runPage().canStart());
        QTest::mouseClick(button(window, QStringLiteral("Start run")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().isLive(), 5000);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().snapshot() && window.session().snapshot()->finished && !window.session().isLive(), 30'000);
        QTRY_COMPARE(window.fleetPage().view().fleet().counts.of(State::Failed), 1);
        QCOMPARE(window.fleetPage().view().fleet().counts.of(State::Unknown), 1);
        QCOMPARE(window.fleetPage().view().fleet().counts.of(State::Qualified), 6);
        QTRY_VERIFY(button(window, QStringLiteral("New run")));
        QTRY_VERIFY(!button(window, QStringLiteral("Stop run")));
        compareTables(window);
        streamIsShownAsItCame(window);
        changedKeyIsAHardStop(window);
    }

    void stopAsksNobodyTwice()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        for (int i = 1; i <= 4; ++i)
            world.node(QStringLiteral("r1-n0%1").arg(i)).behaviour.stepSeconds = 0.5;
        Workbench window(world.tools(), *m_themes);
        openAndShowRunPage(window, world);
        QTRY_VERIFY(window.runPage().canStart());
        window.runPage().start();
        QTRY_VERIFY(button(window, QStringLiteral("Stop run")));
        QTest::mouseClick(button(window, QStringLiteral("Stop run")), Qt::LeftButton);
        QVERIFY(window.session().isStopping());
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 10'000);
        QTRY_VERIFY(window.session().snapshot()->data->info.state == domain::RunState::Cancelled);
    }

    void nodesAreChosenByExpression_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<int>("count");
        QTest::newRow("all") << "" << 8;
        QTest::newRow("some") << "r1-n[01-03]" << 3;
        QTest::newRow("without") << "r[1-2]-n[01-04]!r1-n02" << 7;
        QTest::newRow("unknown") << "r9-n01" << 0;
        QTest::newRow("half typed") << "r1-n[01-" << 0;
    }
    void nodesAreChosenByExpression()
    {
        QFETCH(QString, expression);
        QFETCH(int, count);
        FakeWorld world;
        world.addNodes(2, 4);
        Workbench window(world.tools(), *m_themes);
        openAndShowRunPage(window, world);
        auto* field = window.runPage().plan().findChild<QLineEdit*>();
        QVERIFY(field);
        field->setText(expression);
        QCOMPARE(int(window.runPage().plan().nodes().size()), count);
        QTRY_COMPARE(window.runPage().canStart(), count > 0);
    }

    void selectionFillsThePanel()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        Workbench window(world.tools(), *m_themes);
        window.show();
        window.openInventory(world.inventory());
        QTRY_COMPARE(window.currentPage(), QStringLiteral("fleet"));
        auto& view = window.fleetPage().view();
        const auto ref = findNode(view.fleet(), QStringLiteral("r1-n02"));
        QVERIFY(ref);
        QTRY_VERIFY(view.viewport()->rect().contains(view.nodeRect(*ref)));
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.nodeRect(*ref).center());
        QCOMPARE(window.nodePanel().node(), QStringLiteral("r1-n02"));
        window.selection().setNodes({QStringLiteral("r1-n01"), QStringLiteral("r1-n02")});
        QCOMPARE(window.nodePanel().node(), QString());
    }

    void countFiltersTheRacks()
    {
        FakeWorld world;
        world.addNodes(1, 4);
        Workbench window(world.tools(), *m_themes);
        window.show();
        window.openInventory(world.inventory());
        QTRY_COMPARE(window.currentPage(), QStringLiteral("fleet"));
        auto* counts = window.fleetPage().findChild<CountsStrip*>();
        counts->setShownStates({State::Failed});
        const auto labels = window.fleetPage().findChildren<QLabel*>();
        QVERIFY(std::ranges::any_of(labels, [](const QLabel* label) { return label->text().startsWith(QStringLiteral("No node matches")); }));
        QTest::keyClick(&window, Qt::Key_L, Qt::ControlModifier);
        QVERIFY(counts->shownStates().isEmpty());
    }

    void hostKeyDialogAnswers_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("answer");
        QTest::newRow("save") << "save" << int(campaign::HostKeyAnswer::TrustAndSave);
        QTest::newRow("once") << "once" << int(campaign::HostKeyAnswer::TrustOnce);
        QTest::newRow("refuse") << "refuse" << int(campaign::HostKeyAnswer::Refuse);
    }
    void hostKeyDialogAnswers()
    {
        QFETCH(QString, name);
        QFETCH(int, answer);
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.show();
        campaign::HostKeyAnswer given = campaign::HostKeyAnswer::TrustOnce;
        std::thread asker([&] { given = window.session().questions().ask({domain::NodeId("n1"), "10.0.0.1", "ssh-ed25519", "SHA256:abc", "/k"}); });
        HostKeyDialog* dialog = nullptr;
        QTRY_VERIFY((dialog = window.findChild<HostKeyDialog*>()) && dialog->isVisible());
        const bool told = std::ranges::any_of(dialog->findChildren<QLabel*>(), [](const QLabel* label) { return label->text() == QStringLiteral("SHA256:abc"); });
        dialog->findChild<QPushButton*>(name)->click();
        asker.join();
        QVERIFY(told);
        QCOMPARE(int(given), answer);
    }

    void secretDialogAnswers_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("answered");
        QTest::newRow("send") << "send" << true;
        QTest::newRow("cancel") << "cancel" << false;
        QTest::newRow("the run ends") << "" << false;
    }
    void secretDialogAnswers()
    {
        QFETCH(QString, name);
        QFETCH(bool, answered);
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.show();
        campaign::SecretQuestion question;
        question.node = domain::NodeId("n1");
        question.subject = "ops on the nodes of hall.yaml";
        question.prompts = {{"Password: ", false}};
        std::optional<campaign::SecretAnswer> given;
        std::thread asker([&] { given = window.session().questions().askSecret(question); });
        QPointer<SecretDialog> dialog;
        QTRY_VERIFY((dialog = window.findChild<SecretDialog*>()) && dialog->isVisible());
        QTest::keyClicks(dialog->focusWidget(), QStringLiteral("sesame"));
        if (name.isEmpty())
            window.session().questions().close();
        else
            dialog->findChild<QPushButton*>(name)->click();
        asker.join();
        QTRY_VERIFY(!dialog);
        QCOMPARE(given.has_value(), answered);
        if (answered)
            QCOMPARE(given->texts, std::vector<std::string>{"sesame"});
    }

    void enterAndEscapeRefuse()
    {
        for (const int key : {int(Qt::Key_Return), int(Qt::Key_Escape)}) {
            HostKeyDialog dialog({domain::NodeId("n1"), "h", "t", "f", "k"});
            dialog.show();
            QTest::keyClick(&dialog, Qt::Key(key));
            QVERIFY(!dialog.isVisible());
            QCOMPARE(dialog.answer(), campaign::HostKeyAnswer::Refuse);
        }
    }

    void firstPictureIsThereAtOnce()
    {
        QElapsedTimer timer;
        timer.start();
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.show();
        QCoreApplication::processEvents();
        QVERIFY(!window.grab().isNull());
        QVERIFY2(timer.elapsed() < 500, qPrintable(QString::number(timer.elapsed())));
    }

private:
    void openAndShowRunPage(Workbench& window, FakeWorld& world)
    {
        window.show();
        window.openInventory(world.inventory());
        QTRY_COMPARE(window.currentPage(), QStringLiteral("fleet"));
        QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(window.currentPage(), QStringLiteral("run"));
    }

    // What the panel shows of each node is what the command line prints, value by value.
    void compareTables(Workbench& window)
    {
        const auto& data = *window.session().snapshot()->data;
        const report::Table whole = report::resultsTable(data);
        std::size_t compared = 0;
        for (const auto& node : data.info.nodes) {
            window.selection().setNodes({QString::fromStdString(node.text())});
            const TableModel* model = nullptr;
            for (auto* view : window.nodePanel().findChildren<QTableView*>()) {
                if (auto* table = qobject_cast<TableModel*>(view->model()); table && table->columnOf(QStringLiteral("metric")) >= 0)
                    model = table;
            }
            QVERIFY(model);
            int row = 0;
            for (const auto& expected : whole.rows) {
                if (std::get<std::string>(expected[1]) != node.text())
                    continue;
                for (std::size_t column = 0; column < expected.size(); ++column) {
                    QVERIFY(model->table().rows[static_cast<std::size_t>(row)][column] == expected[column]);
                    ++compared;
                }
                ++row;
            }
            QCOMPARE(model->rowCount(), row);
        }
        QCOMPARE(compared, whole.rows.size() * whole.columns.size());
        QVERIFY(compared > 0);
    }

    void streamIsShownAsItCame(Workbench& window)
    {
        window.selection().setNodes({QStringLiteral("r1-n01")});
        auto* tabs = window.nodePanel().findChild<SegmentedControl*>();
        auto* text = window.nodePanel().findChild<QPlainTextEdit*>();
        tabs->setCurrentIndex(4);
        QTRY_VERIFY(text->toPlainText().contains(QStringLiteral("\"goodbye\"")));
        QVERIFY(text->blockCount() > 5); // a line a record
        tabs->setCurrentIndex(0);
    }

    void changedKeyIsAHardStop(Workbench& window)
    {
        QTest::keyClick(&window, Qt::Key_1, Qt::ControlModifier);
        window.selection().setNodes({QStringLiteral("r2-n01")});
        auto* stop = window.nodePanel().findChild<Notice*>();
        QVERIFY(stop && !stop->isHidden());
        QVERIFY(stop->text().startsWith(QStringLiteral("Stopped")));
        for (auto* each : stop->findChildren<QPushButton*>())
            QVERIFY(each->isHidden()); // there is nothing to click through
    }

    std::unique_ptr<ThemeController> m_themes;
};

QTEST_MAIN(TestWorkbench)
#include "tst_workbench.moc"
