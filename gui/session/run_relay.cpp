// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/run_relay.h"

#include <algorithm>

namespace seatrial::gui {

RunRelay::RunRelay(QObject* parent) : QObject(parent)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &RunRelay::deliver);
}

void RunRelay::published(std::shared_ptr<const campaign::Snapshot> snapshot)
{
    const std::scoped_lock lock(m_mutex);
    m_snapshot = std::move(snapshot);
    wake();
}

void RunRelay::said(const campaign::LogLine& line)
{
    const std::scoped_lock lock(m_mutex);
    if (m_lines.size() == mostWaitingLines)
        m_lines.erase(m_lines.begin(), m_lines.begin() + mostWaitingLines / 2); // the log shows the newest anyway
    m_lines.push_back(line);
    wake();
}

void RunRelay::wake()
{
    if (m_posted)
        return;
    m_posted = true;
    QMetaObject::invokeMethod(this, &RunRelay::arrange, Qt::QueuedConnection);
}

void RunRelay::arrange()
{
    const qint64 since = m_sinceLast.isValid() ? m_sinceLast.elapsed() : intervalMilliseconds;
    m_timer.start(static_cast<int>(std::clamp<qint64>(intervalMilliseconds - since, 0, intervalMilliseconds)));
}

void RunRelay::deliver()
{
    std::shared_ptr<const campaign::Snapshot> snapshot;
    std::vector<campaign::LogLine> lines;
    {
        const std::scoped_lock lock(m_mutex);
        snapshot.swap(m_snapshot);
        lines.swap(m_lines);
        m_posted = false;
    }
    m_sinceLast.start();
    if (!lines.empty())
        emit linesArrived(lines);
    if (snapshot)
        emit snapshotArrived(std::move(snapshot));
}

} // namespace seatrial::gui
