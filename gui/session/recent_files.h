// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace seatrial::gui {

// What was opened before, newest first, kept in the user's settings.
struct RecentFile {
    enum class Kind { Inventory, Store };
    Kind kind = Kind::Inventory;
    QString file;
    bool operator==(const RecentFile&) const = default;
};

QList<RecentFile> recentFiles();
void rememberFile(const RecentFile& file);
void forgetFile(const RecentFile& file);

} // namespace seatrial::gui
