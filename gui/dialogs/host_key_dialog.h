// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/questions.h"
#endif

namespace seatrial::gui {

// A host key that nobody has seen before: who says to have it, its fingerprint, and where it would be written down.
// Whoever presses Enter or Esc without reading refuses.
class HostKeyDialog : public QDialog {
    Q_OBJECT

public:
    explicit HostKeyDialog(const campaign::HostKeyQuestion& question, QWidget* parent = nullptr);

    campaign::HostKeyAnswer answer() const { return m_answer; }

private:
    void finish(campaign::HostKeyAnswer answer);

    campaign::HostKeyAnswer m_answer = campaign::HostKeyAnswer::Refuse;
};

} // namespace seatrial::gui
