// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/ids.h"
#include "core/protocol/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::analysis {

/// How far one rank of a group was known to be.
struct RankProgress {
    domain::NodeId node;
    int rank = 0;           ///< below 0: not known
    bool asked = true;      ///< false: nobody has ordered it to begin yet, so it cannot be late
    bool started = false;   ///< its step began
    bool lost = false;      ///< its node is gone
    bool completed = false; ///< its step ended well: nobody waits for it
    int stage = 0;          ///< 0 rendezvous, 1 connect, 2… one per operation and size
    std::string stageName;  ///< "all_reduce of 8 MiB"; may be empty
    std::uint64_t iteration = 0; ///< last one entered in this stage; 0: none
    std::string state;      ///< of its process: empty or "running", or what is wrong with it: "stopped (T)"
    std::string cause;      ///< "self": its own process died or hangs; "peer": a connection to another broke
    std::optional<int> peerRank; ///< that other, if known
};

/// The rank that the others wait for.
struct LateRank {
    domain::NodeId node;
    int rank = 0;
    std::string why; ///< whole sentence without a full stop: "n07, rank 3, hung in …; the other 7 waited for it"
};

/// Whom the others wait for. Order of evidence: lost; own process dead or not running; never begun; furthest behind by
/// (stage, iteration), alone; the one that most others name as broken peer. Nothing if they cannot be told apart.
std::optional<LateRank> lateRank(const std::vector<RankProgress> &ranks);

/// What an event "group.progress" says of its rank, with started set. Nothing if it makes no sense. A warning of one whose
/// process is well says that it waits for a peer, also without that word. Whether its token is that of the group is the
/// caller's to look at.
std::optional<RankProgress> rankProgress(const domain::NodeId &node, const protocol::Event &event);

/// Adds what a rank says now to what is known of it. What it said first of being broken stays until it gets on: what is
/// ended later because of it looks no better than itself.
void hear(RankProgress &known, const RankProgress &said);

} // namespace seatrial::analysis
