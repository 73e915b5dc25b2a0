// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/steps_panel.h"

#include "gui/models/words.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>

namespace seatrial::gui {

class StepsPanel::Rows : public QWidget {
public:
    std::vector<StepRow> steps;

    static QString countText(const StepRow& step) { return QStringLiteral("%1 of %2").arg(step.done).arg(step.total); }
    int rowHeight() const { return std::max(22, QFontMetrics(fontFor(TypeRole::Row)).height() + 6); }
    QSize sizeHint() const override { return {280, static_cast<int>(steps.size()) * rowHeight()}; }
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

protected:
    bool event(QEvent* event) override
    {
        if (event->type() != QEvent::ToolTip)
            return QWidget::event(event);
        const auto* help = static_cast<QHelpEvent*>(event);
        const auto row = static_cast<std::size_t>(std::max(0, help->pos().y()) / rowHeight());
        if (row < steps.size()) // a long title is cut where the panel is narrow
            QToolTip::showText(help->globalPos(), plainTip(steps[row].title + QStringLiteral(": ") + countText(steps[row])), this);
        else
            QToolTip::hideText();
        return true;
    }

    void paintEvent(QPaintEvent*) override
    {
        const Theme& theme = themeOf(*this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QFontMetricsF metrics(fontFor(TypeRole::Row));
        const QFontMetricsF digits(numericFontFor(TypeRole::Row));
        qreal numbers = 0;
        for (const StepRow& step : steps)
            numbers = std::max(numbers, digits.horizontalAdvance(countText(step)) + 4);
        qreal titles = 0;
        for (const StepRow& step : steps)
            titles = std::max(titles, QFontMetricsF(fontFor(TypeRole::Row, QFont::DemiBold)).horizontalAdvance(step.title));
        // The bars get what the names leave.
        const qreal barWidth = std::clamp(width() - numbers - 24 - 34 - titles, 48.0, 120.0);
        const qreal barLeft = width() - numbers - 24 - barWidth;
        qreal y = 0;
        int number = 1;
        for (const StepRow& step : steps) {
            const qreal middle = y + rowHeight() / 2.0;
            painter.setFont(numericFontFor(TypeRole::Row));
            painter.setPen(theme.text3);
            painter.drawText(QRectF(0, y, 18, rowHeight()), Qt::AlignVCenter | Qt::AlignRight, QString::number(number++));
            painter.setFont(fontFor(TypeRole::Row, step.inWork > 0 ? QFont::DemiBold : QFont::Normal));
            painter.setPen(step.done + step.inWork > 0 ? theme.text : theme.text3);
            painter.drawText(QRectF(26, y, barLeft - 34, rowHeight()), Qt::AlignVCenter, metrics.elidedText(step.title, Qt::ElideRight, barLeft - 34));
            const QRectF track(barLeft, middle - 4.5, barWidth, 9);
            painter.fillRect(track, theme.sunken);
            if (step.total > 0) {
                const qreal done = barWidth * step.done / step.total;
                if (done > 0)
                    paintStateCell(painter, theme, QRectF(track.topLeft(), QSizeF(done, 9)), State::Qualified);
                if (step.inWork > 0)
                    paintStateCell(painter, theme, QRectF(barLeft + done, track.top(), barWidth * step.inWork / step.total, 9), State::Running);
            }
            if (step.done > 0 && step.worst != State::Qualified)
                paintState(painter, theme, {width() - numbers - 10, middle}, 11, step.worst);
            painter.setFont(numericFontFor(TypeRole::Row));
            painter.setPen(step.done > 0 ? theme.text : theme.text3);
            painter.drawText(QRectF(width() - numbers, y, numbers, rowHeight()), Qt::AlignVCenter | Qt::AlignRight, countText(step));
            y += rowHeight();
        }
    }
};

StepsPanel::StepsPanel(QWidget* parent) : Panel(tr("Steps"), parent), m_rows(new Rows)
{
    setHint(tr("nodes done"));
    m_rows->setAccessibleName(tr("Steps of the plan"));
    body().addWidget(m_rows);
    body().addStretch(1);
}

void StepsPanel::setSteps(const std::vector<StepRow>& steps)
{
    if (m_rows->steps == steps)
        return;
    const bool another = m_rows->steps.size() != steps.size();
    m_rows->steps = steps;
    QStringList words;
    for (const StepRow& step : steps)
        words << tr("%1: %2 of %3").arg(step.title).arg(step.done).arg(step.total);
    m_rows->setAccessibleDescription(words.join(QStringLiteral("; ")));
    if (another)
        m_rows->updateGeometry();
    m_rows->update();
}

} // namespace seatrial::gui
