// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "core/domain/ids.h"
#include "core/protocol/record.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::domain {

/// Whether a node can be qualified without a result of the step.
enum class Need { Required, Informative };

/// Where a step is measured.
enum class Scope {
    Node, ///< on each node by itself
    Pair, ///< between two nodes, in rounds of disjoint pairs
    Group, ///< by several nodes together, one rank on each, in disjoint groups
};

struct PlanStep {
    StepId id;
    CheckId check;
    std::string title;    ///< "Memory bandwidth"
    Need need = Need::Required;
    Scope scope = Scope::Node;
    bool exclusive = false; ///< loads the node: never beside another exclusive step on the same or a shared resource
    int partners = 3;     ///< pairs only: how many partners each node meets, if so many are there
    int groupSize = 0;    ///< groups only: how many nodes one has at most; 0: all together
    int retests = 2;      ///< how often a missed limit is measured again before it counts
    double deadlineSeconds = 60;
    double expectedSeconds = 5;
    protocol::Parameters parameters;
    bool operator==(const PlanStep &) const = default;
};

/// A plan: which checks, in which order, required or informative.
struct Plan {
    std::string name;
    std::string title;
    std::string description;
    std::filesystem::path source;
    std::vector<PlanStep> steps;

    const PlanStep *find(const StepId &id) const;
    bool operator==(const Plan &) const = default;
};

/// Reads a plan (YAML, version 1; docs/plan.md). On error the failure names file:line:column and what was expected.
Result<Plan> loadPlan(const std::filesystem::path &file);
Result<Plan> parsePlan(const std::string &yaml, const std::filesystem::path &source);

/// One measurement of a plan's step on one node, as it is named on the wire: "memory#1", "network@n02#1",
/// "network@n02/serve#1", "collective/group3#1". A step measured again has the next attempt number.
struct StepKey {
    StepId step;
    NodeId peer;          ///< pairs only
    bool serving = false; ///< pairs only: the listening side
    int group = 0;        ///< groups only: which, counted from 1 within the step
    int attempt = 1;

    std::string text() const;
    static std::optional<StepKey> fromText(const std::string &text);
    auto operator<=>(const StepKey &) const = default;
};

} // namespace seatrial::domain
