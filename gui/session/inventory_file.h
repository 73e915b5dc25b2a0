// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/domain/inventory_writer.h"
#endif

#include <QByteArray>
#include <QString>

#include <vector>

namespace seatrial::gui {

// A change of an inventory file: what was there and what shall be there. It can be taken back.
struct InventoryEdit {
    QString file;
    bool existed = false;
    QByteArray before;
    QByteArray after;
    std::vector<domain::NodeId> added;
};

// @p file with @p entry added; a file that is not there begins as an inventory named @p newName. Writes nothing.
std::expected<InventoryEdit, domain::EntryProblem> planAddition(const QString& file, const QString& newName, const domain::NodeEntry& entry);

// Puts the new text in the place of the old one, as a whole or not at all. Refuses if the file is not what it was.
domain::Result<void> applyEdit(const InventoryEdit& edit);
domain::Result<void> undoEdit(const InventoryEdit& edit);

// Writes @p text into @p file as a whole or not at all.
domain::Result<void> writeWhole(const QString& file, const QByteArray& text);

} // namespace seatrial::gui
