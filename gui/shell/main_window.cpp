// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/shell/main_window.h"

#include "gui/shell/page.h"
#include "gui/shell/page_header.h"
#include "gui/shell/rail.h"
#include "gui/shell/status_strip.h"
#include "gui/shell/top_bar.h"

#include <QAction>
#include <QDockWidget>
#include <QFrame>
#include <QHBoxLayout>
#include <QMenu>
#include <QMenuBar>
#include <QResizeEvent>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace seatrial::gui {

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent),
      m_top(new TopBar),
      m_rail(new Rail),
      m_header(new PageHeader),
      m_status(new StatusStrip),
      m_stack(new QStackedWidget),
      m_inner(new QMainWindow(nullptr, Qt::Widget))
{
    setMinimumSize(1000, 640);
    resize(1440, 900);
    setWindowTitle(QStringLiteral("Seatrial"));
    setMenuWidget(m_top);

    m_inner->setCentralWidget(m_stack);
    m_inner->setContextMenuPolicy(Qt::PreventContextMenu);
    auto* body = new QWidget;
    auto* columns = new QHBoxLayout;
    auto* right = new QVBoxLayout;
    auto* rows = new QVBoxLayout(body);
    for (QLayout* layout : {static_cast<QLayout*>(columns), static_cast<QLayout*>(right), static_cast<QLayout*>(rows)}) {
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(0);
    }
    right->addWidget(m_header);
    right->addWidget(m_inner, 1);
    columns->addWidget(m_rail);
    columns->addLayout(right, 1);
    rows->addLayout(columns, 1);
    rows->addWidget(m_status);
    setCentralWidget(body);

    connect(m_rail, &Rail::chosen, this, [this](int entry) {
        for (const Entry& each : m_entries) {
            if (each.railEntry == entry)
                showPage(each.name);
        }
    });
}

void MainWindow::addPage(const QString& name, Page* page, std::optional<RailEntry> entry)
{
    int railEntry = -1;
    if (entry) {
        int number = 1;
        for (const Entry& each : m_entries)
            number += each.railEntry >= 0 ? 1 : 0;
        const QKeySequence keys(QStringLiteral("Ctrl+%1").arg(number));
        railEntry = m_rail->addEntry(entry->icon, entry->label, keys.toString(QKeySequence::NativeText));
        auto* action = new QAction(tr("Page %1").arg(entry->label), this);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, [this, name] { showPage(name); });
        QMainWindow::addAction(action);
        m_pageActions << action;
    }
    m_entries.append({name, page, railEntry});
    m_stack->addWidget(page);
    m_header->addPage(*page);
    if (m_entries.size() == 1)
        showPage(name);
}

const MainWindow::Entry* MainWindow::find(const QString& name) const
{
    for (const Entry& entry : m_entries) {
        if (entry.name == name)
            return &entry;
    }
    return nullptr;
}

void MainWindow::showPage(const QString& name)
{
    const Entry* entry = find(name);
    if (!entry || !entry->page->isEnabled())
        return;
    m_stack->setCurrentWidget(entry->page);
    m_header->showPage(*entry->page);
    m_rail->setCurrent(entry->railEntry);
    refreshDock();
    emit pageShown(name);
}

QString MainWindow::currentPage() const
{
    for (const Entry& entry : m_entries) {
        if (entry.page == m_stack->currentWidget())
            return entry.name;
    }
    return {};
}

void MainWindow::setPageEnabled(const QString& name, bool enabled, const QString& reason)
{
    const Entry* entry = find(name);
    if (!entry)
        return;
    entry->page->setEnabled(enabled);
    if (entry->railEntry >= 0 && entry->railEntry < m_pageActions.size())
        m_pageActions[entry->railEntry]->setEnabled(enabled);
    m_rail->setEntryEnabled(entry->railEntry, enabled, reason);
}

