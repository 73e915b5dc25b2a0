// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/domain/inventory_writer.h"
#endif

#include <QString>
#include <QStringList>

#include <functional>
#include <optional>

namespace seatrial::gui {

// What a person wants to add, and where to.
struct NodesToAdd {
    QString file;     // the inventory; made if it is not there
    QString newName;  // of a new one
    domain::NodeEntry entry;
};

// What is wrong, at which field; or which nodes it would add.
struct NodesChecked {
    std::optional<domain::EntryProblem> problem;
    QStringList added;
};

using NodesCheck = std::function<NodesChecked(const NodesToAdd&)>;

} // namespace seatrial::gui
