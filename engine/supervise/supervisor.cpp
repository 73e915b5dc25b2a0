// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/supervisor.h"

#include "core/protocol/text.h"
#include "core/protocol/version.h"
#include "engine/supervise/node_clock.h"
#include "engine/supervise/process_tree.h"
#include "engine/supervise/worker_launch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <gnu/libc-version.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr std::size_t kMaxSteps = 5'000;     ///< known to one run
constexpr std::size_t kMaxWorkers = 16;      ///< at the same time
constexpr std::uint64_t kMaxComplaints = 100;
constexpr double kLingerSeconds = 5;        ///< for those attached to take the end of the journal
constexpr double kSessionEndSeconds = 1;    ///< in which a login that ends takes all its processes with it

bool isConcurrent(const StartStep &step)
{
    const auto found = step.parameters.find("concurrent");
    return found != step.parameters.end() && found->second == "yes";
}

std::string reasonOf(const Cancel &cancel)
{
    return cancel.reason.empty() ? "no reason was given" : clipped(cancel.reason, 200); // it is said for every step
}

std::string wholeSeconds(double seconds)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g", seconds);
    return text.data();
}

Hello helloOf(const RunTerms &terms)
{
    utsname system{};
    ::uname(&system);
    Hello hello;
    hello.protocol = kProtocolVersion;
    hello.engineVersion = kProgramVersion;
    hello.run = terms.open.run;
    hello.node = terms.open.node;
    hello.hostname = system.nodename;
    hello.machine = system.machine;
    hello.kernel = system.release;
    hello.libc = std::string("glibc ") + gnu_get_libc_version();
    hello.simulated = terms.sysroot != "/" || !terms.simulate.empty(); // neither a recorded tree nor a profile is this node
    return hello;
}

} // namespace

Supervisor::Supervisor(RunTerms terms, Journal journal, ControlServer server, Fd signals)
    : m_terms(std::move(terms))
    , m_journal(std::move(journal))
    , m_server(std::move(server))
    , m_signals(std::move(signals))
    , m_loadLock(openLoadLock(m_terms.folder))
    , m_lastControl(bootSeconds())
{
    begin();
}

void Supervisor::begin()
{
    std::error_code ignored;
    std::filesystem::remove_all(workFolder(), ignored);
    m_known = m_journal.past().knownSteps;
    if (m_journal.past().hello)
        takeUpAgain();
    else
        m_journal.append(helloOf(m_terms));
    if (m_terms.attachedBecause)
        event(Severity::Warning, "supervisor.attached",
              "The run works only while somebody is attached, and ends its step with the connection: " + *m_terms.attachedBecause + '.',
              {{"reason", clipped(*m_terms.attachedBecause, 200)}});
    if (const auto gone = m_journal.past().goneRecords; gone > 0) {
        event(Severity::Warning, "journal.gone",
              "The first " + std::to_string(gone) + " records of this run are gone here: the node was booted without keeping its disk, or the folder was removed.",
              {{"records", std::to_string(gone)}, {"boot", bootId()}});
    }
    m_journal.flush();
}

void Supervisor::takeUpAgain()
{
    const JournalPast &past = m_journal.past();
    const std::string boot = bootId();
    const bool rebooted = past.bootId != boot;
    const int strays = killStrays(m_terms.folder);
    const std::string reason = rebooted ? "the node was booted" : past.letGo ? "its login had ended" : "the supervisor was killed";
    std::string inWork;
    for (const auto &[step, check] : past.unfinishedSteps)
        inWork += (inWork.empty() ? "" : ", ") + step;
    event(Severity::Warning, "supervisor.restarted", "The run was taken up again after " + reason + '.',
          {{"previous_boot", past.bootId},
           {"boot", boot},
           {"reason", reason},
           {"in_work", clipped(inWork, 400)},
           {"last_sequence", std::to_string(past.lastSequence)},
           {"cut_bytes", std::to_string(past.cutBytes)},
           {"stray_processes", std::to_string(strays)}});
    for (const auto &[step, check] : past.unfinishedSteps) {
        m_journal.append(StepFinished{step, check, StepStatus::Abandoned, Waiver::None,
                                      reason + " while this step ran", 0});
    }
}

