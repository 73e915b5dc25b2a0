// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/plan.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::resources {

/// Something in a plan that cannot work (error), or that a person may not have meant.
struct PlanProblem {
    bool error = false;
    std::string step;
    std::string text;
};

/// All that is wrong with @p plan, as @p engine, that of this installation, says: which checks there are, and what they would refuse.
domain::Result<std::vector<PlanProblem>> checkPlan(const domain::Plan &plan, const std::filesystem::path &engine);

/// Why a run by @p plan could not measure what it asks for, in one failure; nothing if it could, or if the engine cannot be asked here.
std::optional<domain::Failure> planRefusal(const domain::Plan &plan, const std::filesystem::path &engine);

} // namespace seatrial::resources
