// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/preflight.h"
#include "gui/session/question_desk.h"
#include "gui/session/tools.h"
#endif

#include <QObject>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace seatrial::gui {

// The way to nodes, tried step by step on threads of its own. Answers come as signals, many steps at once.
class ConnectionCheck : public QObject {
    Q_OBJECT

public:
    ConnectionCheck(const Tools& tools, QuestionDesk& questions, QObject* parent = nullptr);
    ~ConnectionCheck() override; // stops and waits

    void start(std::vector<domain::Node> nodes); // one that is under way is stopped first
    void stop();
    bool isRunning() const { return m_thread.joinable(); }

signals:
    void changed(const std::vector<seatrial::campaign::Ladder>& ladders); // those of which something is new
    void ended(bool stopped);
    void failed(const seatrial::domain::Failure& failure); // there is nothing to try it with

private:
    void work(const std::vector<domain::Node>& nodes);
    void take(const campaign::Ladder& ladder);
    void deliver();
    void finish();

    const Tools& m_tools;
    QuestionDesk& m_questions;
    std::thread m_thread;
    std::atomic<bool> m_cancelled = false;
    std::mutex m_mutex;
    std::map<domain::NodeId, campaign::Ladder> m_news; // not yet delivered
    int m_generation = 0; // of checks: what an older one still says is dropped
};

} // namespace seatrial::gui
