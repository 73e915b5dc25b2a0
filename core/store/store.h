// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/domain/verdict.h"
#include "core/protocol/stream_reader.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::store {

/// A line of the list of runs.
struct RunSummary {
    domain::RunId id;
    std::string plan;
    std::string fleet;
    int nodes = 0;
    domain::RunState state = domain::RunState::Running;
    double startedWall = 0;
    double finishedWall = 0;
    std::map<domain::Verdict, int> verdicts; ///< as judged last
    bool simulated = false;
};

/// Where a node's stream stands in the store.
struct StreamPosition {
    std::uint64_t lastSequence = 0; ///< 0: nothing stored yet
    std::string bootId;
    bool goodbye = false;
};

/// History that survives. All calls may come from any thread. Appending returns at once; one writer thread
/// batches; `flush` waits until all that was appended before is durable. A failed write (disk full) is kept as
/// failure() and refuses further appends in words; nothing written before is lost.
class Store
{
public:
    virtual ~Store() = default;

    /// Stores a new run and gives it its id and token (both in the result, other fields as given).
    virtual domain::Result<domain::RunInfo> beginRun(domain::RunInfo info) = 0;
    virtual domain::Result<void> setRunState(const domain::RunId &run, domain::RunState state, double finishedWall) = 0;

    /// Whole lines as they came from @p node. A record whose sequence is stored already is dropped if it is the same;
    /// if it differs the journal was rewritten: the first one stays and an event "journal.rewritten" is stored.
    virtual void append(const domain::RunId &run, const domain::NodeId &node, std::vector<protocol::StreamLine> lines) = 0;
    virtual void appendFailure(const domain::RunId &run, domain::NodeFailure failure) = 0;
    virtual domain::Result<void> saveVerdict(const domain::FleetVerdict &verdict) = 0;
    virtual domain::Result<void> flush() = 0;
    virtual std::optional<domain::Failure> failure() const = 0;

    virtual domain::Result<std::vector<RunSummary>> runs() const = 0;
    /// The run of that id, or the newest one if @p run is empty.
    virtual domain::Result<domain::RunData> runData(const domain::RunId &run) const = 0;
    virtual domain::Result<std::map<domain::NodeId, StreamPosition>> positions(const domain::RunId &run) const = 0;
    /// The stream of a node as it came, uncompressed, one line a record.
    virtual domain::Result<std::string> rawStream(const domain::RunId &run, const domain::NodeId &node) const = 0;
};

/// Opens (and creates, and migrates) the SQLite store in @p file. Two programs may use one file at the same time.
domain::Result<std::unique_ptr<Store>> openSqliteStore(const std::string &file);

} // namespace seatrial::store
