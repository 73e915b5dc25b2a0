// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace seatrial::gui {

class Workbench;

// Waits until everything that was asked for is on the screen, then writes the window into @p file. Nothing if it
// worked, else why not.
QString takeScreenshot(Workbench& window, const QString& file, int timeoutMilliseconds = 60'000);

} // namespace seatrial::gui
