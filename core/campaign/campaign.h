// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/criteria.h"
#include "core/campaign/deployment.h"
#include "core/campaign/node_link.h"
#include "core/campaign/ramp.h"
#include "core/campaign/snapshot.h"
#include "core/store/store.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace seatrial::campaign {

class Inbox;

/// The outside worlds of a campaign. All must outlive it.
struct Worlds {
    LinkFactory &links;
    Deployer &deployer;
    Questions &questions;
    store::Store &store;
    Observer &observer;
};

/// When a node has had time enough. Whoever tests has less.
struct Patience {
    std::chrono::milliseconds beyondDeadline{45'000}; ///< a step should have ended by its deadline; then the engine ends it, and says so
    std::chrono::milliseconds lost{180'000};          ///< without a connection; its journal stays there
    std::chrono::milliseconds goodbye{45'000};        ///< after the last step
    int lossesInARow = 40;                            ///< connections that broke without an ordered step having moved
    std::chrono::milliseconds words{2'000};           ///< for what the other ranks of a group have to say, when one stands still
    std::chrono::milliseconds rankEnds{10'000};       ///< a rank that was told to end: TERM, grace, KILL
};

/// What is to be done, and on which terms.
struct Terms {
    domain::Plan plan;
    domain::Fleet fleet;
    std::vector<domain::NodeId> nodes;
    analysis::Criteria criteria;
    std::string operatorName;
    bool allowBusy = false;    ///< load is allowed where others compute; operatorName is recorded
    double leaseSeconds = 900; ///< how long a node goes on and waits when nobody is attached
    int fanOut = 64;           ///< connections being made at a time
    RampTerms ramp;            ///< how load comes onto many nodes
    Patience patience;
};

/// One qualification over many nodes, from the first connection to the verdict. Works on a thread of its own and
/// tells its observer; the destructor detaches, so that nodes go on under their lease.
class Campaign
{
public:
    /// How many nodes one run takes: what is found on them and what may be said of it stay in memory (docs/measurements.md).
    static constexpr std::size_t kMostNodes = 10'000;
    /// Why no run can begin with so many nodes, if none can.
    static std::optional<domain::Failure> refusal(std::size_t nodes);

    /// Begins a new run.
    static domain::Result<std::unique_ptr<Campaign>> begin(Worlds worlds, Terms terms);
    /// Goes on with a run of the store: its plan, fleet and nodes, from where each journal stands. Of @p terms only
    /// lease, fan-out, ramp and patience count.
    static domain::Result<std::unique_ptr<Campaign>> resume(Worlds worlds, const domain::RunId &run, analysis::Criteria criteria,
                                                            const Terms &terms);
    ~Campaign();

    const domain::RunId &run() const { return m_run; }
    void cancel(std::string reason);
    void detach();
    /// Orders nothing further until proceed(): what is in work ends, connections stay, leases are renewed.
    void pause(std::string by);
    void proceed(std::string by);
    /// Gives up the step that each of @p nodes has in work; it counts as abandoned, and the next one begins.
    void endStep(std::vector<domain::NodeId> nodes, std::string by);
    /// Waits for the end; the last snapshot, as it was stored.
    std::shared_ptr<const Snapshot> wait();
    bool finished() const { return m_finished; }

private:
    using Positions = std::map<domain::NodeId, store::StreamPosition>;
    Campaign(Worlds worlds, domain::RunData data, analysis::Criteria criteria, const Terms &terms, const Positions *resumed);

    domain::RunId m_run;
    std::shared_ptr<Inbox> m_inbox;
    std::shared_ptr<const Snapshot> m_last;
    std::atomic<bool> m_finished = false;
    std::thread m_thread;
};

} // namespace seatrial::campaign
