// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

namespace seatrial::gui {

// What the frame knows of a page. Pages know neither each other nor the frame.
class Page : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    virtual QString title() const = 0;
    virtual QStringList breadcrumb() const { return {}; }
    // The page's own controls at the right of its header; the page keeps them alive.
    virtual QList<QWidget*> headerControls() const { return {}; }
    virtual bool hasHeader() const { return true; }

signals:
    void headerChanged(); // title or breadcrumb are new
};

} // namespace seatrial::gui
