// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/check_dialog.h"

#include "core/campaign/preflight_text.h"
#include "gui/dialogs/ladder_view.h"
#include "gui/models/words.h"
#include "gui/theme/state_painter.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented_control.h"
#include "gui/widgets/table_style.h"
#include "gui/widgets/words_label.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace seatrial::gui {

using campaign::Ladder;
using campaign::RungState;

namespace {

constexpr int kStateRole = Qt::UserRole;
constexpr int kTimeRole = Qt::UserRole + 1;

QString wordsOf(RungState state)
{
    return QString::fromStdString(state == RungState::NotReached ? "waits" : campaign::ladderStateText(state));
}

// Glyph, name, and how it stands.
class NodeDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {120, tableRowHeight()}; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const Theme& theme = themeOf(option.palette);
        if (option.state & QStyle::State_Selected)
            painter->fillRect(option.rect, theme.selection);
        painter->setPen(theme.lineGrid);
        painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
        const QRect inner = option.rect.adjusted(12, 0, -10, 0);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        paintState(*painter, theme, QPointF(inner.left() + 7, inner.center().y() + 0.5), 13, static_cast<State>(index.data(kStateRole).toInt()));
        painter->restore();
        painter->setFont(numericFontFor(TypeRole::Row));
        painter->setPen(theme.text3);
        const QString time = index.data(kTimeRole).toString();
        painter->drawText(inner, Qt::AlignVCenter | Qt::AlignRight, time);
        const int used = QFontMetrics(painter->font()).horizontalAdvance(time) + 10;
        painter->setFont(fontFor(TypeRole::Row));
        painter->setPen(theme.text);
        const QRect name = inner.adjusted(24, 0, -used, 0);
        painter->drawText(name, Qt::AlignVCenter, QFontMetrics(painter->font()).elidedText(index.data().toString(), Qt::ElideMiddle, name.width()));
    }
};

} // namespace

CheckDialog::CheckDialog(std::vector<domain::NodeId> all, std::vector<domain::NodeId> selected, QWidget* parent)
    : QDialog(parent), m_all(std::move(all)), m_selected(std::move(selected)), m_words(new WordsLabel(TypeRole::Body, &Theme::text2)), m_notice(new Notice),
      m_list(new QListWidget), m_ladder(new LadderView), m_node(new WordsLabel(TypeRole::Section)), m_again(new QPushButton(tr("Again"))),
      m_stop(new QPushButton(tr("Stop"))), m_copy(new QPushButton(tr("Copy as text")))
{
    setWindowTitle(tr("Check connection"));
    resize(920, 620);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(12);
    auto* head = new QHBoxLayout;
    auto* titles = new QVBoxLayout;
    titles->setSpacing(3);
    titles->addWidget(new WordsLabel(tr("Check connection"), TypeRole::Title));
    titles->addWidget(m_words);
    head->addLayout(titles, 1);
    if (!m_selected.empty() && m_selected.size() < m_all.size()) {
        m_which = new SegmentedControl({tr("Selected (%1)").arg(m_selected.size()), tr("All (%1)").arg(m_all.size())});
        m_which->setAccessibleName(tr("Which nodes"));
        connect(m_which, &SegmentedControl::currentChanged, this, &CheckDialog::restart);
        head->addWidget(m_which, 0, Qt::AlignBottom);
    }
    layout->addLayout(head);
    m_notice->hide();
    layout->addWidget(m_notice);

    auto* nodes = new Panel(tr("Nodes"));
    nodes->setFlush();
    nodes->setFixedWidth(250);
    m_list->setItemDelegate(new NodeDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setAccessibleName(tr("Nodes"));
    nodes->body().addWidget(m_list);
    auto* steps = new Panel(tr("Steps"));
    steps->setFlush();
    steps->addControl(m_node);
    steps->body().addWidget(m_ladder);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(12);
    middle->addWidget(nodes);
    middle->addWidget(steps, 1);
    layout->addLayout(middle, 1);

    auto* buttons = new QHBoxLayout;
    auto* close = new QPushButton(tr("Close"));
    buttons->addWidget(m_again);
    buttons->addWidget(m_stop);
    buttons->addWidget(m_copy);
    buttons->addStretch(1);
    buttons->addWidget(close);
    layout->addLayout(buttons);
    for (QPushButton* button : {m_again, m_stop, m_copy})
        button->setAutoDefault(false);
    close->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_again, &QPushButton::clicked, this, &CheckDialog::restart);
    connect(m_stop, &QPushButton::clicked, this, &CheckDialog::stopAsked);
    connect(m_copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(text()); });
    connect(m_list, &QListWidget::currentRowChanged, this, &CheckDialog::showNode);
    connect(m_list, &QListWidget::itemPressed, this, [this] { m_personChose = true; });
    m_list->setFocus();
}

