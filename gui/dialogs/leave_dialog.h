// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace seatrial::gui {

// The window is closed while a run works: let go of it, stop it, or stay.
class LeaveDialog : public QDialog {
    Q_OBJECT

public:
    enum class Choice { Stay, Detach, Stop };

    explicit LeaveDialog(const QString& run, QWidget* parent = nullptr);
    Choice choice() const { return m_choice; }

private:
    Choice m_choice = Choice::Stay;
};

} // namespace seatrial::gui
