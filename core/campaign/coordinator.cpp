// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/coordinator.h"

#include "core/analysis/judge.h"
#include "core/domain/fleet_index.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::campaign {

using domain::RunState;
using protocol::Severity;
using namespace std::chrono_literals;

namespace {

constexpr auto kPublishEvery = 100ms;
constexpr auto kRenewEvery = 10s;
/// Attempts at a pair beyond its retests: what then has no result will have none.
constexpr int kPairAttempts = 3;
constexpr auto kQuietWithin = 12s;

} // namespace

double wallNow()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Coordinator::Coordinator(Worlds worlds, domain::RunData data, analysis::Criteria criteria, int fanOut, double leaseSeconds,
                         std::shared_ptr<Inbox> inbox)
    : m_worlds(worlds), m_criteria(std::move(criteria)), m_inbox(std::move(inbox)), m_live(std::move(data)), m_info(m_live.data().info),
      m_leaseSeconds(leaseSeconds), m_connector(worlds.links, worlds.deployer, worlds.questions, m_inbox, fanOut),
      m_schedule(m_info.plan, m_info.fleet, m_info.nodes), m_pace(m_info.plan, m_info.fleet)
{
    const domain::FleetIndex index(m_info.fleet);
    for (const auto &id : m_info.nodes) {
        auto &node = m_nodes[id];
        node.node = index.find(id);
        node.steps.assign(m_info.plan.steps.size(), StepState::Ahead);
        node.sinceWall = wallNow();
    }
    m_nextPublish = m_nextJudge = m_began;
    m_nextRenew = m_began + kRenewEvery;
}

void Coordinator::takeUp(const std::map<domain::NodeId, store::StreamPosition> &positions)
{
    const auto &data = m_live.data();
    for (auto &[id, node] : m_nodes)
        node.settled = !positions.contains(id);
    for (const auto &failure : data.failures) {
        const auto it = m_nodes.find(failure.node);
        if (it == m_nodes.end() || failure.failure.kind != domain::FailureKind::Untrusted)
            continue;
        it->second.phase = NodePhase::Failed; // what was no engine once is not believed later
        it->second.failure = failure.failure;
        m_schedule.leave(failure.node);
    }
    for (const auto &[id, position] : positions) {
        const auto it = m_nodes.find(id);
        if (it == m_nodes.end())
            continue;
        it->second.lastSequence = position.lastSequence;
        if (!position.goodbye || it->second.phase == NodePhase::Failed)
            continue;
        it->second.goodbye = true;
        if (std::ranges::find(data.goodbyes, id) == data.goodbyes.end()) {
            giveUp(it->second, {domain::Stage::Run, domain::FailureKind::Lost, id.text() + ": its run had ended there before it was finished",
                                "taking up its journal", "begin a new run for this node"});
        } else {
            it->second.phase = NodePhase::Done;
            m_schedule.leave(id);
        }
    }
    for (const auto &event : data.events) {
        const auto it = m_nodes.find(event.node);
        const bool ofGroup = event.event.code.starts_with("group.");
        if (it == m_nodes.end() || (!ofGroup && event.event.code != "net.listening"))
            continue;
        it->second.toBeEnded[event.event.step] = "the desktop that ordered it is gone";
        const auto key = ofGroup ? domain::StepKey::fromText(event.event.step) : std::nullopt;
        if (const int index = key ? stepIndex(key->step) : -1; index >= 0)
            m_schedule.noteGroup(index, key->group);
    }
    for (const auto &result : data.results) {
        const auto it = m_nodes.find(result.node);
        const int index = stepIndex(result.key.step);
        if (it == m_nodes.end() || index < 0)
            continue;
        it->second.toBeEnded.erase(result.key.text());
        it->second.ended[result.key] = result.finished.status;
        if (result.key.serving)
            continue;
        if (result.key.group > 0) {
            takeUpGroup(it->second, index, result.key, result.finished.status);
            continue;
        }
        if (result.finished.status == protocol::StepStatus::Abandoned) {
            if (result.key.peer.empty())
                m_schedule.markAbandoned({index, result.node, {}, result.key.attempt}, nextAttempt(index, result.node, {}));
            continue;
        }
        it->second.steps[index] = StepState::Done;
        m_schedule.markDone({index, result.node, result.key.peer, result.key.attempt});
        m_pace.ended(index, result.finished.seconds);
        ++m_stepsDone;
    }
}

