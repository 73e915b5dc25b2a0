// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/run_views.h"
#include "gui/widgets/panel.h"

namespace seatrial::gui {

// How far each step of the plan is over all nodes.
class StepsPanel : public Panel {
    Q_OBJECT

public:
    explicit StepsPanel(QWidget* parent = nullptr);
    void setSteps(const std::vector<StepRow>& steps);

private:
    class Rows;
    Rows* m_rows;
};

} // namespace seatrial::gui
