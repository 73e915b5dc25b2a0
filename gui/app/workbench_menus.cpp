// SPDX-License-Identifier: GPL-3.0-or-later
// Menus and keys. Every action has a key, and none is there without working.
#include "gui/app/workbench.h"

#include "core/protocol/version.h"
#include "gui/dialogs/about_dialog.h"
#include "gui/dialogs/check_dialog.h"
#include "gui/dialogs/shortcuts_dialog.h"
#include "gui/fleet/fleet_view.h"
#include "gui/pages/fleet/fleet_page.h"
#include "gui/pages/run/run_page.h"
#include "gui/session/connection_check.h"
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
    const auto onFleet = [this](auto work) {
        return [this, work] {
            if (currentPage() == QStringLiteral("fleet") && !isTyping())
                work();
        };
    };
    QMenu& session = menu(tr("Session"));
    addAction(session, tr("Open an inventory…"), QKeySequence(Qt::CTRL | Qt::Key_I), [this] { chooseInventory(); });
    addAction(session, tr("Open a store…"), QKeySequence(Qt::CTRL | Qt::Key_O), [this] { chooseStore(); });
    m_labAction = addAction(session, tr("Open the lab"), QKeySequence(Qt::CTRL | Qt::Key_D), [this] { openInventory(m_lab); });
    m_labAction->setEnabled(false);
    addAction(session, tr("Welcome"), QKeySequence(Qt::CTRL | Qt::Key_0), [this] { showPage(QStringLiteral("welcome")); });
    session.addSeparator();
    addAction(session, tr("Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { close(); });

    QMenu& view = menu(tr("View"));
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
    auto* themes = new QActionGroup(this);
    const std::pair<QString, ThemeChoice> choices[] = {{tr("Theme of the desktop"), ThemeChoice::System}, {tr("Light theme"), ThemeChoice::Light}, {tr("Dark theme"), ThemeChoice::Dark}};
    int number = 1;
    for (const auto& [text, choice] : choices) {
        QAction* action = addAction(view, text, QKeySequence(QStringLiteral("Ctrl+Alt+%1").arg(number++)), [this, choice = choice] { m_themes.setChoice(choice); });
        action->setCheckable(true);
        action->setChecked(m_themes.choice() == choice);
        themes->addAction(action);
    }

    QAction* check = addAction(menu(tr("Fleet")), tr("Check connection…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_K), [this] { checkConnection(); });
    const auto mayCheck = [this, check] { check->setEnabled(m_session.fleet() && !m_session.isLive()); }; // a run has the nodes to itself
    mayCheck();
    connect(&m_session, &Session::fleetChanged, check, mayCheck);
    connect(&m_session, &Session::liveChanged, check, mayCheck);

    QMenu& run = menu(tr("Run"));
    addAction(run, tr("Start"), QKeySequence(Qt::CTRL | Qt::Key_R), [this] {
        showPage(QStringLiteral("run"));
        m_run->start();
    });
    addAction(run, tr("New run"), QKeySequence(Qt::CTRL | Qt::Key_N), [this] { newRun(); });
    QAction* detach = addAction(run, tr("Detach"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D), [this] { m_session.detach(); });
    QAction* stop = addAction(run, tr("Stop run"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), [this] { m_session.cancel(tr("stopped in the window")); });
    for (QAction* action : {detach, stop}) {
        action->setEnabled(m_session.isLive());
        connect(&m_session, &Session::liveChanged, action, &QAction::setEnabled);
    }

    QMenu& help = menu(tr("Help"));
    addAction(help, tr("Keys"), QKeySequence(Qt::Key_Question), [this] { showShortcuts(); });
    addAction(help, tr("About Seatrial"), QKeySequence(Qt::SHIFT | Qt::Key_F1), [this] { AboutDialog(QString::fromLatin1(protocol::kProgramVersion), this).exec(); });
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

void Workbench::checkConnection()
{
    const auto fleet = m_session.fleet();
    std::vector<domain::NodeId> all;
    std::vector<domain::NodeId> selected;
    for (const domain::Node& node : fleet->nodes) {
        all.push_back(node.id);
        if (m_selection.nodes().contains(QString::fromStdString(node.id.text())))
            selected.push_back(node.id);
    }
    auto* dialog = new CheckDialog(std::move(all), std::move(selected), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    auto* check = new ConnectionCheck(m_session.tools(), m_session.questions(), dialog);
    connect(dialog, &CheckDialog::checkAsked, check, [check, fleet](const std::vector<domain::NodeId>& ids) {
        std::vector<domain::Node> nodes;
        for (const domain::NodeId& id : ids)
            nodes.push_back(*fleet->find(id));
        check->start(std::move(nodes));
    });
    connect(dialog, &CheckDialog::stopAsked, check, &ConnectionCheck::stop);
    connect(check, &ConnectionCheck::changed, dialog, &CheckDialog::setLadders);
    connect(check, &ConnectionCheck::ended, dialog, &CheckDialog::setEnded);
    connect(check, &ConnectionCheck::failed, dialog, &CheckDialog::setFailure);
    dialog->open();
    dialog->begin();
}

void Workbench::showShortcuts()
{
    if (!isTyping())
        ShortcutsDialog(m_actions, this).exec();
}

} // namespace seatrial::gui
