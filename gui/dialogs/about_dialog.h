// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace seatrial::gui {

class AboutDialog : public QDialog {
    Q_OBJECT

public:
    explicit AboutDialog(const QString& version, QWidget* parent = nullptr);
};

} // namespace seatrial::gui
