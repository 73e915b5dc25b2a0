// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/collective/rank_watch.h"

#include "engine/checks/load_check.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <cmath>

namespace seatrial::engine {

namespace {

using protocol::Event;
using protocol::Measurement;
using protocol::Severity;

constexpr double listenSeconds = 0.1;
constexpr double lookSeconds = 0.2;             ///< between two looks at the process
constexpr double longUninterruptible = 2;       ///< a disk or a page may take so long; a healthy one is back by then
constexpr double longSilence = 10;              ///< of a thread that does nothing but say that the process lives, ten times a second
constexpr double beforeTheDeadline = 1;         ///< to speak before the supervisor ends us

bool isOfThisCheck(const Measurement &measurement)
{
    return measurement.check == collective::checkName && measurement.subject == "node";
}

} // namespace

RankWatch::RankWatch(const CheckContext &context, const collective::Job &job, RankProcess &process)
    : m_context(context), m_job(job), m_process(process), m_report(context, collective::checkName), m_beatSeen(monotonicSeconds()), m_moved(monotonicSeconds())
{
}

std::string RankWatch::where() const
{
    const auto name = m_job.stageName(m_stage);
    return m_iteration > 0 ? "iteration " + std::to_string(m_iteration) + " of " + name : name;
}

void RankWatch::tell(Severity severity, const std::string &cause)
{
    protocol::Parameters parameters{{"token", m_job.token},
                                    {"rank", std::to_string(m_job.rank)},
                                    {"stage", std::to_string(m_stage)},
                                    {"name", m_job.stageName(m_stage)},
                                    {"iteration", std::to_string(m_iteration)},
                                    {"state", m_state},
                                    {"pid", std::to_string(m_process.pid())}};
    const auto still = monotonicSeconds() - m_moved;
    if (severity != Severity::Info)
        parameters["stalled_seconds"] = numberText(std::round(still * 10) / 10);
    std::string text = "Rank " + std::to_string(m_job.rank) + " of " + std::to_string(m_job.size) + " is in " + where();
    if (m_state != "running")
        text += ", its process is " + m_state;
    if (!cause.empty())
        parameters["cause"] = cause;
    if (m_broken && !m_broken->peer.empty())
        parameters["peer_rank"] = m_broken->peer;
    if (m_broken)
        text += ": " + m_broken->text;
    m_report.event(severity, "group.progress", "node", text + '.', std::move(parameters));
}

void RankWatch::take(protocol::Body body)
{
    if (auto *measurement = std::get_if<Measurement>(&body)) {
        measurement->step = m_context.step;
        if (isOfThisCheck(*measurement) && m_context.out)
            m_context.out->emit(std::move(body));
        return;
    }
    const auto *event = std::get_if<Event>(&body);
    if (!event)
        return;
    const auto said = [&](const char *name) {
        const auto found = event->parameters.find(name);
        return found == event->parameters.end() ? std::string() : found->second;
    };
    if (event->code == collective::listeningWord)
        m_report.event(Severity::Info, "group.listening", "node", "Waits for the other ranks of a group on TCP port " + said("port") + ".",
                       {{"token", m_job.token}, {"port", said("port")}});
    else if (event->code == collective::brokenWord && !m_broken)
        m_broken = Broken{event->text, said("cause"), said("peer_rank")};
    else if (event->code == collective::doneWord)
        m_done = true;
}

/// Where it is and how it is. Tells each new stage, and each change of its state.
void RankWatch::look()
{
    const double now = monotonicSeconds();
    const auto stage = m_process.stage();
    const auto iteration = m_process.iteration();
    if (stage != m_stage || iteration != m_iteration) {
        m_moved = now;
        if (!m_broken)
            m_toldTrouble = 0;
    }
    const bool newStage = stage != m_stage;
    m_stage = stage;
    m_iteration = iteration;
    if (newStage)
        tell(Severity::Info);
    if (now - m_looked < lookSeconds)
        return;
    m_looked = now;
    auto state = m_process.state();
    if (const auto beats = m_process.beats(); beats != m_beats) {
        m_beats = beats;
        m_beatSeen = now;
    }
    if (state == "running" && now - m_beatSeen > longSilence)
        state = "not getting to run (no heartbeat)";
    if (!state.starts_with("in uninterruptible"))
        m_uninterruptibleSince = now;
    else if (now - m_uninterruptibleSince < longUninterruptible)
        return;
    if (state == m_state)
        return;
    m_state = std::move(state);
    tell(m_state == "running" ? Severity::Info : Severity::Warning, m_state == "running" ? "" : "self");
}

CheckResult RankWatch::giveUp(const std::string &why)
{
    const auto left = m_process.kill();
    return CheckResult::error(why + (left.empty() ? "" : "; " + left));
}

CheckResult RankWatch::died()
{
    m_state = m_process.ending();
    tell(Severity::Error, "self");
    return CheckResult::error("the process of rank " + std::to_string(m_job.rank) + " " + (m_state.starts_with("dead") ? "is " : "") + m_state + " in " + where());
}

std::optional<CheckResult> RankWatch::judge()
{
    const double now = monotonicSeconds();
    if (m_process.ended()) {
        m_process.listen(0, [this](protocol::Body body) { take(std::move(body)); });
        if (m_done)
            return CheckResult::completed();
        return died();
    }
    if (m_done && now - m_moved > m_job.stageDeadline)
        return giveUp("the process of rank " + std::to_string(m_job.rank) + " has measured all and does not end");
    const bool still = now - m_moved > m_job.stageDeadline;
    if ((m_toldTrouble == 0 && still) || (m_broken && !m_toldBroken)) {
        m_toldBroken = m_broken.has_value();
        if (m_toldTrouble == 0)
            m_toldTrouble = now;
        tell(Severity::Warning, m_broken ? m_broken->cause : m_state == "running" ? "" : "self");
    }
    // The others may be asked meanwhile how far they are; whoever decides about the group ends this step then.
    const auto place = "rank " + std::to_string(m_job.rank) + ", in " + where();
    if (m_broken && m_broken->cause == "self")
        return giveUp(place + ": " + m_broken->text);
    if (m_toldTrouble > 0 && now - m_toldTrouble > m_job.stageDeadline)
        return giveUp(place + (m_broken ? ": " + m_broken->text
                                        : ", did not get on for " + numberText(std::round(now - m_moved)) + " s; its process is " + m_state));
    return std::nullopt;
}

CheckResult RankWatch::watch()
{
    const auto deadline = Deadline::after(std::max(1.0, m_context.deadlineSeconds - beforeTheDeadline));
    m_stage = 0; // there it began, however far it is by now
    tell(Severity::Info);
    while (true) {
        m_process.listen(listenSeconds, [this](protocol::Body body) { take(std::move(body)); });
        if (stopRequested(m_context.stop)) { // the state is the one seen before: who ends a step also continues what is stopped
            m_stage = m_process.stage();
            m_iteration = m_process.iteration();
            tell(Severity::Info, m_broken ? m_broken->cause : m_state == "running" ? "" : "self");
            const auto left = m_process.kill();
            return left.empty() ? stoppedEarly() : CheckResult::error("it was told to stop before it was done; " + left);
        }
        look();
        if (auto result = judge())
            return std::move(*result);
        if (deadline.passed()) {
            tell(Severity::Warning, m_broken ? m_broken->cause : "");
            return giveUp("rank " + std::to_string(m_job.rank) + " was in " + where() + " when its time was over");
        }
    }
}

} // namespace seatrial::engine
