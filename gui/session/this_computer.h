// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/tools.h"

#include <QList>
#include <QString>

namespace seatrial::gui {

// One line of what this computer has ready for a run.
struct ComputerLine {
    QString name;
    QString value;
    enum class Mark { Unknown, Good, Neutral, Bad };
    Mark mark = Mark::Unknown;
    QString detail;   // the path or place looked at
};

// Looks at the SSH agent, the SSH configuration, the engine and the disk. Takes up to a second: not for the window's
// own thread.
QList<ComputerLine> lookAtThisComputer(const Tools& tools);

} // namespace seatrial::gui
