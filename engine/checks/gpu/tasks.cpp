// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/tasks.h"

#include "engine/checks/load_check.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cmath>
#include <csignal>

#include <poll.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr int lookMilliseconds = 20;

std::string rounded(double seconds)
{
    return numberText(std::round(seconds * 10) / 10) + " s";
}

const char *codeOf(TaskEnd::Kind kind)
{
    switch (kind) {
    case TaskEnd::Kind::Died: return "gpu.died";
    case TaskEnd::Kind::Hung: return "gpu.hung";
    case TaskEnd::Kind::LeftBehind: return "gpu.left_behind";
    case TaskEnd::Kind::NotStarted: return "gpu.not_started";
    case TaskEnd::Kind::OutOfTime: return "gpu.out_of_time";
    case TaskEnd::Kind::Stopped:
    case TaskEnd::Kind::Answered: break;
    }
    return "gpu.failed";
}

/// One task and its child from the start to its certain end.
class Watched
{
public:
    Watched(Task task, const Patience &patience, const Child::Take &take) : m_patience(patience), m_take(take), m_lastMove(monotonicSeconds())
    {
        m_end.subject = std::move(task.subject);
        std::string error;
        m_child = Child::start(std::move(task.work), patience.lock, error);
        if (!m_child)
            finish(TaskEnd::Kind::NotStarted, CheckResult::error(error));
    }

    bool isOver() const { return m_over; }
    bool wantsTurn() const { return !m_over && m_child->isReady() && !m_child->hasTurn(); }
    bool isGettingReady() const { return !m_over && !m_child->isReady(); }
    bool works() const { return !m_over && m_child->hasTurn(); }
    int fd() const { return m_over ? -1 : m_child->recordsFd(); }
    TaskEnd takeEnd() { return std::move(m_end); }

    void giveTurn()
    {
        m_lastMove = monotonicSeconds();
        m_child->giveTurn();
    }

    void look()
    {
        if (m_over)
            return;
        m_child->look(m_take);
        if (m_child->isOver())
            return ended();
        const double now = monotonicSeconds();
        if (m_child->progress() != m_progress || wantsTurn()) { // who waits for the others does not hang
            m_progress = m_child->progress();
            m_lastMove = now;
        }
        if (m_termAt == 0 && now - m_lastMove > m_patience.stall)
            tellToEnd(TaskEnd::Kind::Hung, "nothing moved for " + rounded(m_patience.stall));
        if (m_termAt > 0 && now - m_termAt > m_patience.grace && now - m_killAt > 0.5) {
            m_firstKill = m_firstKill > 0 ? m_firstKill : now;
            m_killAt = now;
            m_child->signal(SIGKILL);
        }
        if (m_firstKill > 0 && now - m_firstKill > m_patience.afterKill)
            leave();
    }

    void tellToEnd(TaskEnd::Kind why, std::string sentence)
    {
        if (m_over || m_termAt > 0)
            return;
        m_why = why;
        m_sentence = std::move(sentence);
        m_end.stage = m_child->stage();
        m_termAt = monotonicSeconds();
        m_child->signal(SIGTERM);
    }

private:
    /// The driver itself is stuck: whatever else happens on this node, its GPU is not fit.
    void leave()
    {
        const auto where = m_child->leaveBehind();
        finish(TaskEnd::Kind::LeftBehind, CheckResult::failed("it hung during " + m_end.stage + " and did not die of SIGKILL within "
                                                              + rounded(m_patience.afterKill) + " (" + where + "); it was left behind"));
    }

    void ended()
    {
        if (m_why == TaskEnd::Kind::Hung)
            return finish(m_why, CheckResult::error("it hung during " + m_end.stage + ": " + m_sentence + ", then " + howItWent()));
        if (m_why == TaskEnd::Kind::OutOfTime && !(m_child->result() && m_child->result()->status != StepStatus::Error))
            return finish(m_why, CheckResult::error(m_sentence + " during " + m_end.stage));
        if (m_why == TaskEnd::Kind::Stopped && !m_child->result())
            return finish(m_why, stoppedEarly());
        if (m_child->result())
            return finish(TaskEnd::Kind::Answered, *m_child->result());
        m_end.stage = m_child->stage();
        finish(TaskEnd::Kind::Died, CheckResult::error("its process died during " + m_end.stage + ": " + m_child->ending()));
    }

    std::string howItWent() const
    {
        return m_child->result() ? "it ended when it was told to" : m_child->ending() + (m_firstKill > 0 ? " after " + rounded(m_patience.grace) + " of grace" : "");
    }

