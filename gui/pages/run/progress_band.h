// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/run_views.h"

#include <QWidget>

namespace seatrial::gui {

// How long it still takes and what that rests on, and how the nodes stand. The bar never goes back: if more work
// appears, the words say so.
class ProgressBand : public QWidget {
    Q_OBJECT

public:
    explicit ProgressBand(QWidget* parent = nullptr);

    void setViews(const RunViews& views);
    void setClock(double wallSeconds); // goes on between two pictures
    void setReady(const QString& headline, const QString& basis); // before a run

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void describe(const RunViews& views);
    QString basisAt(double wallSeconds) const;
    void paintBar(QPainter& painter, const QRectF& area) const;
    qreal paintCounts(QPainter& painter) const; // where they begin

    struct Count {
        State state;
        int count;
        QString word;
    };
    struct Phase {
        QString title;
        double share;
    };

    QString m_headline;
    QString m_basis;
    std::optional<campaign::RampProgress> m_ramp; // while load is extended
    QString m_sinceRamp;
    std::string m_run;
    double m_done = 0; // share of the bar
    State m_tone = State::Running;
    std::vector<Phase> m_phases;
    std::vector<Count> m_counts;
};

} // namespace seatrial::gui
