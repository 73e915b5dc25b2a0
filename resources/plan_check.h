// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/plan.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace seatrial::cli {

/// What an engine can measure, as its --list says.
struct KnownCheck {
    bool loads = false;
    std::set<std::string> parameters;
};
using KnownChecks = std::map<std::string, KnownCheck>;

/// Asks the engine of this installation.
domain::Result<KnownChecks> knownChecks(const std::filesystem::path &engine);

/// Something in a plan that cannot work (error), or that a person may not have meant.
struct PlanProblem {
    bool error = false;
    std::string step;
    std::string text;
};

std::vector<PlanProblem> checkPlan(const domain::Plan &plan, const KnownChecks &checks);

} // namespace seatrial::cli
