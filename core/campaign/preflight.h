// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/deployment.h"
#include "core/campaign/node_link.h"

#include <functional>
#include <string>
#include <vector>

namespace seatrial::campaign {

/// How one step of a ladder ended. The order is of no meaning; see worse().
enum class RungState {
    NotReached, ///< a step before it failed, or its turn has not come
    InWork,
    Passed,
    NotPresent, ///< there is no such thing on the node, and a run does without
    Warned,     ///< a run works all the same
    Failed,
};

/// One step on the way to a node, from its name to its driver.
struct Rung {
    std::string name;
    RungState state = RungState::NotReached;
    double seconds = 0;
    std::string found = {};  ///< one sentence
    std::string remedy = {}; ///< what to do; empty where there is nothing to do

    bool operator==(const Rung &) const = default;
};

/// The steps to one node in their order; every ladder has the same ones.
struct Ladder {
    domain::NodeId node;
    std::vector<Rung> rungs;
    bool over = false;

    /// Failed, Warned, or Passed; InWork or NotReached while it is not over, NotReached also if it was stopped.
    RungState state() const;
    double seconds() const;
};

/// The names of all steps.
const std::vector<std::string> &rungNames();
std::string rungStateText(RungState state); ///< "not reached"

/// Climbs to every one of @p nodes, at most @p fanOut at a time, and waits for the end. @p told sees each ladder after
/// every step, one call at a time, from threads of its own. Nothing is left on a node.
std::vector<Ladder> preflight(LinkFactory &links, Deployer &deployer, Questions &questions, const std::vector<domain::Node> &nodes, int fanOut,
                              const std::function<void(const Ladder &)> &told, const std::atomic<bool> &cancelled);

} // namespace seatrial::campaign
