// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/profile.h"

#include <optional>
#include <string>

namespace seatrial::engine::simulate {

/// The profile that the text of @p file says; docs/simulation.md describes it. Nothing, with file:line:column and what was expected
/// in @p error, if it makes no sense.
std::optional<Profile> readProfile(const std::string &text, const std::string &file, std::string &error);

} // namespace seatrial::engine::simulate