void Supervisor::run()
{
    while (true) {
        waitForNews();
        handleSignals();
        for (const ControlServer::Said &said : m_server.receive(m_journal))
            handle(said);
        readWorkers();
        watchClocks();
        if (!m_toldToEnd) // what a login that ends does to a worker is no result of its step
            finishOver();
        watchAttached();
        startNext();
        const bool over = sayGoodbyeIfDue();
        m_journal.flush();
        m_server.send(m_journal);
        if (over)
            break;
    }
    linger();
}

void Supervisor::waitForNews()
{
    std::vector<pollfd> polled = {{m_signals.get(), POLLIN, 0}};
    m_server.addTo(polled);
    for (const auto &worker : m_workers) {
        polled.push_back({worker->recordsFd(), POLLIN, 0}); // a closed one is -1, which poll() passes over
        polled.push_back({worker->saidFd(), POLLIN, 0});
    }
    const int milliseconds = static_cast<int>(std::clamp(secondsToNextDuty(), 0.0, 60.0) * 1000) + 1;
    ::poll(polled.data(), polled.size(), milliseconds);
}

double Supervisor::secondsToNextDuty() const
{
    const double now = bootSeconds();
    double seconds = m_journal.lastAppendSeconds() + kHeartbeatSeconds - now;
    seconds = std::min(seconds, m_lastControl + m_terms.open.leaseSeconds - now);
    if (m_toldToEnd)
        seconds = std::min(seconds, 0.05);
    for (const auto &worker : m_workers)
        seconds = std::min(seconds, worker->secondsToNextDuty(now));
    return seconds;
}

void Supervisor::handleSignals()
{
    signalfd_siginfo signal{};
    while (::read(m_signals.get(), &signal, sizeof signal) == sizeof signal) {
        if ((signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) && !m_ending && !m_toldToEnd)
            m_toldToEnd = bootSeconds();
    }
    reap();
}

/// Whoever looks on while the supervisor is told to end sees a person do it: the run is cancelled. If they go away at
/// the same moment, the site has ended the login with all that was started from it: that is no word about the run.
void Supervisor::weighSignal(double now)
{
    if (m_terms.attachedBecause)
        letGo("the login that it needs has ended");
    else if (m_server.attached() == 0)
        letGo("the supervisor was told to end while nobody was attached");
    else if (now - *m_toldToEnd >= kSessionEndSeconds)
        endRun({Outcome::Cancelled, "the supervisor was told to end by a signal",
                "cancelled: the supervisor was told to end by a signal"});
    if (m_ending)
        m_toldToEnd.reset();
}

void Supervisor::reap()
{
    siginfo_t dead{};
    while (::waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 && dead.si_pid != 0) {
        const pid_t pid = dead.si_pid;
        const auto worker = std::ranges::find_if(m_workers, [&](const auto &each) { return each->pid() == pid; });
        if (worker != m_workers.end())
            ::kill(-pid, SIGKILL); // before its number is free again: what it left in its group
        int status = 0;
        ::waitpid(pid, &status, 0);
        if (worker != m_workers.end())
            (*worker)->exited(status);
        dead = {};
    }
}

void Supervisor::handle(const ControlServer::Said &said)
{
    if (const auto *control = std::get_if<Control>(&said)) {
        m_lastControl = bootSeconds();
        apply(*control);
        return;
    }
    if (++m_complaints > kMaxComplaints)
        return;
    const auto *malformed = std::get_if<Malformed>(&said);
    event(Severity::Warning, "control.malformed",
          malformed ? "A control line could not be read: " + malformed->reason + '.'
                    : std::string("A control line speaks a newer protocol."),
          {{"excerpt", malformed ? malformed->excerpt : std::string()}});
}

void Supervisor::apply(const Control &control)
{
    if (const auto *open = std::get_if<Open>(&control))
        m_terms.open = *open;
    else if (const auto *step = std::get_if<StartStep>(&control))
        order(*step);
    else if (const auto *cancel = std::get_if<Cancel>(&control))
        cancelStep(cancel->step, reasonOf(*cancel));
    else if (std::holds_alternative<NoMoreSteps>(control))
        m_noMoreSteps = true;
    else if (const auto *renew = std::get_if<Renew>(&control))
        compareClocks(*renew);
}

