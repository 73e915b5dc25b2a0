// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/plan.h"

#include <QAbstractButton>

namespace seatrial::gui {

// One plan to choose: its name, what it asks, and how long it takes on the chosen nodes.
class PlanCard : public QAbstractButton {
    Q_OBJECT

public:
    explicit PlanCard(domain::Plan plan, QWidget* parent = nullptr);

    const domain::Plan& plan() const { return m_plan; }
    void setEstimate(double seconds);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    domain::Plan m_plan;
    QString m_time;
    QString m_summary;
};

} // namespace seatrial::gui
