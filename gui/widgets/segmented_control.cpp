// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/segmented_control.h"

#include "gui/theme/focus_ring.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPainter>

namespace seatrial::gui {

namespace {

class Segment : public QAbstractButton {
public:
    explicit Segment(const QString& label, QWidget* parent) : QAbstractButton(parent)
    {
        setText(label);
        setCheckable(true);
        setFocusPolicy(Qt::StrongFocus);
        setAttribute(Qt::WA_Hover);
        setAccessibleName(label);
    }

    QSize sizeHint() const override
    {
        const QFontMetricsF metrics(fontFor(TypeRole::Row, QFont::DemiBold));
        return {static_cast<int>(metrics.horizontalAdvance(text())) + 18, std::max(26, static_cast<int>(metrics.height()) + 8)};
    }
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const Theme& theme = themeOf(*this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
        if (isChecked()) {
            painter.setPen(QPen(theme.accent, 1));
            painter.setBrush(theme.panel);
            painter.drawRoundedRect(box, 4, 4);
        } else if (underMouse() && isEnabled()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme.hover);
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3);
        }
        painter.setFont(fontFor(TypeRole::Row, isChecked() ? QFont::DemiBold : QFont::Medium));
        painter.setPen(!isEnabled() ? theme.textDisabled : isChecked() ? theme.accentInk : theme.text2);
        painter.drawText(rect(), Qt::AlignCenter, text());
        if (showsFocus(*this))
            paintFocusRing(painter, theme, rect(), 4);
    }
};

} // namespace

SegmentedControl::SegmentedControl(const QStringList& labels, QWidget* parent)
    : QWidget(parent), m_group(new QButtonGroup(this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    int id = 0;
    for (const QString& label : labels) {
        auto* segment = new Segment(label, this);
        layout->addWidget(segment);
        m_group->addButton(segment, id++);
    }
    if (QAbstractButton* first = m_group->button(0))
        first->setChecked(true);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(m_group, &QButtonGroup::idToggled, this, [this](int index, bool on) {
        update();
        if (on)
            emit currentChanged(index);
    });
}

int SegmentedControl::currentIndex() const { return m_group->checkedId(); }

void SegmentedControl::setCurrentIndex(int index)
{
    if (QAbstractButton* button = m_group->button(index))
        button->setChecked(true);
}

QAbstractButton* SegmentedControl::segment(int index) const { return m_group->button(index); }

void SegmentedControl::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.lineStrong, 1));
    painter.setBrush(theme.sunken);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    const int last = static_cast<int>(m_group->buttons().size()) - 1;
    for (int i = 0; i < last; ++i) { // a hairline between two neighbours of which neither is chosen
        if (currentIndex() == i || currentIndex() == i + 1)
            continue;
        const qreal x = m_group->button(i)->geometry().right() + 0.5;
        painter.drawLine(QPointF(x, 6), QPointF(x, height() - 6));
    }
}

} // namespace seatrial::gui