void Supervisor::compareClocks(const Renew &renew)
{
    if (!renew.wall || m_ending)
        return;
    const double before = m_clock.offset();
    const auto measurement = m_clock.heard(*renew.wall, renew.aheadAtLeast, wallSeconds());
    if (!measurement)
        return;
    if (m_clock.jumped())
        event(Severity::Warning, "clock.jumped", "The clock of this node or of the desktop was set: what lay between them changed during the run.",
              {{"before_seconds", std::to_string(before)}, {"now_seconds", std::to_string(m_clock.offset())}});
    write(*measurement);
}

void Supervisor::order(const StartStep &step)
{
    if (m_known.contains(step.step))
        return;
    if (m_known.size() >= kMaxSteps)
        return endRun({Outcome::Broken, "more than " + std::to_string(kMaxSteps) + " steps were ordered",
                       "abandoned: too many steps were ordered"});
    m_known.insert(step.step);
    if (m_ending && !m_ending->letGo)
        finishUnstarted(step, m_ending->stepReason);
    else
        m_queue.push_back(step);
}

void Supervisor::cancelStep(const std::string &step, const std::string &reason)
{
    const std::string stepReason = "cancelled: " + reason;
    if (step.empty())
        return endRun({Outcome::Cancelled, reason, stepReason});
    for (const auto &worker : m_workers) {
        if (worker->step().step != step)
            continue;
        if (isConcurrent(worker->step()))
            worker->endServing(stepReason);
        else
            worker->end(StepStatus::Abandoned, stepReason);
        return;
    }
    const auto queued = std::ranges::find(m_queue, step, &StartStep::step);
    if (queued == m_queue.end())
        return; // it has ended already, or is not known: nothing to end
    finishUnstarted(*queued, stepReason);
    m_queue.erase(queued);
}

void Supervisor::readWorkers()
{
    for (const auto &worker : m_workers) {
        worker->readRecords([this](const Body &body) { write(body); });
        worker->readSaid();
    }
}

void Supervisor::write(const Body &body)
{
    const std::string refusal = m_journal.refusal();
    if (refusal.empty())
        m_journal.append(body);
    else
        endRun({Outcome::Broken, refusal, "abandoned: " + refusal});
}

void Supervisor::finishOver()
{
    reap();
    const auto isOver = [](const auto &worker) { return worker->isOver(); };
    if (std::ranges::none_of(m_workers, isOver))
        return;
    for (const auto &worker : m_workers) {
        if (!isOver(worker))
            continue;
        // What it wrote last may have come after the pipes were read above.
        worker->readRecords([this](const Body &body) { write(body); });
        worker->readSaid();
        m_journal.append(worker->result());
    }
    std::erase_if(m_workers, isOver);
    if (m_workers.empty())
        ::flock(m_loadLock.get(), LOCK_UN); // the next run's turn; a worker of ours asks for it again
    // Nothing here makes daemons: who became our child without being a worker was left behind by one.
    for (const pid_t child : childrenOf(::getpid())) {
        const bool works = std::ranges::any_of(m_workers, [&](const auto &worker) { return worker->pid() == child; });
        if (!works)
            signalTree(child, SIGKILL);
    }
    m_journal.sync();
}

bool Supervisor::exclusiveRuns() const
{
    return std::ranges::any_of(m_workers, [](const auto &worker) { return !isConcurrent(worker->step()); });
}

void Supervisor::startNext()
{
    while (!m_queue.empty() && !m_ending && m_workers.size() < kMaxWorkers) {
        if (exclusiveRuns() && !isConcurrent(m_queue.front()))
            return;
        const StartStep step = std::move(m_queue.front());
        m_queue.pop_front();
        m_journal.append(StepStarted{step.step, step.check, step.parameters});
        m_journal.flush(); // known before it works: whoever takes this up again must not do it twice
        WorkerTerms terms{m_terms.folder, m_terms.sysroot, m_terms.simulate, workFolder() / std::to_string(++m_startedWorkers),
                          m_terms.open.graceSeconds, m_terms.open.allowBusy, m_terms.open.sudo, m_loadLock.get()};
        std::string error;
        if (auto worker = WorkerProcess::start(step, terms, error))
            m_workers.push_back(std::move(worker));
        else
            m_journal.append(StepFinished{step.step, step.check, StepStatus::Error, Waiver::None, clipped(error, 4000), 0});
    }
}