    void finish(TaskEnd::Kind kind, CheckResult result)
    {
        m_over = true;
        m_end.kind = kind;
        m_end.result = std::move(result);
        if (m_end.result.status != StepStatus::Completed)
            m_end.result.reason = m_end.subject + ": " + m_end.result.reason;
        if (m_end.result.status == StepStatus::Completed || kind == TaskEnd::Kind::Stopped)
            return;
        const bool waived = m_end.result.status == StepStatus::Waived;
        Parameters parameters;
        if (!m_end.stage.empty())
            parameters["stage"] = m_end.stage;
        m_take(Event{waived ? Severity::Info : Severity::Error, waived ? "gpu.waived" : codeOf(kind), {}, m_end.subject, m_end.result.reason + '.',
                     std::move(parameters)});
    }

    const Patience &m_patience;
    const Child::Take &m_take;
    std::unique_ptr<Child> m_child;
    TaskEnd m_end;
    TaskEnd::Kind m_why = TaskEnd::Kind::Answered;
    std::string m_sentence;
    std::uint64_t m_progress = 0;
    double m_lastMove = 0;
    double m_termAt = 0, m_killAt = 0, m_firstKill = 0; ///< 0: not yet
    bool m_over = false;
};

using AllWatched = std::vector<std::unique_ptr<Watched>>;

void giveTurns(const AllWatched &all, Order order)
{
    // Side by side means together: who is ready waits until everybody is, or is given up.
    if (order == Order::SideBySide && std::any_of(all.begin(), all.end(), [](const auto &each) { return each->isGettingReady(); }))
        return;
    for (const auto &each : all) {
        if (order == Order::OneByOne && std::any_of(all.begin(), all.end(), [](const auto &other) { return other->works(); }))
            return;
        if (each->wantsTurn())
            each->giveTurn();
    }
}

void waitForWords(const AllWatched &all)
{
    std::vector<pollfd> fds;
    for (const auto &each : all) {
        if (each->fd() >= 0)
            fds.push_back({each->fd(), POLLIN, 0});
    }
    ::poll(fds.data(), nfds_t(fds.size()), lookMilliseconds);
}

std::string joined(const std::vector<std::string> &reasons)
{
    std::string text;
    for (const auto &reason : reasons)
        text += (text.empty() ? "" : "; ") + reason;
    return text;
}

} // namespace

std::string_view orderText(Order order)
{
    return order == Order::SideBySide ? "side by side" : "one by one";
}

std::vector<TaskEnd> runTasks(std::vector<Task> tasks, Order order, const Patience &patience, const std::atomic<bool> *stop,
                              const Child::Take &take)
{
    AllWatched all;
    for (auto &task : tasks)
        all.push_back(std::make_unique<Watched>(std::move(task), patience, take));
    const double began = monotonicSeconds();
    while (std::any_of(all.begin(), all.end(), [](const auto &each) { return !each->isOver(); })) {
        const bool late = monotonicSeconds() - began > patience.total;
        for (const auto &each : all) {
            if (stopRequested(stop))
                each->tellToEnd(TaskEnd::Kind::Stopped, "it was told to stop");
            else if (late)
                each->tellToEnd(TaskEnd::Kind::OutOfTime, "the time of the step was over");
            each->look();
        }
        giveTurns(all, order);
        waitForWords(all);
    }
    std::vector<TaskEnd> ends;
    for (const auto &each : all)
        ends.push_back(each->takeEnd());
    return ends;
}

CheckResult conclude(const std::vector<TaskEnd> &ends)
{
    std::vector<std::string> wrong, without, waived;
    std::size_t measured = 0;
    bool stopped = false;
    Waiver waiver = Waiver::NotPresent; // of several the one that must be cleared up
    for (const auto &end : ends) {
        stopped = stopped || end.kind == TaskEnd::Kind::Stopped;
        switch (end.result.status) {
        case StepStatus::Completed: ++measured; break;
        case StepStatus::Failed: wrong.push_back(end.result.reason); break;
        case StepStatus::Waived:
            waived.push_back(end.result.reason);
            waiver = end.result.waiver == Waiver::NotPermitted ? Waiver::NotPermitted : waiver;
            break;
        default: without.push_back(end.result.reason);
        }
    }
    const std::string others = measured > 0 ? "; the other " + std::to_string(measured) + " went well" : "";
    if (!wrong.empty()) {
        wrong.insert(wrong.end(), without.begin(), without.end());
        return CheckResult::failed(joined(wrong) + others);
    }
    if (stopped)
        return stoppedEarly();
    if (!without.empty())
        return CheckResult::error(joined(without) + others);
    if (!waived.empty() && (measured == 0 || waiver == Waiver::NotPermitted))
        return {StepStatus::Waived, waiver, joined(waived) + others};
    return CheckResult::completed();
}

} // namespace seatrial::engine
