// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/worker_process.h"

#include "core/protocol/codec.h"
#include "core/protocol/text.h"
#include "engine/supervise/node_clock.h"
#include "engine/supervise/process_tree.h"
#include "engine/supervise/worker_launch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsATurn = 16; ///< so that a flooding worker does not keep the supervisor from its other duties
constexpr std::size_t kSaidBytes = 800;
constexpr double kKillAgainSeconds = 0.2; ///< a group that forks while it is killed is killed again

std::string secondsText(double seconds)
{
    std::string text = std::to_string(seconds);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.'))
        text.pop_back();
    return text + " s";
}

std::string signalName(int signal)
{
    static constexpr std::pair<int, const char *> kNames[] = {
        {SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},   {SIGFPE, "SIGFPE"},
        {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},   {SIGPIPE, "SIGPIPE"}, {SIGXCPU, "SIGXCPU"},
        {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},   {SIGTRAP, "SIGTRAP"}, {SIGHUP, "SIGHUP"},   {SIGQUIT, "SIGQUIT"},
    };
    for (const auto &[number, name] : kNames) {
        if (number == signal)
            return name;
    }
    return "signal " + std::to_string(signal);
}

std::string onOneLine(std::string text)
{
    for (char &character : text) {
        if (static_cast<unsigned char>(character) < 0x20)
            character = ' ';
    }
    return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

/// Fills in whose record it is. False for what a worker may not say.
bool claim(Body &body, const StartStep &step)
{
    if (auto *measurement = std::get_if<Measurement>(&body)) {
        measurement->step = step.step;
        measurement->check = step.check;
        return true;
    }
    if (auto *event = std::get_if<Event>(&body)) {
        event->step = step.step;
        return true;
    }
    return std::holds_alternative<Part>(body);
}

} // namespace

std::unique_ptr<WorkerProcess> WorkerProcess::start(const StartStep &step, const WorkerTerms &terms, std::string &error)
{
    std::optional<LaunchedWorker> launched = launchWorker(step, terms, error);
    if (!launched)
        return nullptr;
    std::unique_ptr<WorkerProcess> worker(new WorkerProcess);
    worker->m_step = step;
    worker->m_terms = terms;
    worker->m_pid = launched->pid;
    worker->m_records = std::move(launched->records);
    worker->m_said = std::move(launched->said);
    worker->m_started = bootSeconds();
    return worker;
}

WorkerProcess::~WorkerProcess()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_terms.workFolder, ignored);
}

void WorkerProcess::readRecords(const Take &take)
{
    std::array<char, kReadBytes> bytes;
    for (int turn = 0; turn < kReadsATurn && m_records.isOpen(); ++turn) {
        const ssize_t count = ::read(m_records.get(), bytes.data(), bytes.size());
        if (count > 0)
            m_cutter.feed({bytes.data(), static_cast<std::size_t>(count)},
                          [&](const std::string &line, std::uint64_t discarded) { takeLine(line, discarded, take); });
        else if (count == 0)
            m_records.close();
        else if (errno != EINTR)
            return;
    }
}

void WorkerProcess::takeLine(const std::string &line, std::uint64_t discarded, const Take &take)
{
    if (m_recordCount > kMaxRecords)
        return;
    if (++m_recordCount > kMaxRecords) {
        end(StepStatus::Error, "too many records: the worker wrote more than " + std::to_string(kMaxRecords));
        return;
    }
    if (discarded > 0)
        return complain("it is longer than " + std::to_string(LineCutter::kMaxLineBytes) + " bytes", excerptOf(line), take);
    auto read = decodeBody(line);
    if (const auto *malformed = std::get_if<Malformed>(&read))
        return complain(malformed->reason, malformed->excerpt, take);
    Body &body = std::get<Body>(read);
    if (auto *finished = std::get_if<StepFinished>(&body))
        m_own = std::move(*finished);
    else if (claim(body, m_step))
        take(std::move(body));
    else
        complain("a worker may not say this", excerptOf(line), take);
}

void WorkerProcess::complain(std::string reason, std::string excerpt, const Take &take) const
{
    take(Event{Severity::Error, "worker.malformed", m_step.step, {},
               "The worker wrote a line that is no record: " + std::move(reason) + '.',
               {{"excerpt", std::move(excerpt)}}});
}