void Supervisor::watchClocks()
{
    const double now = bootSeconds();
    if (m_toldToEnd)
        weighSignal(now);
    for (const auto &worker : m_workers)
        worker->tick(now);
    if (now - m_lastControl >= m_terms.open.leaseSeconds) {
        const std::string reason = "nobody came back within " + wholeSeconds(m_terms.open.leaseSeconds) + " s";
        endRun({Outcome::LeaseExpired, reason, "lease expired: " + reason});
    }
    if (now - m_journal.lastAppendSeconds() >= kHeartbeatSeconds)
        m_journal.append(Heartbeat{m_workers.empty() ? std::string() : m_workers.back()->step().step});
    if (!m_journal.trouble().empty() && !std::exchange(m_troubleSaid, true)) {
        event(Severity::Error, "journal.trouble", "The journal cannot be written: " + m_journal.trouble() + '.');
        endRun({Outcome::Broken, m_journal.refusal(), "abandoned: " + m_journal.refusal()});
    }
}

void Supervisor::watchAttached()
{
    const bool attached = m_server.attached() > 0;
    m_wasAttached = m_wasAttached || attached;
    if (m_wasAttached && !attached && !m_leaseRuns) {
        m_leaseRuns = true;
        event(Severity::Info, "lease.started", "Nobody is attached any longer.",
              {{"lease_seconds", wholeSeconds(m_terms.open.leaseSeconds)}});
    } else if (attached && m_leaseRuns) {
        m_leaseRuns = false;
        event(Severity::Info, "lease.ended", "Somebody is attached again.");
    }
}

void Supervisor::endRun(Ending ending)
{
    if (m_ending)
        return;
    m_ending = std::move(ending);
    for (const auto &worker : m_workers)
        worker->end(StepStatus::Abandoned, m_ending->stepReason);
    for (const StartStep &step : m_queue) {
        if (!m_ending->letGo) // else it is ordered anew from whoever takes the run up
            finishUnstarted(step, m_ending->stepReason);
    }
    m_queue.clear();
}

void Supervisor::letGo(const std::string &reason)
{
    if (m_ending)
        return;
    // Said before the steps end, so that whoever reads of their end knows that it says nothing of the node.
    event(Severity::Info, "supervisor.let_go", "The run was let go and can be taken up again: " + reason + '.', {{"reason", reason}});
    endRun({.outcome = Outcome::Cancelled, .reason = reason, .stepReason = "let go: " + reason, .letGo = true});
}

void Supervisor::finishUnstarted(const StartStep &step, std::string reason)
{
    m_journal.append(StepFinished{step.step, step.check, StepStatus::Abandoned, Waiver::None, std::move(reason), 0});
}

bool Supervisor::sayGoodbyeIfDue()
{
    const bool idle = m_workers.empty() && (m_queue.empty() || (m_ending && m_ending->letGo));
    if (!idle || (!m_ending && !m_noMoreSteps))
        return false;
    std::error_code ignored;
    std::filesystem::remove_all(workFolder(), ignored);
    if (m_ending && m_ending->letGo) {
        m_journal.sync();
        return true;
    }
    m_journal.append(m_ending ? Goodbye{m_ending->outcome, m_ending->reason} : Goodbye{Outcome::Finished, {}});
    m_journal.sync();
    return true;
}

void Supervisor::linger()
{
    const double until = bootSeconds() + kLingerSeconds;
    while (bootSeconds() < until) {
        const bool written = m_journal.flush();
        m_server.receive(m_journal);
        m_server.send(m_journal);
        if (written && m_server.everythingSent(m_journal))
            break;
        std::vector<pollfd> polled;
        m_server.addTo(polled);
        ::poll(polled.data(), polled.size(), 50);
    }
    m_journal.close();
}

void Supervisor::event(Severity severity, std::string code, std::string text, Parameters parameters)
{
    m_journal.append(Event{severity, std::move(code), {}, {}, clipped(text, 4000), std::move(parameters)});
}

} // namespace seatrial::engine
