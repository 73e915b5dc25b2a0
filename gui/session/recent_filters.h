// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace seatrial::gui {

// Filters that were used before, newest first, kept in the user's settings.
QStringList recentFilters();
void rememberFilter(const QString& filter);
void forgetFilters();

} // namespace seatrial::gui
