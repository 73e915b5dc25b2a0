// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/snapshot.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <mutex>
#include <vector>

namespace seatrial::gui {

// Carries what a run says from its thread to the window's: at most ten times a second, only the newest picture.
class RunRelay : public QObject, public campaign::Observer {
    Q_OBJECT

public:
    explicit RunRelay(QObject* parent = nullptr);

    void published(std::shared_ptr<const campaign::Snapshot> snapshot) override;
    void said(const campaign::LogLine& line) override;

    static constexpr int intervalMilliseconds = 100;
    static constexpr std::size_t mostWaitingLines = 10'000;

signals:
    void snapshotArrived(std::shared_ptr<const seatrial::campaign::Snapshot> snapshot);
    void linesArrived(const std::vector<seatrial::campaign::LogLine>& lines); // oldest first

private:
    void wake(); // with the mutex held
    void arrange();
    void deliver();

    std::mutex m_mutex;
    std::shared_ptr<const campaign::Snapshot> m_snapshot;
    std::vector<campaign::LogLine> m_lines;
    bool m_posted = false;

    QElapsedTimer m_sinceLast; // of the window's thread, as all below
    QTimer m_timer;
};

} // namespace seatrial::gui
