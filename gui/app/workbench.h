// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/event_model.h"
#include "gui/models/node_entry.h"
#include "gui/models/runs_model.h"
#include "gui/models/selection.h"
#include "gui/models/view_maker.h"
#include "gui/session/inventory_file.h"
#include "gui/session/session.h"
#include "gui/session/this_computer.h"
#include "gui/shell/main_window.h"

#include <QTimer>

#include <functional>

class QActionGroup;
class QSettings;

namespace seatrial::gui {

class FleetPage;
class NodePanel;
class RunPage;
class ThemeController;
class WelcomePage;
enum class ThemeChoice;

// The window put together: pages on one side, the session on the other, and what connects them. Nothing here knows
// how nodes are reached.
class Workbench : public MainWindow {
    Q_OBJECT

public:
    Workbench(Tools tools, ThemeController& themes, QWidget* parent = nullptr);
    ~Workbench() override;

    Session& session() { return m_session; }
    Selection& selection() { return m_selection; }
    FleetPage& fleetPage() { return *m_fleet; }
    RunPage& runPage() { return *m_run; }
    NodePanel& nodePanel() { return *m_node; }

    void openInventory(const QString& file);
    void openStore(const QString& file, const QString& run = {}); // an empty run: the newest
    void setLab(const QString& inventory);
    void lookAround();                     // at this computer, in the background
    void useStore(const QString& file);    // for runs to come
    void wantPage(const QString& name);    // as soon as there is something on it; empty: the usual one
    void startPlan(const QString& plan); // as soon as inventory and plans are there
    void restoreLook(bool withTheme); // of the last time; from now on it is kept for the next
    void restoreFiles();              // that were open the last time
    const QList<QAction*>& commands() const { return m_actions; }
    // Whether all that was asked to be opened is on the screen, or has failed.
    bool isSettled() const { return m_pending == 0; }
    QString lastFailure() const { return m_lastFailure; }

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    // workbench.cpp
    void connectSession();
    void connectPages();
    void showFleet(const std::shared_ptr<const domain::Fleet>& fleet);
    void showViews(const std::shared_ptr<const RunViews>& views);
    void showRuns(const std::vector<store::RunSummary>& runs);
    void showFailure(Session::Place place, const domain::Failure& failure);
    void beginRun();
    void newRun();
    void refreshNode();
    void refreshTitle();
    void refreshStatus();
    void openNode(const QString& node);
    void askHostKey(const campaign::HostKeyQuestion& question);
    void enablePages();
    void showWantedPage();

    // workbench_menus.cpp
    void makeMenus();
    QAction* addAction(QMenu& menu, const QString& text, const QKeySequence& keys, std::function<void()> work);
    void chooseInventory();
    void chooseStore();
    void showShortcuts();
    void showPalette();
    void makeRunMenu();
    void makeViewMenu();
    void chooseTheme(ThemeChoice choice);
    void togglePause();

    // workbench_nodes.cpp
    void makeNodesMenu();
    void showNodeMenu(QPoint position);
    std::vector<domain::NodeId> selectedNodes() const;
    const domain::Fleet* shownFleet() const;
    void copySshCommands();
    void selectRacks();
    void filterToSelection();
    void addNodes();
    void applyAddition(const NodesToAdd& nodes);
    void sayAddition();
    void undoAdd();
    void saveInventoryAs();

    // workbench_state.cpp
    void saveState() const;
    void restoreTables(QSettings& settings);

    ThemeController& m_themes;
    Session m_session;
    Selection m_selection;
    EventModel m_events;
    RunsModel m_runs;
    ViewMaker m_views;
    std::shared_ptr<const RunViews> m_shown;
    QList<QAction*> m_actions;
    QTimer m_clock;
    QAction* m_labAction = nullptr;
    QAction* m_undoAdd = nullptr;
    QAction* m_pauseAction = nullptr;
    QActionGroup* m_themeActions = nullptr;
    QList<QAction*> m_nodeActions; // for what is selected
    std::vector<InventoryEdit> m_additions; // newest last
    QString m_lab;
    QString m_inventory;
    QString m_plannedStart;
    QString m_wantedRun;
    QString m_wantedPage;
    QString m_lastFailure;
    int m_pending = 0;
    bool m_openNewest = false;
    bool m_leaving = false;
    bool m_keepsState = false;
    bool m_saidAddition = false;
    QString m_storeAfter; // to be opened when the inventory is there
    QString m_runAfter;

    WelcomePage* m_welcome;
    FleetPage* m_fleet;
    RunPage* m_run;
    NodePanel* m_node;
};

} // namespace seatrial::gui
