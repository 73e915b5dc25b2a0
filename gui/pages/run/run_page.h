// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/run_views.h"
#include "gui/models/selection.h"
#include "gui/shell/page.h"

class QPushButton;
class QTableView;

namespace seatrial::gui {

class EventFilter;
class EventModel;
class NodesModel;
class Notice;
class Panel;
class PlanColumn;
class ProgressBand;
class SegmentedControl;
class StepsPanel;

// What is about to be done, what is going on, when will it be over, and is anything stuck?
class RunPage : public Page {
    Q_OBJECT

public:
    RunPage(Selection& selection, EventModel& events, QWidget* parent = nullptr);

    QString title() const override { return m_title; }
    QStringList breadcrumb() const override { return m_title == tr("New run") ? QStringList() : QStringList(tr("Runs")); }
    QList<QWidget*> headerControls() const override;

    PlanColumn& plan() { return *m_plan; }
    Notice& notice() { return *m_notice; }
    void setViews(std::shared_ptr<const RunViews> views);
    void showNewRun(); // what is shown of the last run gives way to the next one
    void setWork(bool live, bool stopping);
    void setSelection(const QSet<QString>& nodes);
    void tick(double wallSeconds); // the clock goes on between two pictures
    void refreshHeader();          // its controls depend on what is shown

    bool canStart() const;
    void start();

signals:
    void startAsked();
    void stopAsked();
    void detachAsked();
    void pauseAsked(bool pause);
    void stepEndAsked(const QStringList& nodes);
    void menuAsked(QPoint position); // for the selected nodes; on the screen
    void continueAsked(const QString& run);
    void newRunAsked();
    void nodeOpened(const QString& node);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeNodes();
    QWidget* makeEvents(EventModel& events);
    void makeHeader();
    void refreshReady();
    void showRows();
    void setRows(const std::vector<NodesRow>& rows);
    void filterEvents();
    void arrangeColumns();
    void sayStuck(const RunViews& views);
    void makeStuck();
    bool isPaused() const;

    Selection& m_selection;
    QString m_title;
    std::shared_ptr<const RunViews> m_views; // what is shown; nothing before a run
    bool m_live = false;
    bool m_stopping = false;
    bool m_selecting = false;

    ProgressBand* m_band;
    Notice* m_notice;
    Notice* m_stuck;
    QStringList m_stuckNodes;
    QSet<QString> m_stuckSeen; // dismissed by the person; told again when another joins them
    PlanColumn* m_plan;
    Panel* m_nodesPanel;
    NodesModel* m_nodes;
    QTableView* m_nodesView;
    SegmentedControl* m_fold;
    Panel* m_eventsPanel;
    EventModel& m_events;
    EventFilter* m_eventFilter;
    SegmentedControl* m_eventChoice;
    StepsPanel* m_steps;
    QPushButton* m_start;
    QPushButton* m_continue;
    QPushButton* m_new;
    QPushButton* m_pause;
    QPushButton* m_detach;
    QPushButton* m_stop;
};

} // namespace seatrial::gui
