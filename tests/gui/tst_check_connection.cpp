// SPDX-License-Identifier: GPL-3.0-or-later
// Check connection, as a person uses it. With SEATRIAL_PICTURE_FOLDER it also leaves pictures there.
#include "gui/app/workbench.h"
#include "gui/dialogs/check_dialog.h"
#include "gui/dialogs/host_key_dialog.h"
#include "gui/theme/theme_controller.h"
#include "gui/widgets/segmented_control.h"
#include "tests/gui/support/fake_world.h"
#include "tests/gui/support/window_tools.h"

#include <QAction>
#include <QClipboard>
#include <QLabel>
#include <QListWidget>
#include <QPointer>
#include <QPushButton>
#include <QSettings>
#include <QTest>

using namespace seatrial;
using namespace seatrial::gui;
using gui::test::button;
using gui::test::FakeWorld;

class TestCheckConnection : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        test::useOwnSettings(QStringLiteral("check"));
        m_themes = std::make_unique<ThemeController>();
    }
    void init() { QSettings().clear(); }

    void needsAnInventory()
    {
        FakeWorld world;
        Workbench window(world.tools(), *m_themes);
        window.show();
        QVERIFY(!action(window)->isEnabled());
    }

    void tellsOfEveryNode_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void tellsOfEveryNode()
    {
        QFETCH(bool, dark);
        m_themes->setChoice(dark ? ThemeChoice::Dark : ThemeChoice::Light);
        FakeWorld world;
        world.addNodes(2, 8);
        auto& noisy = world.node(QStringLiteral("r1-n02")).behaviour.survey;
        noisy.shell.noise = {3, "Welcome to gpu-0117 <b>bold</b>"};
        auto& dead = world.node(QStringLiteral("r1-n05")).behaviour.survey;
        dead.way.resize(1);
        dead.wayFails = test::noAnswer("r1-n05");
        auto& strict = world.node(QStringLiteral("r2-n01")).behaviour.survey;
        strict.loginEndsProcesses = true;
        strict.noScope = "a user scope cannot be had: lingering is not allowed";
        Workbench window(world.tools(), *m_themes);
        CheckDialog* dialog = open(window, world);
        auto* list = dialog->findChild<QListWidget*>();
        QCOMPARE(list->count(), 16);
        QTRY_VERIFY(button(*dialog, "Again")->isEnabled());
        QVERIFY(words(*dialog, QStringLiteral("13 ready  ·  2 ready, with warnings  ·  1 not ready")));
        QCOMPARE(list->currentItem()->text(), QStringLiteral("r1-n05")); // the one to look at
        QVERIFY(words(*dialog, QStringLiteral("r1-n05: not ready")));
        QCOMPARE(list->item(0)->data(Qt::AccessibleTextRole).toString(), QStringLiteral("r1-n01, ready"));
        picture(*dialog, dark ? "failed-dark" : "failed");
        list->setCurrentRow(1);
        QVERIFY(words(*dialog, QStringLiteral("the login shell prints 3 lines before our output (\"Welcome to gpu-0117 <b>bold</b>\"): harmless")));
        QVERIFY(words(*dialog, QStringLiteral("Next: let the start-up files of this user print in interactive shells only")));
        list->setCurrentRow(8);
        QVERIFY(words(*dialog, QStringLiteral("only while somebody is attached"), true));
        picture(*dialog, dark ? "warned-dark" : "warned");
        for (const auto* label : dialog->findChildren<QLabel*>())
            QCOMPARE(label->textFormat(), Qt::PlainText);
        button(*dialog, "Copy as text")->click();
        const QString text = QApplication::clipboard()->text();
        QVERIFY2(text.startsWith(QStringLiteral("r1-n[01,03-04,06-08],r2-n[02-08]: all steps passed")), qPrintable(text));
        QVERIFY(text.contains(QStringLiteral("r1-n05: not ready")));
    }

    void selectedOrAll()
    {
        FakeWorld world;
        world.addNodes(1, 6);
        Workbench window(world.tools(), *m_themes);
        CheckDialog* dialog = open(window, world, {QStringLiteral("r1-n02"), QStringLiteral("r1-n04")});
        auto* list = dialog->findChild<QListWidget*>();
        QCOMPARE(list->count(), 2);
        QTRY_VERIFY(button(*dialog, "Again")->isEnabled());
        QCOMPARE(world.node(QStringLiteral("r1-n01")).logins.load(), 0);
        dialog->findChild<SegmentedControl*>()->setCurrentIndex(1);
        QCOMPARE(list->count(), 6);
        QTRY_VERIFY(button(*dialog, "Again")->isEnabled());
        QVERIFY(words(*dialog, QStringLiteral("6 ready")));
        QCOMPARE(world.node(QStringLiteral("r1-n01")).logins.load(), 2);
    }

    void stopAndAgain()
    {
        FakeWorld world;
        world.addNodes(1, 3);
        world.node(QStringLiteral("r1-n03")).behaviour.survey.shellSeconds = 60;
        Workbench window(world.tools(), *m_themes);
        CheckDialog* dialog = open(window, world);
        QTRY_VERIFY(words(*dialog, QStringLiteral("2 of 3 checked  ·  2 ready"))); // live: the others are not waited for
        QVERIFY(!button(*dialog, "Again")->isEnabled());
        picture(*dialog, "live");
        button(*dialog, "Stop")->click();
        QTRY_VERIFY(words(*dialog, QStringLiteral("stopped  ·  2 ready")));
        world.node(QStringLiteral("r1-n03")).behaviour.survey.shellSeconds = 0;
        button(*dialog, "Again")->click();
        QTRY_VERIFY(words(*dialog, QStringLiteral("3 ready")));
        QVERIFY(!button(*dialog, "Stop")->isEnabled());
    }

    void closingEndsIt()
    {
        FakeWorld world;
        world.addNodes(1, 2);
        world.node(QStringLiteral("r1-n01")).behaviour.survey.shellSeconds = 60;
        Workbench window(world.tools(), *m_themes);
        CheckDialog* dialog = open(window, world);
        QTRY_COMPARE(world.node(QStringLiteral("r1-n01")).links.load(), 1);
        dialog->close();
        QTRY_COMPARE(world.node(QStringLiteral("r1-n01")).links.load(), 0);
        QTRY_VERIFY(!window.findChild<CheckDialog*>());
    }

    void anUnknownHostKeyIsAskedOverIt()
    {
        FakeWorld world;
        world.addNodes(1, 1);
        world.node(QStringLiteral("r1-n01")).behaviour.survey.unknownHostKey = true;
        Workbench window(world.tools(), *m_themes);
        CheckDialog* dialog = open(window, world);
        for (int login = 0; login < 2; ++login) { // the second one looks for the process that was left behind
            HostKeyDialog* question = nullptr;
            QTRY_VERIFY((question = window.findChild<HostKeyDialog*>()) && question->isVisible());
            QVERIFY(dialog->isVisible());
            const QPointer<HostKeyDialog> answered(question);
            question->findChild<QPushButton*>(QStringLiteral("once"))->click();
            QTRY_VERIFY(answered.isNull()); // the next one may be there already
        }
        QTRY_VERIFY(!window.findChild<HostKeyDialog*>());
        QTRY_VERIFY(words(*dialog, QStringLiteral("1 ready")));
        // Refused: said at its step.
        button(*dialog, "Again")->click();
        HostKeyDialog* question = nullptr;
        QTRY_VERIFY((question = window.findChild<HostKeyDialog*>()) && question->isVisible());
        question->findChild<QPushButton*>(QStringLiteral("refuse"))->click();
        QTRY_VERIFY(words(*dialog, QStringLiteral("1 not ready")));
    }

