// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/panel.h"

#include "gui/widgets/words_label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace seatrial::gui {

Panel::Panel(const QString& title, QWidget* parent)
    : QWidget(parent),
      m_headBox(new QWidget(this)),
      m_head(new QHBoxLayout(m_headBox)),
      m_body(new QVBoxLayout),
      m_title(new WordsLabel(TypeRole::Section)),
      m_hint(new WordsLabel(TypeRole::Row, &Theme::text3))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 1, 1, 1);
    layout->setSpacing(0);
    m_head->setContentsMargins(13, 7, 11, 5);
    m_head->setSpacing(8);
    m_head->addWidget(m_title);
    m_head->addWidget(m_hint, 1);
    m_headBox->setMinimumHeight(38);
    m_body->setContentsMargins(13, 2, 13, 12);
    m_body->setSpacing(6);
    layout->addWidget(m_headBox);
    layout->addLayout(m_body, 1);
    setTitle(title);
}

void Panel::setTitle(const QString& title)
{
    m_title->setText(title);
    m_headBox->setVisible(!title.isEmpty());
    setAccessibleName(title);
}

void Panel::setHint(const QString& hint)
{
    m_hint->setText(hint);
    m_hint->setToolTip(hint);
    m_hint->setMinimumWidth(0);
    m_hint->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

void Panel::addControl(QWidget* control) { m_head->addWidget(control); }

void Panel::setFlush() { m_body->setContentsMargins(0, 0, 0, 1); }

void Panel::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.line, 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace seatrial::gui