std::shared_ptr<const Snapshot> Coordinator::work()
{
    for (const auto &id : m_info.nodes) {
        if (m_nodes.at(id).phase == NodePhase::Waiting)
            connect(m_nodes.at(id), 0ms);
    }
    while (m_mode != Mode::Over) {
        auto events = m_inbox->takeUntil(Clock::now() + kPublishEvery);
        for (auto &event : events)
            handle(event);
        tick();
    }
    return m_last;
}

void Coordinator::handle(Incoming &event)
{
    std::visit(
        [this](auto &said) {
            using Said = std::decay_t<decltype(said)>;
            if constexpr (std::is_same_v<Said, NodeReady>) {
                ready(said);
            } else if constexpr (std::is_same_v<Said, NodeNotReady>) {
                notReady(said);
            } else if constexpr (std::is_same_v<Said, LinesArrived>) {
                lines(said);
            } else if constexpr (std::is_same_v<Said, StreamEnded>) {
                streamEnded(said);
            } else if constexpr (std::is_same_v<Said, CancelAsked>) {
                cancel(said.reason);
            } else if constexpr (std::is_same_v<Said, PauseAsked>) {
                pause(said);
            } else if constexpr (std::is_same_v<Said, StepEndAsked>) {
                endStep(said);
            } else if (m_mode == Mode::Cancelling) {
                end(RunState::Cancelled); // the nodes were told already: only the waiting for them is let go
            } else if (m_mode != Mode::Over) {
                m_mode = Mode::Detaching;
            }
        },
        event);
}

void Coordinator::tick()
{
    if (m_mode == Mode::Over)
        return;
    const auto now = Clock::now();
    for (auto &[id, node] : m_nodes) {
        const bool attached = node.phase == NodePhase::Working || node.phase == NodePhase::Attached;
        if (attached && now > node.progressDeadline) {
            giveUp(node, {domain::Stage::Run, domain::FailureKind::Timeout,
                          fmt::format("{}: {} did not end, although its deadline has passed.", id.text(),
                                      node.stepInWork.empty() ? "an ordered step" : node.stepInWork),
                          fmt::format("waiting for the engine's own deadline and {:.0f} s more", std::chrono::duration<double>(m_patience.beyondDeadline).count()),
                          "look at the node: its supervisor does not work any more"});
        }
    }
    if (now >= m_nextRenew) {
        m_nextRenew = now + kRenewEvery;
        for (auto &[id, node] : m_nodes)
            renew(node);
        if (const auto broken = m_worlds.store.failure(); broken && m_mode == Mode::Measuring) {
            say(Severity::Error, {}, domain::sentence(*broken) + " Letting go: the nodes keep their journals. Make room, then continue the run.");
            m_mode = Mode::Detaching;
        }
    }
    if (m_mode == Mode::Detaching)
        return end(RunState::Interrupted);
    endIdleServes();
    watchGroups();
    m_schedule.freeWhatIsOver(now);
    startWhatMay();
    lookAtRamp();
    const auto quiet = [](const auto &entry) { return entry.second.phase == NodePhase::Done || entry.second.phase == NodePhase::Failed; };
    const bool allQuiet = std::ranges::all_of(m_nodes, quiet);
    const bool reaching = std::ranges::any_of(m_nodes, [](const auto &entry) { return entry.second.phase == NodePhase::Connecting; });
    if (m_mode == Mode::Measuring && (allQuiet || (!reaching && m_schedule.allDone() && m_secondLooks.empty() && !retest())))
        beginFinishing();
    if (m_mode == Mode::Finishing && (allQuiet || now > m_modeDeadline))
        return end(RunState::Finished);
    if (m_mode == Mode::Cancelling && (allQuiet || now > m_modeDeadline))
        return end(RunState::Cancelled);
    if (m_dirty && now >= m_nextPublish)
        publish(false);
}

