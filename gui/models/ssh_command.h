// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/domain/inventory.h"
#endif

#include <QString>

namespace seatrial::gui {

// What a person types to log in as a run does. Quoted for a shell.
QString sshCommand(const domain::Node& node);

} // namespace seatrial::gui
