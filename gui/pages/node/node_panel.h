// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/snapshot.h"
#include "gui/models/node_report.h"

#include <QWidget>

class QPlainTextEdit;
class QScrollArea;
class QStackedWidget;
class QTableView;
class QTreeView;
class QVBoxLayout;

namespace seatrial::gui {

class EventFilter;
class EventModel;
class FindingsModel;
class Notice;
class Paragraph;
class SegmentedControl;
class StateBadge;
class TableModel;
class WordsLabel;

// Everything of one node: its verdict in words, what to do next, each figure with limit and source, its parts, its
// events and its stream as it came.
class NodePanel : public QWidget {
    Q_OBJECT

public:
    explicit NodePanel(EventModel& events, QWidget* parent = nullptr);

    void setReport(const NodeReport& report);
    void setEmpty(const QString& words); // no node, or several
    void setStream(const QString& text);
    void setStreamFailure(const domain::Failure& failure);
    QString node() const { return m_node; }

signals:
    void streamWanted(const QString& node);
    void closeAsked();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    enum Tab { Results, Measured, Parts, Events, Stream };

    QWidget* makeHead();
    QWidget* makeResults();
    QWidget* makeMeasured();
    QWidget* makeParts();
    QWidget* makeEvents(EventModel& events);
    QWidget* makeStream();
    void fitHead();
    void showTab(int tab);
    void setFindings(const NodeReport& report);
    void setMeasured(const NodeReport& report);

    QString m_node;
    QScrollArea* m_head;
    WordsLabel* m_name;
    StateBadge* m_badge;
    WordsLabel* m_place;
    Paragraph* m_sentences;
    Notice* m_hardStop;
    Paragraph* m_next;
    WordsLabel* m_coverage;
    SegmentedControl* m_tabs;
    QStackedWidget* m_stack;
    QWidget* m_content;
    WordsLabel* m_empty;

    FindingsModel* m_findings;
    QTreeView* m_findingsView;
    TableModel* m_measured;
    QTableView* m_measuredView;
    TableModel* m_parts;
    QTableView* m_partsView;
    EventFilter* m_eventFilter;
    QPlainTextEdit* m_stream;
    bool m_streamAsked = false;
};

} // namespace seatrial::gui
