// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/recent_filters.h"

#include <QSettings>

namespace seatrial::gui {

namespace {

constexpr int mostFilters = 10;
constexpr int longestFilter = 1000;
const auto key = QStringLiteral("filters/recent");

} // namespace

QStringList recentFilters() { return QSettings().value(key).toStringList().mid(0, mostFilters); }

void rememberFilter(const QString& filter)
{
    const QString trimmed = filter.trimmed();
    if (trimmed.isEmpty() || trimmed.size() > longestFilter)
        return;
    QStringList filters = recentFilters();
    filters.removeAll(trimmed);
    filters.prepend(trimmed);
    QSettings().setValue(key, filters.mid(0, mostFilters));
}

void forgetFilters() { QSettings().remove(key); }

} // namespace seatrial::gui
