// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/shell/rail.h"

#include "gui/theme/focus_ring.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QPainter>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

class RailButton : public QAbstractButton {
public:
    RailButton(Icon icon, const QString& label, QWidget* parent) : QAbstractButton(parent), m_icon(icon)
    {
        setText(label);
        setAccessibleName(label);
        setCheckable(true);
        setFocusPolicy(Qt::StrongFocus);
        setAttribute(Qt::WA_Hover);
        setFixedSize(76, 58);
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const Theme& theme = themeOf(*this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF plate(6, 3, 64, 52);
        QColor ink = theme.text2;
        painter.setPen(Qt::NoPen);
        if (isChecked()) {
            painter.setBrush(theme.panel);
            painter.drawRoundedRect(plate, 6, 6);
            painter.setBrush(theme.accent);
            painter.drawRoundedRect(QRectF(0, 11, 3, 36), 1.5, 1.5);
            ink = theme.accentInk;
        } else if (underMouse() && isEnabled()) {
            painter.setBrush(mixed(theme.chrome, theme.panel, 0.5));
            painter.drawRoundedRect(plate, 6, 6);
        }
        if (!isEnabled())
            ink = theme.textDisabled;
        paintIcon(painter, m_icon, {38, 22}, ink, 20, 1.6);
        painter.setFont(fontFor(TypeRole::Axis, isChecked() ? QFont::DemiBold : QFont::Medium));
        painter.setPen(ink);
        painter.drawText(QRectF(0, 36, 76, 16), Qt::AlignCenter, text());
        if (showsFocus(*this))
            paintFocusRing(painter, theme, plate, 6);
    }

private:
    Icon m_icon;
};

} // namespace

Rail::Rail(QWidget* parent) : QWidget(parent), m_layout(new QVBoxLayout(this)), m_group(new QButtonGroup(this))
{
    m_layout->setContentsMargins(0, 7, 0, 7);
    m_layout->setSpacing(0);
    m_layout->addStretch(1);
    setFixedWidth(76);
    connect(m_group, &QButtonGroup::idClicked, this, &Rail::chosen);
}

int Rail::addEntry(Icon icon, const QString& label, const QString& hint)
{
    auto* button = new RailButton(icon, label, this);
    button->setToolTip(hint);
    const int entry = static_cast<int>(m_group->buttons().size());
    m_layout->insertWidget(entry, button);
    m_group->addButton(button, entry);
    return entry;
}

void Rail::setCurrent(int entry)
{
    m_group->setExclusive(entry >= 0);
    for (QAbstractButton* button : m_group->buttons())
        button->setChecked(m_group->id(button) == entry);
}

void Rail::setEntryEnabled(int entry, bool enabled, const QString& reason)
{
    QAbstractButton* button = m_group->button(entry);
    if (!button)
        return;
    button->setEnabled(enabled);
    button->setToolTip(reason);
}

void Rail::paintEvent(QPaintEvent*) { QPainter(this).fillRect(rect(), themeOf(*this).chrome); }

} // namespace seatrial::gui
