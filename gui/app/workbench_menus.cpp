// SPDX-License-Identifier: GPL-3.0-or-later
// Menus and keys. Every action has a key, and none is there without working.
#include "gui/app/workbench.h"

#include "core/protocol/version.h"
#include "gui/dialogs/about_dialog.h"
#include "gui/dialogs/command_palette.h"
#include "gui/dialogs/shortcuts_dialog.h"
#include "gui/fleet/fleet_view.h"
#include "gui/pages/fleet/filter_bar.h"
#include "gui/pages/fleet/fleet_page.h"
#include "gui/pages/run/run_page.h"
#include "gui/theme/theme_controller.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenu>

namespace seatrial::gui {

namespace {

// Letters are for typing while a field has the focus.
bool isTyping()
{
    return qobject_cast<QLineEdit*>(QApplication::focusWidget()) != nullptr;
}

} // namespace

QAction* Workbench::addAction(QMenu& menu, const QString& text, const QKeySequence& keys, std::function<void()> work)
{
    QAction* action = menu.addAction(text);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, std::move(work));
    QMainWindow::addAction(action); // keys work while the menus are closed
    m_actions << action;
    return action;
}

void Workbench::makeMenus()
{
    QMenu& session = menu(tr("Session"));
    addAction(session, tr("Open an inventory…"), QKeySequence(Qt::CTRL | Qt::Key_I), [this] { chooseInventory(); });
    addAction(session, tr("Open a store…"), QKeySequence(Qt::CTRL | Qt::Key_O), [this] { chooseStore(); });
    m_labAction = addAction(session, tr("Open the lab"), QKeySequence(Qt::CTRL | Qt::Key_D), [this] { openInventory(m_lab); });
    m_labAction->setEnabled(false);
    addAction(session, tr("Welcome"), QKeySequence(Qt::CTRL | Qt::Key_0), [this] { showPage(QStringLiteral("welcome")); });
    session.addSeparator();
    addAction(session, tr("Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { close(); });
    makeViewMenu();
    makeNodesMenu();
    makeRunMenu();
    QMenu& help = menu(tr("Help"));
    QAction* keys = addAction(help, tr("Keys"), QKeySequence(Qt::Key_F1), [this] { showShortcuts(); });
    keys->setShortcuts({QKeySequence(Qt::Key_F1), QKeySequence(Qt::Key_Question)});
    QAction* palette = addAction(help, tr("All commands…"), QKeySequence(Qt::CTRL | Qt::Key_K), [this] { showPalette(); });
    palette->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_K), QKeySequence(QStringLiteral("Ctrl+Shift+P"))});
    addAction(help, tr("How filters are written"), QKeySequence(Qt::CTRL | Qt::Key_F1), [this] {
        showPage(QStringLiteral("fleet"));
        m_fleet->filterBar().showHelp();
    });
    addAction(help, tr("About Seatrial"), QKeySequence(Qt::SHIFT | Qt::Key_F1), [this] { AboutDialog(QString::fromLatin1(protocol::kProgramVersion), this).exec(); });
}

void Workbench::makeViewMenu()
{
    const auto onFleet = [this](auto work) {
        return [this, work] {
            if (currentPage() == QStringLiteral("fleet") && !isTyping())
                work();
        };
    };
    QMenu& view = menu(tr("View"));
    view.addActions(pageActions());
    m_actions << pageActions();
    view.addSeparator();
    addAction(view, tr("Filter"), QKeySequence(Qt::CTRL | Qt::Key_F), [this] {
        showPage(QStringLiteral("fleet"));
        m_fleet->focusFilter();
    });
    addAction(view, tr("Clear the filter"), QKeySequence(Qt::CTRL | Qt::Key_L), [this] { m_fleet->clearFilter(); });
    addAction(view, tr("Node panel"), QKeySequence(Qt::CTRL | Qt::Key_B), [this] { setDockWanted(!isDockWanted()); });
    view.addSeparator();
    addAction(view, tr("Next problem"), QKeySequence(Qt::CTRL | Qt::Key_Period), onFleet([this] { m_fleet->view().goToProblem(+1); }));
    addAction(view, tr("Previous problem"), QKeySequence(Qt::CTRL | Qt::Key_Comma), onFleet([this] { m_fleet->view().goToProblem(-1); }));
    addAction(view, tr("Fit the racks"), QKeySequence(QStringLiteral("Ctrl+Shift+0")), onFleet([this] { m_fleet->view().fit(); }));
    view.addSeparator();
    m_themeActions = new QActionGroup(this);
    const std::pair<QString, ThemeChoice> choices[] = {{tr("Theme of the desktop"), ThemeChoice::System}, {tr("Light theme"), ThemeChoice::Light}, {tr("Dark theme"), ThemeChoice::Dark}};
    int number = 1;
    for (const auto& [text, choice] : choices) {
        QAction* action = addAction(view, text, QKeySequence(QStringLiteral("Ctrl+Alt+%1").arg(number++)), [this, choice = choice] { m_themes.setChoice(choice); });
        action->setCheckable(true);
        action->setChecked(m_themes.choice() == choice);
        action->setData(static_cast<int>(choice));
        m_themeActions->addAction(action);
    }
}

void Workbench::chooseTheme(ThemeChoice choice)
{
    m_themes.setChoice(choice);
    for (QAction* action : m_themeActions->actions())
        action->setChecked(action->data().toInt() == static_cast<int>(choice));
}

void Workbench::makeRunMenu()
{
    QMenu& run = menu(tr("Run"));
    addAction(run, tr("Start"), QKeySequence(Qt::CTRL | Qt::Key_R), [this] {
        showPage(QStringLiteral("run"));
        m_run->start();
    });
    addAction(run, tr("New run"), QKeySequence(Qt::CTRL | Qt::Key_N), [this] { newRun(); });
    m_pauseAction = addAction(run, tr("Pause run"), QKeySequence(Qt::CTRL | Qt::Key_P), [this] { togglePause(); });
    QAction* detach = addAction(run, tr("Detach"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D), [this] { m_session.detach(); });
    QAction* stop = addAction(run, tr("Stop run"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), [this] { m_session.cancel(tr("stopped in the window")); });
    for (QAction* action : {m_pauseAction, detach, stop}) {
        action->setEnabled(m_session.isLive());
        connect(&m_session, &Session::liveChanged, action, &QAction::setEnabled);
    }
}

void Workbench::togglePause()
{
    const auto snapshot = m_session.snapshot();
    if (m_session.isLive() && snapshot)
        m_session.setPaused(!snapshot->pause);
}

void Workbench::showPalette()
{
    CommandPalette palette(m_actions, this);
    palette.exec();
    if (palette.chosen())
        palette.chosen()->trigger();
}

void Workbench::chooseInventory()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Open an inventory"), {}, tr("Inventories (*.yaml *.yml);;All files (*)"));
    if (!file.isEmpty())
        openInventory(file);
}

void Workbench::chooseStore()
{
    const QString usual = QString::fromStdString(m_session.tools().defaultStore);
    const QString file = QFileDialog::getOpenFileName(this, tr("Open a store"), QFileInfo(usual).path(), tr("Stores (*.db);;All files (*)"));
    if (!file.isEmpty())
        openStore(file);
}

void Workbench::showShortcuts()
{
    ShortcutsDialog(m_actions, this).exec();
}

} // namespace seatrial::gui