private:
    static QAction* action(Workbench& window)
    {
        for (auto* each : window.findChildren<QAction*>()) {
            if (each->text() == QStringLiteral("Check connection…"))
                return each;
        }
        return nullptr;
    }

    static CheckDialog* open(Workbench& window, FakeWorld& world, const QStringList& selected = {})
    {
        window.show();
        window.openInventory(world.inventory());
        [&] { QTRY_COMPARE(window.currentPage(), QStringLiteral("fleet")); }();
        window.selection().setNodes(QSet<QString>(selected.begin(), selected.end()));
        QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
        [&] { QTRY_VERIFY(window.findChild<CheckDialog*>()); }();
        return window.findChild<CheckDialog*>();
    }

    static bool words(const QWidget& parent, const QString& text, bool within = false)
    {
        const auto labels = parent.findChildren<QLabel*>();
        return std::ranges::any_of(labels, [&](const QLabel* label) { return label->isVisible() && (within ? label->text().contains(text) : label->text() == text); });
    }

    static void picture(QWidget& widget, const char* name)
    {
        if (const QString folder = qEnvironmentVariable("SEATRIAL_PICTURE_FOLDER"); !folder.isEmpty()) {
            QCoreApplication::processEvents();
            widget.grab().save(folder + QLatin1Char('/') + QLatin1String(name) + QStringLiteral(".png"));
        }
    }

    std::unique_ptr<ThemeController> m_themes;
};

QTEST_MAIN(TestCheckConnection)
#include "tst_check_connection.moc"
