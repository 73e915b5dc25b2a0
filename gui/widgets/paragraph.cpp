// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/paragraph.h"

#include <QPainter>
#include <QTextDocument>
#include <QTextLayout>
#include <QWheelEvent>

#include <cmath>

namespace seatrial::gui {

namespace {

constexpr int boxPadding = 8;

QTextOption breakAnywhere()
{
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    return option;
}

} // namespace

Paragraph::Paragraph(TypeRole role, Ink ink, QWidget* parent) : QTextEdit(parent), m_ink(ink)
{
    setReadOnly(true);
    setAcceptRichText(false);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setFont(fontFor(role));
    document()->setDocumentMargin(0);
    viewport()->setAutoFillBackground(false);
    setTabChangesFocus(true);
    setFocusPolicy(Qt::ClickFocus);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    dress();
}

void Paragraph::setWords(const QString& text)
{
    if (toPlainText() == text)
        return;
    setPlainText(text);
    setAccessibleName(text);
    updateGeometry();
}

void Paragraph::setGround(Ink ground)
{
    m_ground = ground;
    setViewportMargins(boxPadding + 2, boxPadding, boxPadding + 2, boxPadding);
    updateGeometry();
}

int Paragraph::heightForWidth(int width) const
{
    const int sides = m_ground ? 2 * (boxPadding + 2) : 0;
    return wrappedHeight(toPlainText(), font(), width - sides) + (m_ground ? 2 * boxPadding : 0);
}

QSize Paragraph::sizeHint() const { return {240, heightForWidth(std::max(width(), 240))}; }

void Paragraph::dress()
{
    if (m_dressing)
        return;
    m_dressing = true;
    const QColor ink = themeOf(*this).*m_ink;
    if (palette().color(QPalette::Text) != ink) {
        QPalette own;
        own.setColor(QPalette::Text, ink);
        setPalette(own);
    }
    m_dressing = false;
}

void Paragraph::changeEvent(QEvent* event)
{
    QTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        dress();
}

void Paragraph::resizeEvent(QResizeEvent* event)
{
    QTextEdit::resizeEvent(event);
    if (event->oldSize().width() != event->size().width())
        updateGeometry();
}

void Paragraph::wheelEvent(QWheelEvent* event) { event->ignore(); } // scrolls what it lies in

bool Paragraph::event(QEvent* event)
{
    const bool handled = QTextEdit::event(event);
    if (event->type() == QEvent::Paint && m_ground) {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(themeOf(*this).*m_ground);
        painter.drawRoundedRect(rect(), 3, 3);
    }
    return handled;
}

int wrappedHeight(const QString& text, const QFont& font, int width)
{
    qreal height = 0;
    for (const QString& line : text.split(QLatin1Char('\n'))) {
        QTextLayout layout(line, font);
        layout.setTextOption(breakAnywhere());
        layout.beginLayout();
        for (QTextLine each = layout.createLine(); each.isValid(); each = layout.createLine()) {
            each.setLineWidth(std::max(width, 40));
            height += each.height();
        }
        layout.endLayout();
    }
    return static_cast<int>(std::ceil(height)) + 1;
}

void paintWrapped(QPainter& painter, const QRect& rect, const QString& text) { painter.drawText(QRectF(rect), text, breakAnywhere()); }

} // namespace seatrial::gui
