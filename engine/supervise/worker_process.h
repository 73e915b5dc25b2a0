// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/control.h"
#include "core/protocol/line_cutter.h"
#include "core/protocol/record.h"
#include "engine/supervise/posix.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

namespace seatrial::engine {

/// Where and on which terms workers run.
struct WorkerTerms {
    std::filesystem::path runFolder;
    std::filesystem::path sysroot = "/";
    std::string simulate; ///< see AttachOptions
    std::filesystem::path workFolder; ///< of this worker alone; removed when it is over
    double graceSeconds = 5;
    bool allowBusy = false;
    bool sudo = false; ///< the read-only helper may be asked for through it
    int loadLock = -1; ///< ours, handed on to the worker; see load_lock.h
};

/// One step at work in a process group of its own, from its start to its certain end.
class WorkerProcess
{
public:
    static constexpr int kRecordsFd = 3; ///< in the worker
    static constexpr int kLoadLockFd = 4; ///< in the worker, open if the run has one
    static constexpr std::uint64_t kMaxRecords = 20'000;
    static constexpr double kKillPatienceSeconds = 5; ///< after that a process hangs in the kernel

    using Take = std::function<void(protocol::Body)>;

    /// nullptr with the reason in @p error if no process could be made.
    static std::unique_ptr<WorkerProcess> start(const protocol::StartStep &step, const WorkerTerms &terms,
                                                std::string &error);
    ~WorkerProcess();

    const protocol::StartStep &step() const { return m_step; }
    pid_t pid() const { return m_pid; }
    int recordsFd() const { return m_records.get(); }
    int saidFd() const { return m_said.get(); }

    /// Hands what the worker has written to @p take, which is only ever what a worker may say about its own step.
    void readRecords(const Take &take);
    /// Keeps the end of what it wrote to standard output and error: after a crash that says why.
    void readSaid();

    /// TERM now, KILL after the grace. The step will have ended as @p status because of @p reason.
    void end(protocol::StepStatus status, std::string reason);
    /// A step that serves others may end well when it is cancelled by name.
    void endServing(std::string reason);
    /// The next step of deadline, grace and patience.
    void tick(double now);
    double secondsToNextDuty(double now) const;
    /// The process was reaped with this status of waitpid().
    void exited(int waitStatus);

    bool isOver() const { return m_waitStatus.has_value() || m_givenUp; }
    protocol::StepFinished result() const;

private:
    WorkerProcess() = default;
    void takeLine(const std::string &line, std::uint64_t discarded, const Take &take);
    void complain(std::string reason, std::string excerpt, const Take &take) const;
    std::string exitSentence() const;

    struct Verdict {
        protocol::StepStatus status;
        std::string reason;
    };

    protocol::StartStep m_step;
    WorkerTerms m_terms;
    pid_t m_pid = -1;
    Fd m_records;
    Fd m_said;
    protocol::LineCutter m_cutter;
    std::string m_saidTail;
    std::uint64_t m_recordCount = 0;
    double m_started = 0;
    double m_termAt = 0;    ///< 0: not yet
    double m_lastKill = 0;  ///< 0: not yet
    std::optional<Verdict> m_verdict; ///< ours, which stands above what the worker says
    bool m_mayEndWell = false;
    std::optional<protocol::StepFinished> m_own;
    std::optional<int> m_waitStatus;
    bool m_givenUp = false;
    std::string m_hang;
};

} // namespace seatrial::engine
