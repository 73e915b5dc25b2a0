// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QPushButton>
#include <QStandardPaths>

namespace seatrial::gui::test {

// Settings of a test's own, apart from those of the person who runs it.
inline void useOwnSettings(const QString& test)
{
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName(QStringLiteral("seatrial-test"));
    QCoreApplication::setApplicationName(test);
}

// The one that says @p text and is not hidden; nullptr if there is none.
inline QPushButton* button(const QWidget& parent, const QString& text)
{
    for (auto* each : parent.findChildren<QPushButton*>()) {
        if (each->text() == text && !each->isHidden())
            return each;
    }
    return nullptr;
}

} // namespace seatrial::gui::test
