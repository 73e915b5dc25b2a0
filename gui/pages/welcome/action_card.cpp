// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/welcome/action_card.h"

#include "gui/theme/focus_ring.h"
#include "gui/theme/state_painter.h"
#include "gui/widgets/words_label.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

constexpr int racksRoom = 330;

void paintCardFrame(QPainter& painter, const QRect& rect, const QColor& line, const Theme& theme)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(line, 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

// Two racks as the lab has them, to show what one will see: nothing measured yet, so nothing has a colour.
void paintRacks(QPainter& painter, const Theme& theme, const QRectF& area)
{
    const qreal width = 96;
    for (int rack = 0; rack < 2; ++rack) {
        const QRectF frame(area.right() - (2 - rack) * (width + 14) + 14, area.top() + 18, width, area.height() - 18);
        painter.setFont(fontFor(TypeRole::Axis, QFont::DemiBold));
        painter.setPen(theme.text2);
        painter.drawText(QRectF(frame.left(), area.top() - 2, width, 16), Qt::AlignCenter, QStringLiteral("rack%1").arg(rack + 1));
        painter.setPen(QPen(theme.lineFrame, 1));
        painter.setBrush(theme.sunken);
        painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5));
        const qreal pitch = (frame.height() - 8) / 4;
        for (int node = 0; node < 4; ++node) {
            const QRectF box(frame.left() + 4, frame.top() + 4 + node * pitch, width - 8, pitch - 4);
            painter.fillRect(box, theme.panel);
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(theme.lineStrong, 1));
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
            paintStateBlock(painter, theme, QRectF(box.topLeft(), QSizeF(18, box.height())), State::NotTested);
            for (int mark = 0; mark < 6; ++mark)
                painter.fillRect(QRectF(box.left() + 26 + mark * 9, box.center().y() - 4, 6, 8), theme.line);
        }
    }
}

} // namespace

ActionCard::ActionCard(Icon icon, const QString& title, const QString& words, const QString& button, const QString& keys, QWidget* parent) : QWidget(parent), m_icon(icon)
{
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(72, 18, 18, 16);
    rows->setSpacing(5);
    rows->addWidget(new WordsLabel(title, TypeRole::Heading));
    auto* text = new WordsLabel(words, TypeRole::Body, &Theme::text2);
    rows->addWidget(&text->wrapped());
    rows->addStretch(1);
    auto* foot = new QHBoxLayout;
    foot->setSpacing(12);
    auto* push = new QPushButton(button);
    push->setAccessibleName(title);
    foot->addWidget(push);
    foot->addWidget(new WordsLabel(keys, TypeRole::Row, &Theme::text3));
    foot->addStretch(1);
    rows->addSpacing(4);
    rows->addLayout(foot);
    connect(push, &QPushButton::clicked, this, &ActionCard::triggered);
}

void ActionCard::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    paintCardFrame(painter, rect(), theme.line, theme);
    const QRectF plate(20, 19, 36, 36);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.accentTint);
    painter.drawRoundedRect(plate, 4, 4);
    paintIcon(painter, m_icon, plate.center(), theme.accentInk, 20, 1.6);
}

LabCard::LabCard(QWidget* parent) : QWidget(parent), m_words(new WordsLabel(TypeRole::Body, &Theme::text2)), m_button(new QPushButton(tr("Open the lab   Ctrl+D")))
{
    setMinimumHeight(206);
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(24, 22, 24, 20);
    columns->setSpacing(24);
    auto* rows = new QVBoxLayout;
    rows->setSpacing(8);
    auto* title = new WordsLabel(tr("Open the lab"), TypeRole::Title);
    rows->addWidget(title);
    rows->addWidget(&m_words->wrapped());
    rows->addStretch(1);
    m_button->setProperty("primary", true);
    m_button->setAccessibleName(tr("Open the lab"));
    rows->addWidget(m_button, 0, Qt::AlignLeft);
    columns->addLayout(rows, 1);
    columns->addSpacing(racksRoom - 90);
}

void LabCard::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    paintCardFrame(painter, rect(), theme.accent, theme);
    paintRacks(painter, theme, QRectF(width() - racksRoom, 26, racksRoom - 28, height() - 46));
}

RecentButton::RecentButton(const RecentFile& file, bool exists, QWidget* parent) : QAbstractButton(parent), m_file(file)
{
    setText(QFileInfo(file.file).fileName());
    setEnabled(exists);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setToolTip(exists ? file.file : tr("%1 is not there any more").arg(file.file));
    setAccessibleName((file.kind == RecentFile::Kind::Store ? tr("Store %1") : tr("Inventory %1")).arg(text()));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize RecentButton::sizeHint() const { return {300, std::max(30, QFontMetrics(fontFor(TypeRole::Body)).height() + 12)}; }

void RecentButton::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (underMouse() && isEnabled()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.hover);
        painter.drawRoundedRect(rect(), 4, 4);
    }
    const QColor ink = isEnabled() ? theme.text : theme.textDisabled;
    paintIcon(painter, m_file.kind == RecentFile::Kind::Store ? Icon::File : Icon::Rack, {16, height() / 2.0}, isEnabled() ? theme.text2 : theme.textDisabled, 18, 1.4);
    const QFont bold = fontFor(TypeRole::Body, QFont::Medium);
    const QFontMetricsF metrics(bold);
    painter.setFont(bold);
    painter.setPen(ink);
    painter.drawText(QRectF(34, 0, width() - 40, height()), Qt::AlignVCenter, text());
    const qreal used = 34 + metrics.horizontalAdvance(text()) + 14;
    painter.setFont(fontFor(TypeRole::Row));
    painter.setPen(isEnabled() ? theme.text3 : theme.textDisabled);
    const QString folder = isEnabled() ? QFileInfo(m_file.file).path() : tr("missing: %1").arg(m_file.file);
    const qreal room = width() - used - 8;
    painter.drawText(QRectF(used, 0, room, height()), Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(folder, Qt::ElideMiddle, room));
    if (showsFocus(*this))
        paintFocusRing(painter, theme, rect(), 4);
}

KeyCap::KeyCap(const QString& key, QWidget* parent) : QWidget(parent), m_key(key)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(key);
}

QSize KeyCap::sizeHint() const
{
    const QFontMetrics metrics(fontFor(TypeRole::Row, QFont::DemiBold));
    return {std::max(22, metrics.horizontalAdvance(m_key) + 14), metrics.height() + 6};
}

void KeyCap::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.lineStrong, 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    painter.setFont(fontFor(TypeRole::Row, QFont::DemiBold));
    painter.setPen(theme.text);
    painter.drawText(rect(), Qt::AlignCenter, m_key);
}

} // namespace seatrial::gui