const std::vector<domain::NodeId>& CheckDialog::chosen() const
{
    return m_selected.empty() || (m_which && m_which->currentIndex() == 1) ? m_all : m_selected;
}

void CheckDialog::begin() { restart(); }

void CheckDialog::restart()
{
    const QString before = m_list->currentItem() ? m_list->currentItem()->text() : QString();
    m_ladders.clear();
    m_rowOf.clear();
    m_list->clear();
    for (const auto& id : chosen()) {
        const int row = m_list->count();
        m_rowOf[id] = row;
        m_list->addItem(shown(id.text()));
        refreshItem(row);
    }
    const auto found = before.isEmpty() ? QList<QListWidgetItem*>() : m_list->findItems(before, Qt::MatchExactly);
    m_list->setCurrentRow(found.isEmpty() ? 0 : m_list->row(found.constFirst()));
    m_notice->hide();
    m_running = true;
    m_stopped = false;
    refreshWords();
    emit checkAsked(chosen());
}

void CheckDialog::setLadders(const std::vector<Ladder>& ladders)
{
    for (const Ladder& ladder : ladders) {
        const auto row = m_rowOf.find(ladder.node);
        if (row == m_rowOf.end())
            continue;
        m_ladders.insert_or_assign(ladder.node, ladder);
        refreshItem(row->second);
        if (row->second == m_list->currentRow())
            showNode();
    }
    refreshWords();
}

void CheckDialog::setEnded(bool stopped)
{
    m_running = false;
    m_stopped = stopped;
    refreshWords();
    showFirstProblem();
}

void CheckDialog::setFailure(const domain::Failure& failure)
{
    m_notice->say(State::Failed, shown(failure.what), shown(failure.advice));
}

void CheckDialog::refreshItem(int row)
{
    const domain::NodeId& id = chosen()[static_cast<std::size_t>(row)];
    const auto ladder = m_ladders.find(id);
    const RungState state = ladder == m_ladders.end() ? RungState::NotReached : ladder->second.state();
    QListWidgetItem* item = m_list->item(row);
    item->setData(kStateRole, static_cast<int>(stateOf(state)));
    const bool timed = ladder != m_ladders.end() && ladder->second.over;
    item->setData(kTimeRole, timed ? QString::fromStdString(campaign::durationText(ladder->second.seconds())) : QString());
    item->setData(Qt::AccessibleTextRole, tr("%1, %2").arg(shown(id.text()), wordsOf(state)));
    item->setToolTip(wordsOf(state));
}

void CheckDialog::showNode()
{
    const int row = m_list->currentRow();
    if (row < 0)
        return;
    const domain::NodeId& id = chosen()[static_cast<std::size_t>(row)];
    const auto ladder = m_ladders.find(id);
    Ladder empty;
    empty.node = id;
    const Ladder& now = ladder == m_ladders.end() ? empty : ladder->second;
    m_ladder->setLadder(now);
    m_node->setText(QStringLiteral("%1: %2").arg(shown(id.text()), wordsOf(now.state())));
}

void CheckDialog::refreshWords()
{
    std::map<RungState, int> counts;
    int over = 0;
    for (const auto& [node, ladder] : m_ladders) {
        ++counts[ladder.state()];
        over += ladder.over;
    }
    QStringList parts;
    if (m_running)
        parts << tr("%1 of %2 checked").arg(over).arg(m_list->count());
    else if (m_stopped)
        parts << tr("stopped");
    for (const auto state : {RungState::Passed, RungState::Warned, RungState::Failed}) {
        if (counts[state] > 0)
            parts << tr("%1 %2").arg(counts[state]).arg(wordsOf(state));
    }
    m_words->setText(parts.join(QStringLiteral("  ·  ")));
    m_again->setEnabled(!m_running);
    m_stop->setEnabled(m_running);
    m_copy->setEnabled(over > 0);
}

// Whoever has chosen no node is shown the one that needs a look.
void CheckDialog::showFirstProblem()
{
    for (const RungState wanted : {RungState::Failed, RungState::Warned}) {
        for (int row = 0; row < m_list->count() && !m_personChose; ++row) {
            const auto ladder = m_ladders.find(chosen()[static_cast<std::size_t>(row)]);
            if (ladder != m_ladders.end() && ladder->second.state() == wanted) {
                m_list->setCurrentRow(row);
                return;
            }
        }
    }
}

QString CheckDialog::text() const
{
    std::vector<Ladder> ladders;
    for (const auto& id : chosen()) {
        if (const auto ladder = m_ladders.find(id); ladder != m_ladders.end())
            ladders.push_back(ladder->second);
    }
    QStringList lines;
    for (const QString& line : QString::fromStdString(campaign::ladderTexts(ladders)).split(QLatin1Char('\n')))
        lines << shown(line.toStdString());
    return lines.join(QLatin1Char('\n'));
}

} // namespace seatrial::gui
