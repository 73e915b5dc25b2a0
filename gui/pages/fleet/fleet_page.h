// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/run_views.h"
#include "gui/models/selection.h"
#include "gui/shell/page.h"

class QComboBox;

namespace seatrial::gui {

class CountsStrip;
class FilterBar;
class FleetView;
class HallStrip;
class Notice;
class RunsModel;
class SegmentedControl;

// Which nodes may take work, which may not, and why.
class FleetPage : public Page {
    Q_OBJECT

public:
    FleetPage(Selection& selection, RunsModel& runs, QWidget* parent = nullptr);

    QString title() const override { return tr("Fleet"); }
    QStringList breadcrumb() const override { return m_breadcrumb; }
    QList<QWidget*> headerControls() const override;

    void setInventory(const domain::Fleet& fleet); // before there is a run
    void setViews(const RunViews& views);
    void setShownRun(const QString& run); // empty: none
    Notice& notice() { return *m_notice; }
    FleetView& view() { return *m_view; }

    void focusFilter();
    void clearFilter();
    QString filterText() const;
    void setFilterText(const QString& text);
    FilterBar& filterBar() { return *m_filter; }
    CountsStrip& counts() { return *m_counts; }

signals:
    void figureChosen(const seatrial::gui::ShownFigure& figure);
    void runChosen(const QString& run);
    void nodeOpened(const QString& node);
    void menuAsked(QPoint position); // for the selected nodes; on the screen

private:
    void setFleet(FleetSnapshot fleet);
    void applyFilter();
    void refreshFigures(const RunViews& views);

    Selection& m_selection;
    RunsModel& m_runs;
    QStringList m_breadcrumb;
    std::vector<ShownFigure> m_figures;
    Notice* m_notice;
    CountsStrip* m_counts;
    FleetView* m_view;
    HallStrip* m_strip;
    FilterBar* m_filter;
    QComboBox* m_figureBox;
    QComboBox* m_runBox;
    SegmentedControl* m_levels;
};

} // namespace seatrial::gui
