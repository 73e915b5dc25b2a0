// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace seatrial::gui {

struct StatusItem {
    std::optional<State> state;
    QString text;
    bool operator==(const StatusItem&) const = default;
};

// Connection and run at the left, units and time zone at the right.
class StatusStrip : public QWidget {
    Q_OBJECT

public:
    explicit StatusStrip(QWidget* parent = nullptr);

    void setItems(std::vector<StatusItem> items);
    void setRight(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<StatusItem> m_items;
    QString m_right;
};

} // namespace seatrial::gui
