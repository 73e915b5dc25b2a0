// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/words_label.h"

#include <QEvent>

namespace seatrial::gui {

WordsLabel::WordsLabel(TypeRole role, Ink ink, QWidget* parent) : WordsLabel(QString(), role, ink, parent) {}

WordsLabel::WordsLabel(const QString& text, TypeRole role, Ink ink, QWidget* parent) : QLabel(text, parent), m_role(role), m_ink(ink)
{
    setTextFormat(Qt::PlainText);
    dress();
}

void WordsLabel::setInk(Ink ink)
{
    m_ink = ink;
    dress();
}

void WordsLabel::setWeight(QFont::Weight weight)
{
    m_weight = weight;
    dress();
}

WordsLabel& WordsLabel::wrapped()
{
    setWordWrap(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    return *this;
}

void WordsLabel::dress()
{
    if (m_dressing)
        return;
    m_dressing = true;
    const QFont font = m_weight ? fontFor(m_role, *m_weight) : fontFor(m_role);
    if (this->font() != font)
        setFont(font);
    QPalette own;
    const QColor ink = themeOf(*this).*m_ink;
    if (palette().color(QPalette::WindowText) != ink) {
        own.setColor(QPalette::WindowText, ink);
        own.setColor(QPalette::Text, ink);
        setPalette(own);
    }
    m_dressing = false;
}

void WordsLabel::changeEvent(QEvent* event)
{
    QLabel::changeEvent(event);
    switch (event->type()) {
    case QEvent::PaletteChange:
    case QEvent::ApplicationFontChange:
    case QEvent::StyleChange: dress(); break;
    default: break;
    }
}

} // namespace seatrial::gui