void Coordinator::judgeNow()
{
    const auto data = m_mode == Mode::Over ? m_live.handOver() : m_live.published();
    if (data == m_judged && m_verdict)
        return;
    m_verdict = std::make_shared<const domain::FleetVerdict>(analysis::judge(*data, m_criteria));
    m_judged = data;
}

bool Coordinator::retest()
{
    judgeNow();
    bool any = false;
    for (const auto &wanted : analysis::retestsWanted(m_live.data(), *m_verdict)) {
        const auto node = m_nodes.find(wanted.node);
        const int step = stepIndex(wanted.step);
        if (step < 0 || m_info.plan.steps[step].scope == domain::Scope::Group) // groups measure again what is to be measured again
            continue;
        if (node == m_nodes.end() || node->second.phase == NodePhase::Done || node->second.phase == NodePhase::Failed)
            continue;
        if (!wanted.peer.empty()) {
            const auto peer = m_nodes.find(wanted.peer);
            if (peer == m_nodes.end() || peer->second.phase == NodePhase::Done || peer->second.phase == NodePhase::Failed)
                continue;
        }
        const auto &ramp = m_schedule.ramp(); // where load was not extended to, nothing is measured any more
        if (ramp.stopped() && (!ramp.admitted(wanted.node) || (!wanted.peer.empty() && !ramp.admitted(wanted.peer))))
            continue;
        if (wanted.peer.empty() && node->second.endedByPerson.contains(step))
            continue;
        const Task task{step, wanted.node, wanted.peer, nextAttempt(step, wanted.node, wanted.peer)};
        if (!wanted.peer.empty() && triesOf(task).ended >= kPairAttempts + m_info.plan.steps[step].retests)
            continue;
        m_schedule.retest(task);
        const std::string with = wanted.peer.empty() ? "" : " with " + wanted.peer.text();
        say(Severity::Info, {wanted.node}, fmt::format("{}{} is measured again: {}", m_info.plan.steps[step].title, with, wanted.reason));
        any = true;
    }
    m_dirty = true;
    return any;
}

void Coordinator::beginFinishing()
{
    m_mode = Mode::Finishing;
    m_modeDeadline = Clock::now() + m_patience.goodbye;
    for (auto &[id, node] : m_nodes)
        send(node, protocol::NoMoreSteps{});
}

void Coordinator::cancel(const std::string &reason)
{
    if (m_mode == Mode::Cancelling || m_mode == Mode::Over)
        return;
    m_mode = Mode::Cancelling;
    m_endReason = reason;
    m_modeDeadline = Clock::now() + kQuietWithin;
    m_connector.cancelAll();
    for (auto &[id, node] : m_nodes) {
        if (node.link) {
            send(node, protocol::Cancel{{}, reason});
        } else if (node.phase != NodePhase::Done && node.phase != NodePhase::Failed) {
            const bool there = node.reached;
            giveUp(node, {domain::Stage::Run, domain::FailureKind::Cancelled,
                          id.text() + (there ? ": cancelled while its connection was lost." : ": cancelled before it was reached."), {},
                          there ? "what runs there ends when its lease does, or with seatrialctl clean" : ""});
        }
    }
    say(Severity::Warning, {}, "cancelled: " + reason);
}

