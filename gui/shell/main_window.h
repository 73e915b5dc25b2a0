// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/icons.h"

#include <QMainWindow>

#include <optional>

class QDockWidget;
class QMenu;
class QStackedWidget;

namespace seatrial::gui {

class Page;
class PageHeader;
class Rail;
class StatusStrip;
class TopBar;

// The frame: menus, rail, page header, pages, one dock at the right, status. It knows pages only as Page.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(QWidget* parent = nullptr);

    struct RailEntry {
        Icon icon;
        QString label;
    };
    // The window owns the page. Pages without a rail entry are reached through menus.
    void addPage(const QString& name, Page* page, std::optional<RailEntry> entry);
    void showPage(const QString& name);
    QString currentPage() const;
    void setPageEnabled(const QString& name, bool enabled, const QString& reason);

    // The dock belongs to the pages named; on others it is hidden without losing the user's choice.
    // Below narrowWidth it lies over the page instead of beside it, and only when it is asked for.
    QDockWidget& setDock(QWidget* content, const QString& title, const QStringList& pages);
    void setDockWanted(bool wanted);
    bool isDockWanted() const { return isNarrow() ? m_overPage : m_dockWanted; }
    static constexpr int narrowWidth = 1180;

    QMenu& menu(const QString& title); // made on first use, in the order of use
    StatusStrip& status() { return *m_status; }
    const QList<QAction*>& pageActions() const { return m_pageActions; } // Ctrl+1 and so on
    void setSessionTitle(const QString& title, const QString& mark = {});

    QByteArray saveFrame() const;
    bool restoreFrame(const QByteArray& state);

signals:
    void pageShown(const QString& name);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Entry {
        QString name;
        Page* page;
        int railEntry;
    };
    const Entry* find(const QString& name) const;
    void refreshDock();
    void placeOver();
    bool isNarrow() const { return width() < narrowWidth; }

    TopBar* m_top;
    Rail* m_rail;
    PageHeader* m_header;
    StatusStrip* m_status;
    QStackedWidget* m_stack;
    QMainWindow* m_inner; // holds the pages and their dock, below the header
    QDockWidget* m_dock = nullptr;
    QStringList m_dockPages;
    bool m_dockWanted = false;
    bool m_overPage = false; // while narrow: open
    QWidget* m_over = nullptr; // holds the dock's content while it lies over the page
    QWidget* m_dockContent = nullptr;
    QList<Entry> m_entries;
    QList<QAction*> m_pageActions;
};

} // namespace seatrial::gui
