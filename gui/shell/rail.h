// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/icons.h"

#include <QWidget>

class QButtonGroup;
class QVBoxLayout;

namespace seatrial::gui {

// The pages at the left edge, each an icon with its name.
class Rail : public QWidget {
    Q_OBJECT

public:
    explicit Rail(QWidget* parent = nullptr);

    int addEntry(Icon icon, const QString& label, const QString& hint);
    void setCurrent(int entry); // -1: none of them is shown
    void setEntryEnabled(int entry, bool enabled, const QString& reason);

signals:
    void chosen(int entry);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QVBoxLayout* m_layout;
    QButtonGroup* m_group;
};

} // namespace seatrial::gui
