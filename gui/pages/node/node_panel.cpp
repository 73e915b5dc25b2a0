// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/node/node_panel.h"

#include "gui/models/event_model.h"
#include "gui/models/findings_model.h"
#include "gui/models/table_model.h"
#include "gui/models/words.h"
#include "gui/pages/node/findings_delegate.h"
#include "gui/widgets/icon_button.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/paragraph.h"
#include "gui/widgets/segmented_control.h"
#include "gui/widgets/state_badge.h"
#include "gui/widgets/table_style.h"
#include "gui/widgets/words_label.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPainter>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTableView>
#include <QTreeView>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

constexpr int edge = 16;

} // namespace

NodePanel::NodePanel(EventModel& events, QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Node"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 0, 0, 0);
    m_content = new QWidget;
    auto* content = new QVBoxLayout(m_content);
    content->setContentsMargins(0, 12, 0, 0);
    content->setSpacing(8);
    m_head = new QScrollArea;
    m_head->setFrameShape(QFrame::NoFrame);
    m_head->setWidgetResizable(true);
    m_head->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_head->setFocusPolicy(Qt::NoFocus);
    m_head->setWidget(makeHead());
    m_head->setBackgroundRole(QPalette::Base);
    m_head->widget()->setBackgroundRole(QPalette::Base);
    content->addWidget(m_head);

    m_tabs = new SegmentedControl({tr("Results"), tr("Values"), tr("Parts"), tr("Events"), tr("Stream")});
    auto* tabRow = new QHBoxLayout;
    tabRow->setContentsMargins(edge, 4, edge, 0);
    tabRow->addWidget(m_tabs);
    tabRow->addStretch(1);
    content->addLayout(tabRow);
    m_coverage = new WordsLabel(TypeRole::Small, &Theme::text3);
    m_coverage->setContentsMargins(edge, 0, edge, 0);
    content->addWidget(m_coverage);
    m_stack = new QStackedWidget;
    for (QWidget* page : {makeResults(), makeMeasured(), makeParts(), makeEvents(events), makeStream()})
        m_stack->addWidget(page);
    content->addWidget(m_stack, 1);
    m_empty = new WordsLabel(TypeRole::Body, &Theme::text2);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    layout->addWidget(m_content);
    layout->addWidget(m_empty, 1);
    connect(m_tabs, &SegmentedControl::currentChanged, this, &NodePanel::showTab);
    setEmpty(tr("Select a node to see what was measured on it."));
}

QWidget* NodePanel::makeHead()
{
    auto* head = new QWidget;
    auto* rows = new QVBoxLayout(head);
    rows->setContentsMargins(edge, 0, edge, 0);
    rows->setSpacing(6);
    m_name = new WordsLabel(TypeRole::Title);
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_badge = new StateBadge;
    auto* close = new IconButton(Icon::Close, tr("Close the node panel (Ctrl+B)"));
    connect(close, &QAbstractButton::clicked, this, &NodePanel::closeAsked);
    auto* first = new QHBoxLayout;
    first->setSpacing(10);
    first->addWidget(m_name);
    first->addWidget(m_badge);
    first->addStretch(1);
    first->addWidget(close);
    m_place = new WordsLabel(TypeRole::Row, &Theme::text3);
    m_sentences = new Paragraph(TypeRole::Body);
    m_hardStop = new Notice;
    m_hardStop->setClosable(false);
    m_next = new Paragraph(TypeRole::Body, &Theme::accentInk);
    m_next->setGround(&Theme::accentTint);
    rows->addLayout(first);
    rows->addWidget(&m_place->wrapped());
    rows->addWidget(m_hardStop);
    rows->addWidget(m_sentences);
    rows->addWidget(m_next);
    return head;
}

QWidget* NodePanel::makeResults()
{
    m_findings = new FindingsModel(this);
    m_findingsView = new QTreeView;
    dressView(*m_findingsView);
    dressHeader(*m_findingsView->header());
    m_findingsView->setModel(m_findings);
    m_findingsView->setItemDelegate(new FindingsDelegate(m_findingsView));
    m_findingsView->setRootIsDecorated(false);
    m_findingsView->setIndentation(0);
    m_findingsView->setItemsExpandable(true);
    m_findingsView->setExpandsOnDoubleClick(false);
    m_findingsView->setAccessibleName(tr("Results with their limits"));
    auto* header = m_findingsView->header();
    header->setStretchLastSection(false);
    header->setSectionResizeMode(FindingsModel::Test, QHeaderView::Stretch);
    header->setSectionResizeMode(FindingsModel::Measured, QHeaderView::ResizeToContents);
    header->setSectionResizeMode(FindingsModel::Limit, QHeaderView::ResizeToContents);
    header->setSectionResizeMode(FindingsModel::Margin, QHeaderView::Fixed);
    header->resizeSection(FindingsModel::Margin, 66);
    // Rows that explain break their lines by the width there is.
    connect(header, &QHeaderView::sectionResized, m_findingsView, &QTreeView::doItemsLayout, Qt::QueuedConnection);
    // The selected row is the open one.
    connect(m_findingsView->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now, const QModelIndex& before) {
        const QModelIndex row = now.parent().isValid() ? now.parent() : now;
        if (before.isValid() && !before.parent().isValid() && before.row() != row.row())
            m_findingsView->collapse(before.siblingAtColumn(0));
        m_findingsView->expand(row.siblingAtColumn(0));
    });
    return m_findingsView;
}

QWidget* NodePanel::makeMeasured()
{
    m_measured = new TableModel(this);
    m_measuredView = new QTableView;
    dressTable(*m_measuredView);
    m_measuredView->setModel(m_measured);
    m_measuredView->setAccessibleName(tr("Every measurement"));
    return m_measuredView;
}

