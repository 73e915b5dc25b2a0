// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/snapshot.h"
#include "gui/models/state.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace seatrial::gui {

// How a run looks, in the states of the window.

State stateOf(domain::Verdict verdict);

// A node's state: what it does while the run works, then its verdict. @p verdict may be nullptr.
State stateOf(const campaign::Snapshot& run, const campaign::NodeProgress& progress, const domain::NodeVerdict* verdict);

// One per step of the plan; nothing for a step that lies ahead. While a run works its verdict is a moment older than
// its progress: what it misses of a step that has just ended is not held against it.
using StepTrack = std::vector<std::optional<State>>;
StepTrack trackOf(const campaign::Snapshot& run, const campaign::NodeProgress& progress, const domain::NodeVerdict* verdict, State node);

// What the node does now, or why it stopped, in a few words.
QString nowText(const campaign::Snapshot& run, const campaign::NodeProgress& progress, State state);

// Nodes of a snapshot by name.
class NodeLookup {
public:
    explicit NodeLookup(const campaign::Snapshot& run);
    const campaign::NodeProgress* progress(const domain::NodeId& node) const;
    const domain::NodeVerdict* verdict(const domain::NodeId& node) const;

private:
    std::unordered_map<std::string, const campaign::NodeProgress*> m_progress;
    std::unordered_map<std::string, const domain::NodeVerdict*> m_verdicts;
};

} // namespace seatrial::gui
