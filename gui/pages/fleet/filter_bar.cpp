// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/fleet/filter_bar.h"

#include "gui/models/node_filter.h"
#include "gui/pages/fleet/filter_help.h"
#include "gui/session/recent_filters.h"
#include "gui/widgets/words_label.h"

#include <QCompleter>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QStringListModel>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

constexpr int restMilliseconds = 700;

} // namespace

// Completes the word at the end, not the whole line.
class FilterCompleter : public QCompleter {
public:
    explicit FilterCompleter(QObject* parent) : QCompleter(parent), m_words(new QStringListModel(this))
    {
        setModel(m_words);
        setCaseSensitivity(Qt::CaseInsensitive);
        setMaxVisibleItems(10);
    }
    void setFleet(FleetSnapshot fleet) { m_fleet = std::move(fleet); }

    QStringList splitPath(const QString& path) const override
    {
        const FilterCompletion completion = filterCompletion(m_fleet ? *m_fleet : FleetViewData(), path);
        m_kept = path.left(completion.from);
        if (m_words->stringList() != completion.words)
            m_words->setStringList(completion.words);
        return {path.mid(completion.from)};
    }
    QString pathFromIndex(const QModelIndex& index) const override { return m_kept + index.data().toString(); }

private:
    FleetSnapshot m_fleet;
    QStringListModel* m_words;
    mutable QString m_kept; // what stands before the word
};

FilterBar::FilterBar(QWidget* parent) : QWidget(parent), m_field(new QLineEdit), m_completer(new FilterCompleter(this))
{
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(3);
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    m_field->setPlaceholderText(tr("Filter: rack==R2 and verdict!=qualified, or words"));
    m_field->setAccessibleName(tr("Filter"));
    m_field->setAccessibleDescription(tr("An expression, or words that must all occur. F1 explains it."));
    m_field->setClearButtonEnabled(true);
    m_field->setMaximumWidth(520);
    m_field->setCompleter(m_completer);
    m_field->installEventFilter(this);
    m_recent = new QPushButton(tr("Recent"));
    m_recent->setToolTip(tr("Filters that were used before"));
    m_recent->setAccessibleName(tr("Recent filters"));
    m_recentMenu = new QMenu(this);
    m_recent->setMenu(m_recentMenu);
    m_help = new QPushButton(QStringLiteral("?"));
    m_help->setToolTip(tr("How filters are written (F1 in the field)"));
    m_help->setAccessibleName(tr("Help on filters"));
    m_matches = new WordsLabel(TypeRole::Row, &Theme::text2);
    auto* hint = new WordsLabel(tr(".  next problem     ,  previous     F  fit"), TypeRole::Row, &Theme::text3);
    row->addWidget(m_field, 3);
    row->addWidget(m_recent);
    row->addWidget(m_help);
    row->addSpacing(4);
    row->addWidget(m_matches);
    row->addStretch(1);
    row->addWidget(hint);
    rows->addLayout(row);
    m_problem = new WordsLabel(TypeRole::Row, &Theme::text2);
    m_problem->setObjectName(QStringLiteral("filterProblem"));
    m_problem->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_problem->hide();
    rows->addWidget(m_problem);
    m_rest.setSingleShot(true);
    m_rest.setInterval(restMilliseconds);
    connect(&m_rest, &QTimer::timeout, this, &FilterBar::apply);
    connect(m_field, &QLineEdit::textChanged, this, &FilterBar::take);
    connect(m_field, &QLineEdit::editingFinished, this, &FilterBar::remember);
    connect(m_help, &QPushButton::clicked, this, &FilterBar::showHelp);
    connect(m_recentMenu, &QMenu::aboutToShow, this, &FilterBar::fillRecent);
}

void FilterBar::setFleet(FleetSnapshot fleet) { m_completer->setFleet(std::move(fleet)); }

void FilterBar::setMatches(const QString& text) { m_matches->setText(text); }

void FilterBar::setText(const QString& text)
{
    m_field->setText(text);
    apply();
    remember();
}

void FilterBar::startTyping()
{
    m_field->setFocus(Qt::ShortcutFocusReason);
    m_field->selectAll();
}

void FilterBar::take(const QString& text)
{
    m_rest.stop();
    const auto problem = NodeFilter::problemOf(text);
    m_problem->setVisible(problem.has_value());
    if (problem) {
        m_problem->setText(tr("At character %1: %2").arg(problem->position + 1).arg(problem->what));
        m_problem->setToolTip(m_problem->text());
        return;
    }
    m_problem->clear();
    if (endsInHalfAWord(text))
        m_rest.start();
    else
        apply();
}

void FilterBar::apply()
{
    m_rest.stop();
    const QString text = m_field->text().trimmed();
    if (m_filter == text || NodeFilter::problemOf(text))
        return;
    m_filter = text;
    emit filterChanged();
}

void FilterBar::remember()
{
    apply();
    if (!m_filter.isEmpty() && m_filter == m_field->text().trimmed())
        rememberFilter(m_filter);
}

void FilterBar::fillRecent()
{
    m_recentMenu->clear();
    const QStringList filters = recentFilters();
    for (const QString& filter : filters) {
        QString label = m_recentMenu->fontMetrics().elidedText(filter, Qt::ElideRight, 420);
        QAction* action = m_recentMenu->addAction(label.replace(QLatin1Char('&'), QStringLiteral("&&")));
        connect(action, &QAction::triggered, this, [this, filter] { setText(filter); });
    }
    if (filters.isEmpty()) {
        m_recentMenu->addAction(tr("No filter was used yet"))->setEnabled(false);
        return;
    }
    m_recentMenu->addSeparator();
    connect(m_recentMenu->addAction(tr("Forget these")), &QAction::triggered, this, [] { forgetFilters(); });
}

void FilterBar::showHelp()
{
    auto* help = new FilterHelp(this);
    help->setAttribute(Qt::WA_DeleteOnClose);
    connect(help, &FilterHelp::exampleChosen, this, [this](const QString& example) {
        setText(example);
        startTyping();
    });
    help->showBelow(*m_field);
}

// Escape clears, then leaves; Enter leaves with what was typed.
bool FilterBar::eventFilter(QObject* object, QEvent* event)
{
    if (object != m_field || (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride))
        return QWidget::eventFilter(object, event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key != Qt::Key_Escape && key != Qt::Key_F1 && key != Qt::Key_Return && key != Qt::Key_Enter)
        return QWidget::eventFilter(object, event);
    if (event->type() == QEvent::ShortcutOverride) {
        event->accept();
        return true;
    }
    if (key == Qt::Key_F1) {
        showHelp();
    } else if (key == Qt::Key_Escape && !m_field->text().isEmpty()) {
        m_field->clear();
    } else {
        remember();
        emit left();
    }
    return true;
}

} // namespace seatrial::gui
