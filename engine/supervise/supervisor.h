// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/control.h"
#include "core/protocol/record.h"
#include "engine/supervise/clock_bounds.h"
#include "engine/supervise/control_server.h"
#include "engine/supervise/journal.h"
#include "engine/supervise/worker_process.h"

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace seatrial::engine {

/// What a run is begun, or taken up again, with.
struct RunTerms {
    std::filesystem::path folder;
    std::filesystem::path sysroot = "/";
    std::string simulate; ///< see AttachOptions
    protocol::Open open;
    std::optional<std::string> attachedBecause; ///< it ends with who started it, and why it has to
};

/// Does the ordered steps one after the other in worker processes and writes down what happens. One thread, one loop:
/// whatever a worker, a disk or somebody attached does, the loop comes round.
class Supervisor
{
public:
    static constexpr double kHeartbeatSeconds = 5;

    /// @p signals is a signalfd of SIGTERM, SIGINT and SIGCHLD, which are blocked.
    Supervisor(RunTerms terms, Journal journal, ControlServer server, Fd signals);

    /// Until the last record was delivered to those attached, or they had their time.
    void run();

private:
    struct Ending {
        protocol::Outcome outcome;
        std::string reason;     ///< of the goodbye
        std::string stepReason; ///< of the steps that have not ended
        bool letGo = false;     ///< without a goodbye: the next supervisor takes the run up
    };

    void begin();
    void takeUpAgain();
    void waitForNews();
    void handleSignals();
    void reap();
    void handle(const ControlServer::Said &said);
    void apply(const protocol::Control &control);
    void order(const protocol::StartStep &step);
    void compareClocks(const protocol::Renew &renew);
    void cancelStep(const std::string &step, const std::string &reason);
    void readWorkers();
    void write(const protocol::Body &body); ///< what a worker said
    void finishOver();
    void startNext();
    void watchClocks();
    void watchAttached();
    void endRun(Ending ending);
    void letGo(const std::string &reason);
    void weighSignal(double now);
    bool sayGoodbyeIfDue();
    void linger();
    void finishUnstarted(const protocol::StartStep &step, std::string reason);
    void event(protocol::Severity severity, std::string code, std::string text, protocol::Parameters parameters = {});
    bool exclusiveRuns() const;
    double secondsToNextDuty() const;
    std::filesystem::path workFolder() const { return m_terms.folder / "work"; }

    RunTerms m_terms;
    Journal m_journal;
    ControlServer m_server;
    Fd m_signals;
    Fd m_loadLock; ///< see load_lock.h
    std::set<std::string> m_known;
    std::deque<protocol::StartStep> m_queue;
    std::vector<std::unique_ptr<WorkerProcess>> m_workers;
    std::uint64_t m_startedWorkers = 0;
    std::uint64_t m_complaints = 0; ///< about control lines; bounded, so that nobody fills the journal with them
    bool m_noMoreSteps = false;
    std::optional<Ending> m_ending;
    std::optional<double> m_toldToEnd; ///< by a signal, when; not yet clear by whom
    double m_lastControl = 0;
    ClockBounds m_clock;
    bool m_wasAttached = false;
    bool m_leaseRuns = false; ///< nobody is attached
    bool m_troubleSaid = false;
};

} // namespace seatrial::engine
