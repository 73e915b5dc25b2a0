// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/view_maker.h"

namespace seatrial::gui {

ViewMaker::ViewMaker(QObject* parent) : QObject(parent) { m_pool.setMaxThreadCount(1); }

ViewMaker::~ViewMaker() { m_pool.waitForDone(); }

void ViewMaker::setSnapshot(std::shared_ptr<const campaign::Snapshot> snapshot)
{
    m_latest = snapshot;
    m_waiting = std::move(snapshot);
    next();
}

void ViewMaker::setFigure(const ShownFigure& figure)
{
    if (m_figure == figure)
        return;
    m_figure = figure;
    m_waiting = m_latest;
    next();
}

void ViewMaker::clear()
{
    m_latest.reset();
    m_waiting.reset();
    m_figure = {};
    ++m_generation; // what is being made now is of yesterday
}

void ViewMaker::next()
{
    if (m_busy || !m_waiting)
        return;
    m_busy = true;
    m_pool.start([this, snapshot = std::exchange(m_waiting, nullptr), figure = m_figure, generation = m_generation] {
        auto views = makeRunViews(snapshot, figure);
        QMetaObject::invokeMethod(this, [this, generation, views] { deliver(generation, views); }, Qt::QueuedConnection);
    });
}

void ViewMaker::deliver(int generation, std::shared_ptr<const RunViews> views)
{
    m_busy = false;
    if (generation == m_generation)
        emit made(std::move(views));
    next();
}

} // namespace seatrial::gui