QDockWidget& MainWindow::setDock(QWidget* content, const QString& title, const QStringList& pages)
{
    m_dockContent = content;
    m_dock = new QDockWidget(title, m_inner);
    m_dock->setObjectName(QStringLiteral("nodeDock")); // saved layouts name it
    m_dock->setWidget(content);
    m_dock->setTitleBarWidget(new QWidget(m_dock)); // the content brings its own head
    m_dock->setFeatures(QDockWidget::NoDockWidgetFeatures);
    m_inner->addDockWidget(Qt::RightDockWidgetArea, m_dock);
    auto* over = new QFrame(m_inner);
    over->setObjectName(QStringLiteral("dockOverPage"));
    over->setFrameShape(QFrame::StyledPanel);
    over->setAutoFillBackground(true);
    over->hide();
    auto* layout = new QVBoxLayout(over);
    layout->setContentsMargins(0, 0, 0, 0);
    m_over = over;
    m_dockPages = pages;
    refreshDock();
    return *m_dock;
}

void MainWindow::setDockWanted(bool wanted)
{
    if (isNarrow())
        m_overPage = wanted;
    else
        m_dockWanted = wanted;
    refreshDock();
}

void MainWindow::refreshDock()
{
    if (!m_dock)
        return;
    m_dockContent->setMinimumWidth(340);
    m_dockContent->setMaximumWidth(520);
    const bool pageHasIt = m_dockPages.contains(currentPage());
    if (isNarrow()) {
        m_dock->hide();
        if (m_dockContent->parentWidget() != m_over) {
            m_over->layout()->addWidget(m_dockContent);
            m_dockContent->show();
        }
        m_over->setVisible(m_overPage && pageHasIt);
        placeOver();
        return;
    }
    m_over->hide();
    if (m_dock->widget() != m_dockContent || m_dockContent->parentWidget() == m_over) {
        m_over->layout()->removeWidget(m_dockContent);
        m_dock->setWidget(m_dockContent);
        m_dockContent->show();
    }
    const bool shown = m_dockWanted && pageHasIt;
    const bool appears = shown && m_dock->isHidden();
    m_dock->setVisible(shown);
    if (appears)
        m_inner->resizeDocks({m_dock}, {width() < 1280 ? 340 : 400}, Qt::Horizontal);
}

void MainWindow::placeOver()
{
    const int wide = std::min(400, m_inner->width() - 40);
    m_over->setGeometry(m_inner->width() - wide, 0, wide, m_inner->height());
    m_over->raise();
}

void MainWindow::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    if (!m_dock)
        return;
    const auto narrow = [](const QSize& size) { return size.width() < narrowWidth; };
    if (narrow(event->oldSize()) != narrow(event->size()))
        m_overPage = false; // what becomes narrow shows its page first
    refreshDock();
    const bool crossed = (event->oldSize().width() < 1280) != (event->size().width() < 1280);
    if (m_dock->isVisible() && crossed)
        m_inner->resizeDocks({m_dock}, {event->size().width() < 1280 ? 340 : 400}, Qt::Horizontal);
}

QMenu& MainWindow::menu(const QString& title)
{
    for (QAction* action : m_top->menus().actions()) {
        if (action->menu() && action->menu()->title() == title)
            return *action->menu();
    }
    return *m_top->menus().addMenu(title);
}

void MainWindow::setSessionTitle(const QString& title, const QString& mark)
{
    m_top->setTitle(title);
    m_top->setMark(mark);
    QStringList parts;
    if (!mark.isEmpty())
        parts << mark;
    if (!title.isEmpty())
        parts << title;
    parts << QStringLiteral("Seatrial");
    setWindowTitle(parts.join(QStringLiteral(" - ")));
}

QByteArray MainWindow::saveFrame() const { return m_inner->saveState(); }

bool MainWindow::restoreFrame(const QByteArray& state) { return m_inner->restoreState(state); }

} // namespace seatrial::gui
