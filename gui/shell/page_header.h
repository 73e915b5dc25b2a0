// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QHBoxLayout;

namespace seatrial::gui {

class Page;

// Where am I, and the controls of the page at the right.
class PageHeader : public QWidget {
    Q_OBJECT

public:
    explicit PageHeader(QWidget* parent = nullptr);

    void addPage(Page& page);
    void showPage(Page& page);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();
    qreal textEnd() const;

    QHBoxLayout* m_layout;
    QList<Page*> m_pages;
    Page* m_page = nullptr;
};

} // namespace seatrial::gui
