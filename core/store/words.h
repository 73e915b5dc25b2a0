// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/domain/verdict.h"

#include <optional>
#include <string>
#include <string_view>

namespace seatrial::store {

/// Words of the store for enumerations that have none of their own.
std::string stateText(domain::RunState state); ///< "running"
std::optional<domain::RunState> stateFromText(std::string_view text);
std::string judgementText(domain::Judgement judgement); ///< "ceiling"

} // namespace seatrial::store
