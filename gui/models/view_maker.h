// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/run_views.h"

#include <QObject>
#include <QThreadPool>

namespace seatrial::gui {

// Makes views of snapshots on a thread of its own. While one is being made only the newest snapshot waits.
class ViewMaker : public QObject {
    Q_OBJECT

public:
    explicit ViewMaker(QObject* parent = nullptr);
    ~ViewMaker() override;

    void setSnapshot(std::shared_ptr<const campaign::Snapshot> snapshot);
    void setFigure(const ShownFigure& figure);
    void clear();

signals:
    void made(std::shared_ptr<const seatrial::gui::RunViews> views);

private:
    void next();
    void deliver(int generation, std::shared_ptr<const RunViews> views);

    QThreadPool m_pool;
    std::shared_ptr<const campaign::Snapshot> m_latest;
    std::shared_ptr<const campaign::Snapshot> m_waiting;
    ShownFigure m_figure;
    bool m_busy = false;
    int m_generation = 0;
};

} // namespace seatrial::gui
