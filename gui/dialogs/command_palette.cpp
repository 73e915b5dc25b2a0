// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/command_palette.h"

#include "gui/models/fuzzy.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QAction>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace seatrial::gui {

namespace {

constexpr int keysRole = Qt::UserRole + 1;

QString labelOf(const QAction& action) { return QString(action.text()).remove(QLatin1Char('&')); }

// The name at the left, its keys at the right.
class CommandDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        return {QStyledItemDelegate::sizeHint(option, index).width(), 28};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const Theme& theme = themeOf(*option.widget);
        const bool selected = option.state & QStyle::State_Selected;
        const bool enabled = index.flags() & Qt::ItemIsEnabled;
        painter->fillRect(option.rect, selected ? theme.selection : theme.panel);
        if (selected)
            painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), theme.accent);
        const QRect box = option.rect.adjusted(12, 0, -12, 0);
        painter->setFont(fontFor(TypeRole::Row));
        painter->setPen(enabled ? theme.text2 : theme.textDisabled);
        const QString keys = index.data(keysRole).toString();
        painter->drawText(box, Qt::AlignRight | Qt::AlignVCenter, keys);
        const int room = box.width() - QFontMetrics(painter->font()).horizontalAdvance(keys) - 16;
        painter->setFont(fontFor(TypeRole::Body));
        painter->setPen(enabled ? theme.text : theme.textDisabled);
        painter->drawText(box, Qt::AlignLeft | Qt::AlignVCenter, QFontMetrics(painter->font()).elidedText(index.data().toString(), Qt::ElideRight, room));
    }
};

} // namespace

CommandPalette::CommandPalette(const QList<QAction*>& actions, QWidget* parent) : QDialog(parent), m_actions(actions), m_field(new QLineEdit), m_list(new QListWidget)
{
    setWindowTitle(tr("Commands"));
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(12, 12, 12, 12);
    rows->setSpacing(8);
    m_field->setPlaceholderText(tr("A few letters of what you want to do"));
    m_field->setAccessibleName(tr("Command"));
    m_list->setAccessibleName(tr("Commands that fit"));
    m_list->setItemDelegate(new CommandDelegate(m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setUniformItemSizes(true);
    rows->addWidget(m_field);
    rows->addWidget(m_list, 1);
    resize(520, 420);
    m_field->installEventFilter(this);
    connect(m_field, &QLineEdit::textChanged, this, &CommandPalette::fill);
    connect(m_field, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_list, &QListWidget::itemActivated, this, &CommandPalette::choose);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::choose);
    fill({});
}

void CommandPalette::fill(const QString& typed)
{
    struct Fit {
        QAction* action;
        int score;
    };
    std::vector<Fit> fits;
    for (QAction* action : m_actions) {
        if (const auto score = fuzzyScore(typed, labelOf(*action)))
            fits.push_back({action, *score});
    }
    std::ranges::stable_sort(fits, [](const Fit& a, const Fit& b) { return a.score > b.score; });
    m_list->clear();
    for (const Fit& fit : fits) {
        auto* item = new QListWidgetItem(labelOf(*fit.action), m_list);
        item->setData(Qt::UserRole, QVariant::fromValue<QObject*>(fit.action));
        item->setData(keysRole, fit.action->shortcut().toString(QKeySequence::NativeText));
        if (!fit.action->isEnabled())
            item->setFlags(Qt::NoItemFlags);
    }
    for (int row = 0; row < m_list->count(); ++row) {
        if (m_list->item(row)->flags() & Qt::ItemIsEnabled) {
            m_list->setCurrentRow(row);
            break;
        }
    }
}

void CommandPalette::choose()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (!item || !(item->flags() & Qt::ItemIsEnabled))
        return;
    m_chosen = qobject_cast<QAction*>(item->data(Qt::UserRole).value<QObject*>());
    accept();
}

// The arrows walk the list while the letters go into the field.
bool CommandPalette::eventFilter(QObject* object, QEvent* event)
{
    if (object == m_field && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp || key == Qt::Key_PageDown) {
            QCoreApplication::sendEvent(m_list, event);
            return true;
        }
    }
    return QDialog::eventFilter(object, event);
}

} // namespace seatrial::gui
