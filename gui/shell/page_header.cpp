// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/shell/page_header.h"

#include "gui/shell/page.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QHBoxLayout>
#include <QPainter>

#include <algorithm>

namespace seatrial::gui {

PageHeader::PageHeader(QWidget* parent) : QWidget(parent), m_layout(new QHBoxLayout(this))
{
    m_layout->setContentsMargins(16, 0, 16, 1);
    m_layout->setSpacing(8);
    m_layout->addStretch(1);
    setFixedHeight(50);
}

void PageHeader::addPage(Page& page)
{
    m_pages.append(&page);
    for (QWidget* control : page.headerControls()) {
        m_layout->addWidget(control, 0, Qt::AlignVCenter);
        control->hide();
    }
    connect(&page, &Page::headerChanged, this, &PageHeader::refresh);
}

void PageHeader::showPage(Page& page)
{
    for (Page* each : m_pages) {
        for (QWidget* control : each->headerControls())
            control->setVisible(each == &page);
    }
    m_page = &page;
    setVisible(page.hasHeader());
    refresh();
}

void PageHeader::refresh()
{
    if (m_page)
        setAccessibleName((m_page->breadcrumb() << m_page->title()).join(QStringLiteral(", ")));
    update();
}

// The words end where the first visible control begins.
qreal PageHeader::textEnd() const
{
    qreal end = width() - 16;
    for (int i = 0; i < m_layout->count(); ++i) {
        const QWidget* control = m_layout->itemAt(i)->widget();
        if (control && control->isVisible())
            end = std::min<qreal>(end, control->x() - 16);
    }
    return end;
}

void PageHeader::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.fillRect(rect(), theme.panel);
    painter.setPen(theme.line);
    painter.drawLine(0, height() - 1, width(), height() - 1);
    if (!m_page)
        return;
    const QFont crumbFont = fontFor(TypeRole::Section, QFont::Medium);
    const QFont titleFont = fontFor(TypeRole::Title);
    const QFontMetricsF crumbMetrics(crumbFont);
    qreal x = 16;
    painter.setFont(crumbFont);
    painter.setPen(theme.text3);
    const qreal baseline = height() / 2.0 + crumbMetrics.capHeight() / 2;
    for (const QString& crumb : m_page->breadcrumb()) {
        if (x + crumbMetrics.horizontalAdvance(crumb) > textEnd() - 80)
            break;
        painter.setPen(theme.text3);
        painter.drawText(QPointF(x, baseline), crumb);
        x += crumbMetrics.horizontalAdvance(crumb) + 10;
        paintIcon(painter, Icon::ChevronRight, {x, height() / 2.0}, theme.text3, 15, 1.4);
        x += 10;
    }
    const QFontMetricsF titleMetrics(titleFont);
    painter.setFont(titleFont);
    painter.setPen(theme.text);
    painter.drawText(QPointF(x, height() / 2.0 + titleMetrics.capHeight() / 2),
                     titleMetrics.elidedText(m_page->title(), Qt::ElideRight, textEnd() - x));
}

} // namespace seatrial::gui