QWidget* NodePanel::makeParts()
{
    m_parts = new TableModel(this);
    m_partsView = new QTableView;
    dressTable(*m_partsView);
    m_partsView->setModel(m_parts);
    m_partsView->setAccessibleName(tr("Parts found in the node"));
    return m_partsView;
}

QWidget* NodePanel::makeEvents(EventModel& events)
{
    m_eventFilter = new EventFilter(this);
    m_eventFilter->setSourceModel(&events);
    auto* view = new QTableView;
    dressTable(*view);
    view->setModel(m_eventFilter);
    view->hideColumn(EventModel::Nodes);
    view->setColumnWidth(EventModel::Time, 70);
    view->horizontalHeader()->setStretchLastSection(true);
    view->setAccessibleName(tr("Events of the node"));
    return view;
}

QWidget* NodePanel::makeStream()
{
    m_stream = new QPlainTextEdit;
    m_stream->setReadOnly(true);
    m_stream->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_stream->setFont(fixedFontFor(TypeRole::Small));
    m_stream->setFrameShape(QFrame::NoFrame);
    m_stream->setAccessibleName(tr("The node's stream as it came"));
    return m_stream;
}

void NodePanel::setEmpty(const QString& words)
{
    m_node.clear();
    m_eventFilter->setNode({});
    m_empty->setText(words);
    m_content->hide();
    m_empty->show();
}

void NodePanel::setReport(const NodeReport& report)
{
    const bool another = report.node != m_node;
    m_node = report.node;
    m_empty->hide();
    m_content->show();
    setAccessibleDescription(report.node + QStringLiteral(", ") + wordOf(report.state));
    m_name->setText(report.node);
    m_badge->setState(report.state);
    m_place->setText(report.place);
    m_sentences->setWords(report.sentences);
    m_sentences->setVisible(!report.sentences.isEmpty());
    if (report.hardStop)
        m_hardStop->say(State::Failed, tr("Stopped: this is not the machine it was"),
                        tr("Its host key differs from the one that is known. Either the node was installed again, or another machine answers in its "
                           "place. Nothing was sent to it, and this window cannot go past it: a person has to compare the keys first."));
    else
        m_hardStop->hide();
    m_next->setWords(tr("Next: ") + report.next);
    m_next->setVisible(!report.next.isEmpty());
    m_coverage->setText((QStringList(report.coverage) + report.accepted).join(QStringLiteral("  ·  ")));
    m_coverage->setVisible(!report.coverage.isEmpty());
    if (another) {
        m_eventFilter->setNode(report.node);
        m_stream->clear();
        m_streamAsked = false;
    }
    setFindings(report);
    setMeasured(report);
    fitHead();
    if (another)
        showTab(m_tabs->currentIndex());
}

void NodePanel::setFindings(const NodeReport& report)
{
    const QModelIndex current = m_findingsView->currentIndex();
    const int row = current.parent().isValid() ? current.parent().row() : current.row();
    const int scrolled = m_findingsView->verticalScrollBar()->value();
    m_findings->setFindings(report.findings, report.plan, report.node);
    for (int i = 0; i < m_findings->rowCount(); ++i)
        m_findingsView->setFirstColumnSpanned(0, m_findings->index(i, 0), true);
    const bool openFirst = row < 0 && m_findings->rowCount() > 0 && m_findings->finding(0).verdict != domain::Verdict::Qualified;
    const int wanted = openFirst ? 0 : row;
    if (wanted >= 0 && wanted < m_findings->rowCount())
        m_findingsView->setCurrentIndex(m_findings->index(wanted, 0));
    m_findingsView->verticalScrollBar()->setValue(scrolled);
}

void NodePanel::setMeasured(const NodeReport& report)
{
    const int scrolled = m_measuredView->verticalScrollBar()->value();
    m_measured->setTable(report.measured);
    for (const auto* hidden : {"run", "node", "step", "attempt", "check", "time", "simulated"}) {
        if (const int column = m_measured->columnOf(QString::fromLatin1(hidden)); column >= 0)
            m_measuredView->hideColumn(column);
    }
    m_measuredView->resizeColumnsToContents();
    m_measuredView->verticalScrollBar()->setValue(scrolled);
    report::Table parts;
    parts.columns = {"kind", "place", "model", "identity", "firmware"};
    for (const PartRow& part : report.parts)
        parts.rows.push_back({part.kind.toStdString(), part.place.toStdString(), part.model.toStdString(), part.identity.toStdString(), part.firmware.toStdString()});
    m_parts->setTable(std::move(parts));
    m_partsView->resizeColumnsToContents();
}

void NodePanel::showTab(int tab)
{
    m_stack->setCurrentIndex(tab);
    if (tab != Stream || m_streamAsked || m_node.isEmpty())
        return;
    m_streamAsked = true;
    m_stream->setPlainText(tr("Reading the stream of %1…").arg(m_node));
    emit streamWanted(m_node);
}

void NodePanel::setStream(const QString& text)
{
    m_stream->setPlainText(text.isEmpty() ? tr("Nothing was received from this node.") : text);
}

void NodePanel::setStreamFailure(const domain::Failure& failure)
{
    m_stream->setPlainText(shown(domain::sentence(failure)));
    m_streamAsked = false; // choosing the tab again tries again
}

// The head is as high as its words, up to a little more than half of the panel; then it scrolls.
void NodePanel::fitHead()
{
    const int wanted = m_head->widget()->layout()->totalHeightForWidth(std::max(200, width() - 2));
    m_head->setFixedHeight(std::min(wanted + 2, height() * 11 / 20));
}

void NodePanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fitHead();
}

void NodePanel::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.fillRect(rect(), theme.panel);
    painter.setPen(theme.line);
    painter.drawLine(0, 0, 0, height());
}

} // namespace seatrial::gui
