// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done with nodes: the same in the menu, at a right click and in the command palette.
#include "gui/app/workbench.h"

#include "core/domain/fleet_index.h"
#include "gui/dialogs/add_nodes_dialog.h"
#include "gui/dialogs/check_dialog.h"
#include "gui/fleet/fleet_view.h"
#include "gui/models/ssh_command.h"
#include "gui/models/words.h"
#include "gui/pages/fleet/fleet_page.h"
#include "gui/session/connection_check.h"
#include "gui/session/recent_files.h"
#include "gui/widgets/notice.h"

#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMenu>
#include <QStandardPaths>

namespace seatrial::gui {

void Workbench::makeNodesMenu()
{
    QMenu& nodes = menu(tr("Nodes"));
    addAction(nodes, tr("Add nodes…"), QKeySequence(QStringLiteral("Ctrl+Shift+A")), [this] { addNodes(); });
    m_undoAdd = addAction(nodes, tr("Undo adding nodes"), QKeySequence(QKeySequence::Undo), [this] { undoAdd(); });
    m_undoAdd->setEnabled(false);
    addAction(nodes, tr("Save the inventory as…"), QKeySequence(QStringLiteral("Ctrl+Shift+S")), [this] { saveInventoryAs(); });
    nodes.addSeparator();
    QAction* check = addAction(nodes, tr("Check connection…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_K), [this] { checkConnection(); });
    const auto mayCheck = [this, check] { check->setEnabled(m_session.fleet() && !m_session.isLive()); }; // a run has the nodes to itself
    mayCheck();
    connect(&m_session, &Session::fleetChanged, check, mayCheck);
    connect(&m_session, &Session::liveChanged, check, mayCheck);
    m_nodeMenuFirst = {check};
    const auto add = [&](const QString& text, const QString& keys, std::function<void()> work) {
        m_nodeActions << addAction(nodes, text, QKeySequence(keys), std::move(work));
    };
    add(tr("Copy names as a node set"), QStringLiteral("Ctrl+Shift+N"), [this] { QGuiApplication::clipboard()->setText(foldedNames(selectedNodes())); });
    add(tr("Copy ssh command"), QStringLiteral("Ctrl+Shift+H"), [this] { copySshCommands(); });
    add(tr("Select the whole rack"), QStringLiteral("Ctrl+Shift+R"), [this] { selectRacks(); });
    add(tr("Filter to these"), QStringLiteral("Ctrl+Shift+F"), [this] { filterToSelection(); });
    add(tr("Show in the run"), QStringLiteral("Ctrl+Shift+2"), [this] { showPage(QStringLiteral("run")); });
    add(tr("Show in the racks"), QStringLiteral("Ctrl+Shift+1"), [this] { showPage(QStringLiteral("fleet")); });
    const auto refresh = [this] {
        for (QAction* action : m_nodeActions)
            action->setEnabled(!m_selection.nodes().isEmpty());
    };
    connect(&m_selection, &Selection::changed, this, refresh);
    refresh();
}

void Workbench::showNodeMenu(QPoint position)
{
    auto* popup = new QMenu(this);
    popup->setObjectName(QStringLiteral("nodeMenu"));
    popup->setAttribute(Qt::WA_DeleteOnClose);
    popup->addActions(m_nodeMenuFirst);
    popup->addActions(m_nodeActions);
    popup->popup(position);
}

std::vector<domain::NodeId> Workbench::selectedNodes() const
{
    std::vector<domain::NodeId> nodes;
    for (const QString& name : m_selection.nodes())
        nodes.emplace_back(name.toStdString());
    std::ranges::sort(nodes, {}, &domain::NodeId::text);
    return nodes;
}

const domain::Fleet* Workbench::shownFleet() const
{
    return m_shown ? &m_shown->snapshot->data->info.fleet : m_session.fleet().get();
}

void Workbench::copySshCommands()
{
    // How nodes are reached today is what the inventory says; a stored run knows how it was.
    const domain::Fleet none;
    const domain::FleetIndex today(m_session.fleet() ? *m_session.fleet() : none), then(shownFleet() ? *shownFleet() : none);
    QStringList lines;
    for (const auto& id : selectedNodes()) {
        const domain::Node* node = today.find(id);
        if (!node)
            node = then.find(id);
        if (node)
            lines << sshCommand(*node);
    }
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void Workbench::selectRacks()
{
    QSet<QString> nodes = m_selection.nodes();
    for (const RackView& rack : m_fleet->view().fleet().racks) {
        const bool touched = std::ranges::any_of(rack.nodes, [this](const NodeView& node) { return m_selection.nodes().contains(node.id); });
        for (const NodeView& node : rack.nodes) {
            if (touched)
                nodes.insert(node.id);
        }
    }
    m_selection.setNodes(nodes);
}

void Workbench::filterToSelection()
{
    const auto nodes = selectedNodes();
    if (nodes.empty())
        return;
    const QString names = foldedNames(nodes);
    m_fleet->setFilterText(nodes.size() == 1 ? QStringLiteral("node==") + names : QStringLiteral("node in ") + names);
    showPage(QStringLiteral("fleet"));
}

void Workbench::checkConnection()
{
    const auto fleet = m_session.fleet();
    std::vector<domain::NodeId> all;
    for (const domain::Node& node : fleet->nodes)
        all.push_back(node.id);
    std::vector<domain::NodeId> selected = selectedNodes();
    const domain::FleetIndex index(*fleet);
    std::erase_if(selected, [&](const domain::NodeId& id) { return !index.find(id); }); // of a stored run, and gone since
    auto* dialog = new CheckDialog(std::move(all), std::move(selected), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    auto* check = new ConnectionCheck(m_session.tools(), m_session.questions(), dialog);
    connect(dialog, &CheckDialog::checkAsked, check, [check, fleet](const std::vector<domain::NodeId>& ids) {
        const domain::FleetIndex known(*fleet);
        std::vector<domain::Node> nodes;
        for (const domain::NodeId& id : ids)
            nodes.push_back(*known.find(id));
        check->start(std::move(nodes));
    });
    connect(dialog, &CheckDialog::stopAsked, check, &ConnectionCheck::stop);
    connect(check, &ConnectionCheck::changed, dialog, &CheckDialog::setLadders);
    connect(check, &ConnectionCheck::ended, dialog, &CheckDialog::setEnded);
    connect(check, &ConnectionCheck::failed, dialog, &CheckDialog::setFailure);
    dialog->open();
    dialog->begin();
}

void Workbench::addNodes()
{
    AddNodesDialog::Offer offer;
    if (m_session.fleet()) {
        offer.inventory = QString::fromStdString(m_session.fleet()->source.string());
        for (const auto& rack : m_session.fleet()->racks)
            offer.racks << QString::fromStdString(rack.id.text());
    }
    const QDir home(QStandardPaths::writableLocation(QStandardPaths::HomeLocation));
    offer.newFile = home.filePath(QStringLiteral("fleet.yaml"));
    for (int number = 2; QFileInfo::exists(offer.newFile); ++number)
        offer.newFile = home.filePath(QStringLiteral("fleet-%1.yaml").arg(number));
    const auto check = [](const NodesToAdd& nodes) {
        NodesChecked checked;
        const auto edit = planAddition(nodes.file, nodes.newName, nodes.entry);
        if (!edit) {
            checked.problem = edit.error();
            return checked;
        }
        for (const auto& node : edit->added)
            checked.added << QString::fromStdString(node.text());
        return checked;
    };
    auto* dialog = new AddNodesDialog(offer, check, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { applyAddition(dialog->nodes()); });
    dialog->open();
}

void Workbench::applyAddition(const NodesToAdd& nodes)
{
    auto edit = planAddition(nodes.file, nodes.newName, nodes.entry);
    if (!edit)
        return showFailure(Session::Place::Inventory, edit.error().failure);
    if (const auto written = applyEdit(*edit); !written)
        return showFailure(Session::Place::Inventory, written.error());
    m_additions.push_back(std::move(*edit));
    m_undoAdd->setEnabled(true);
    m_saidAddition = true;
    openInventory(nodes.file);
}

// Said when the new racks are on the screen.
void Workbench::sayAddition()
{
    if (!std::exchange(m_saidAddition, false) || m_additions.empty())
        return;
    const auto& edit = m_additions.back();
    m_fleet->notice().say(State::Qualified, tr("%1 added: %2").arg(nodesText(static_cast<int>(edit.added.size())), foldedNames(edit.added)),
                          tr("Written into %1. Ctrl+Z takes it back.").arg(edit.file));
    QSet<QString> added;
    for (const auto& node : edit.added)
        added.insert(QString::fromStdString(node.text()));
    m_selection.setNodes(added);
}

void Workbench::undoAdd()
{
    if (m_additions.empty())
        return;
    const InventoryEdit edit = m_additions.back();
    m_additions.pop_back();
    m_undoAdd->setEnabled(!m_additions.empty());
    if (const auto undone = undoEdit(edit); !undone)
        return showFailure(Session::Place::Inventory, undone.error());
    m_selection.setNodes({});
    m_fleet->notice().hide();
    if (edit.existed)
        return openInventory(edit.file);
    m_fleet->notice().say(State::NotTested, tr("%1 was removed again").arg(edit.file), tr("Its racks stay on the screen until another inventory is opened."));
}

void Workbench::saveInventoryAs()
{
    const domain::Fleet* fleet = m_session.fleet() ? m_session.fleet().get() : shownFleet();
    if (!fleet)
        return;
    const QString file = QFileDialog::getSaveFileName(this, tr("Save the inventory as"), {}, tr("Inventories (*.yaml *.yml)"));
    if (file.isEmpty())
        return;
    if (const auto written = writeWhole(file, QByteArray::fromStdString(domain::writeFleet(*fleet, file.toStdString()))); !written)
        return showFailure(Session::Place::Inventory, written.error());
    rememberFile({RecentFile::Kind::Inventory, file});
}

} // namespace seatrial::gui
