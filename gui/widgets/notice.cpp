// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/notice.h"

#include "gui/theme/state_painter.h"
#include "gui/widgets/paragraph.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace seatrial::gui {

Notice::Notice(QWidget* parent)
    : QWidget(parent),
      m_row(new QHBoxLayout(this)),
      m_what(new Paragraph(TypeRole::Body)),
      m_next(new Paragraph(TypeRole::Row, &Theme::text2)),
      m_copy(new QPushButton(tr("Copy details"))),
      m_action(new QPushButton),
      m_close(new QPushButton(tr("Close")))
{
    m_row->setContentsMargins(38, 8, 10, 8);
    m_row->setSpacing(8);
    auto* words = new QVBoxLayout;
    words->setSpacing(1);
    words->addWidget(m_what);
    words->addWidget(m_next);
    m_row->addLayout(words, 1);
    for (QPushButton* button : {m_action, m_copy, m_close})
        m_row->addWidget(button, 0, Qt::AlignVCenter);
    QFont bold = m_what->font();
    bold.setWeight(QFont::DemiBold);
    m_what->setFont(bold);
    m_action->setProperty("primary", true);
    setAction({});
    connect(m_copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_details); });
    connect(m_action, &QPushButton::clicked, this, &Notice::actionTriggered);
    connect(m_close, &QPushButton::clicked, this, [this] {
        hide();
        emit dismissed();
    });
    hide();
}

void Notice::say(State tone, const QString& what, const QString& next, const QString& details)
{
    m_tone = tone;
    m_details = details;
    m_what->setWords(what);
    m_next->setWords(next);
    m_next->setVisible(!next.isEmpty());
    m_copy->setVisible(!details.isEmpty());
    setAccessibleName(what);
    setAccessibleDescription(next);
    show();
    update();
}

void Notice::setAction(const QString& label)
{
    m_action->setText(label);
    m_action->setVisible(!label.isEmpty());
}

QPushButton& Notice::addButton(const QString& label)
{
    auto* button = new QPushButton(label);
    m_row->insertWidget(m_row->indexOf(m_copy), button, 0, Qt::AlignVCenter);
    return *button;
}

void Notice::setClosable(bool closable, const QString& label)
{
    m_close->setVisible(closable);
    if (!label.isEmpty())
        m_close->setText(label);
}

QString Notice::text() const { return m_what->words(); }

void Notice::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    const StateColours& colours = theme.of(m_tone);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colours.edge, 1));
    painter.setBrush(colours.tint);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
    paintState(painter, theme, {20, height() / 2.0}, 16, m_tone);
}

} // namespace seatrial::gui