void WorkerProcess::readSaid()
{
    std::array<char, 4096> bytes;
    for (int turn = 0; turn < kReadsATurn && m_said.isOpen(); ++turn) {
        const ssize_t count = ::read(m_said.get(), bytes.data(), bytes.size());
        if (count > 0)
            m_saidTail.append(bytes.data(), static_cast<std::size_t>(count));
        else if (count == 0)
            m_said.close();
        else if (errno != EINTR)
            break;
        if (m_saidTail.size() > kSaidBytes)
            m_saidTail.erase(0, m_saidTail.size() - kSaidBytes);
    }
}

void WorkerProcess::end(StepStatus status, std::string reason)
{
    if (isOver())
        return;
    m_mayEndWell = false;
    if (!m_verdict)
        m_verdict = Verdict{status, std::move(reason)};
    if (m_termAt > 0)
        return;
    m_termAt = bootSeconds();
    signalTree(m_pid, SIGTERM);
    signalTree(m_pid, SIGCONT); // a stopped process would not hear TERM
}

void WorkerProcess::endServing(std::string reason)
{
    const bool alreadyEnding = m_verdict.has_value();
    end(StepStatus::Abandoned, std::move(reason));
    m_mayEndWell = !alreadyEnding;
}

void WorkerProcess::tick(double now)
{
    if (isOver())
        return;
    if (m_termAt == 0 && now - m_started >= m_step.deadlineSeconds)
        end(StepStatus::Timeout, "its deadline of " + secondsText(m_step.deadlineSeconds) + " passed");
    if (m_termAt == 0 || now - m_termAt < m_terms.graceSeconds)
        return;
    if (now - m_lastKill >= kKillAgainSeconds) {
        m_lastKill = now;
        signalTree(m_pid, SIGKILL);
    }
    if (now - m_termAt < m_terms.graceSeconds + kKillPatienceSeconds)
        return;
    m_givenUp = true;
    m_hang = "the worker (process " + std::to_string(m_pid) + ") did not die of SIGKILL within "
        + secondsText(kKillPatienceSeconds) + " (" + whereItHangs(m_pid) + "); it was left behind";
}

double WorkerProcess::secondsToNextDuty(double now) const
{
    if (isOver())
        return 0;
    if (m_termAt == 0)
        return m_started + m_step.deadlineSeconds - now;
    const double untilKill = m_termAt + m_terms.graceSeconds - now;
    return untilKill > 0 ? untilKill : kKillAgainSeconds;
}

void WorkerProcess::exited(int waitStatus)
{
    m_waitStatus = waitStatus;
}

std::string WorkerProcess::exitSentence() const
{
    std::string sentence;
    if (WIFSIGNALED(*m_waitStatus)) {
        const int signal = WTERMSIG(*m_waitStatus);
        sentence = "the worker was ended by " + signalName(signal) + " (" + strsignal(signal) + ")";
        if (signal == SIGKILL)
            sentence += ", which did not come from here: out of memory, or a person";
    } else {
        sentence = "the worker ended with exit status " + std::to_string(WEXITSTATUS(*m_waitStatus)) + " without a result";
    }
    if (!m_saidTail.empty())
        sentence += "; it last said: " + onOneLine(m_saidTail);
    return sentence;
}

StepFinished WorkerProcess::result() const
{
    StepFinished finished{m_step.step, m_step.check, StepStatus::Error, Waiver::None, {}, bootSeconds() - m_started};
    const bool endedWell = m_own && m_mayEndWell && m_own->status == StepStatus::Completed;
    if (m_givenUp) {
        finished.status = StepStatus::Abandoned;
        finished.reason = (m_verdict ? m_verdict->reason + "; " : std::string()) + m_hang;
    } else if (m_verdict && !endedWell) {
        finished.status = m_verdict->status;
        finished.reason = m_verdict->reason;
    } else if (m_own) {
        finished.status = m_own->status;
        finished.waiver = m_own->waiver;
        finished.reason = m_own->reason;
    } else {
        finished.reason = exitSentence();
    }
    finished.reason = clipped(finished.reason, 4096);
    return finished;
}

} // namespace seatrial::engine