/// A pause holds back orders and nothing else. It is no state of the run that is stored: a paused run that is let go
/// is interrupted like any other and goes on when it is continued.
void Coordinator::pause(const PauseAsked &asked)
{
    if (m_mode != Mode::Measuring || asked.pause == m_pause.has_value())
        return;
    const std::string by = asked.by.empty() ? "" : " by " + asked.by;
    if (asked.pause) {
        m_pause = Pause{wallNow(), asked.by};
        m_pausedAt = Clock::now();
        for (auto &[id, node] : m_nodes)
            recall(node, "the run is paused");
        say(Severity::Info, {}, "paused" + by + ": what is in work ends, nothing further begins");
    } else {
        const auto seconds = std::chrono::duration<double>(Clock::now() - m_pausedAt).count();
        m_pausedBefore = pausedFor();
        m_pause.reset();
        m_schedule.restartRamp(); // all of them beginning at once would be the surge that the ramp avoids
        say(Severity::Info, {}, fmt::format("goes on after a pause of {:.0f} s, continued{}", seconds, by));
    }
    m_dirty = true;
}

Clock::duration Coordinator::pausedFor() const
{
    return m_pausedBefore + (m_pause ? Clock::now() - m_pausedAt : Clock::duration{});
}

void Coordinator::say(Severity severity, std::vector<domain::NodeId> nodes, std::string text)
{
    m_worlds.observer.said({wallNow(), severity, std::move(nodes), std::move(text)});
}

void Coordinator::publish(bool everything)
{
    const auto before = Clock::now();
    if (everything || before >= m_nextJudge) {
        judgeNow();
        // A big fleet takes longer to copy and to judge: never spend more than a tenth of the time on it.
        m_nextJudge = Clock::now() + std::max<Clock::duration>(500ms, 10 * (Clock::now() - before));
    }
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->data = m_judged;
    snapshot->verdict = m_verdict;
    for (const auto &id : m_info.nodes) {
        const auto &node = m_nodes.at(id);
        snapshot->nodes.push_back({id, node.phase, doing(node), node.steps, node.failure, node.sinceWall,
                                   node.phase == NodePhase::Working && before > node.stuckAt});
    }
    const auto tasks = remaining();
    snapshot->elapsedSeconds = std::chrono::duration<double>(Clock::now() - m_began - pausedFor()).count();
    if (m_mode == Mode::Measuring)
        snapshot->pause = m_pause;
    snapshot->ramp = rampNow();
    snapshot->left = m_pace.left(tasks);
    snapshot->stepsDone = m_stepsDone;
    snapshot->stepsPlanned = m_stepsDone + static_cast<int>(tasks.size());
    snapshot->live = true;
    snapshot->finished = m_mode == Mode::Over;
    m_last = snapshot;
    m_dirty = false;
    m_nextPublish = before + kPublishEvery;
    m_worlds.observer.published(m_last);
}

void Coordinator::end(RunState state)
{
    m_connector.cancelAll();
    std::vector<domain::NodeId> endingNow;
    for (auto &[id, node] : m_nodes) {
        if (state == RunState::Interrupted && node.attachedOnly && node.link)
            endingNow.push_back(id);
        if (m_mode == Mode::Finishing && node.phase != NodePhase::Done && node.phase != NodePhase::Failed)
            say(Severity::Warning, {id}, "said no goodbye; everything measured there is stored");
        if (node.link)
            node.link->close();
    }
    if (!endingNow.empty())
        say(Severity::Warning, endingNow, "works only while somebody is attached: its step in work ends now, and is measured again when the run is continued");
    const double now = state == RunState::Interrupted ? 0 : wallNow();
    m_live.setState(state, now);
    m_mode = Mode::Over;
    publish(true);
    auto stored = m_worlds.store.flush();
    if (stored)
        stored = m_worlds.store.saveVerdict(*m_verdict);
    if (stored)
        stored = m_worlds.store.setRunState(m_info.id, state, now);
    if (!stored)
        say(Severity::Error, {}, domain::sentence(stored.error()));
    m_inbox->close();
}

} // namespace seatrial::campaign
