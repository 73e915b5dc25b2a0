// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QWidget>

namespace seatrial::gui {

// The fleet as one bar in the shares of its states, with the sentence that matters below it.
class ShareBar : public QWidget {
    Q_OBJECT

public:
    explicit ShareBar(QWidget* parent = nullptr);
    void setCounts(const StateCounts& counts);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString sentence() const;
    StateCounts m_counts;
};

} // namespace seatrial::gui
