// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"
#include "core/domain/plan.h"

#include <string>

namespace seatrial::store {

/// Plan and fleet of a run as they were when it began: what is written comes back equal. Reading throws on damage.
std::string planToJson(const domain::Plan &plan);
domain::Plan planFromJson(const std::string &json);

std::string fleetToJson(const domain::Fleet &fleet);
domain::Fleet fleetFromJson(const std::string &json);

} // namespace seatrial::store
