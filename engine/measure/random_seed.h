// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace seatrial::engine {

/// A number that no other run has; no secret.
std::uint64_t randomSeed();

} // namespace seatrial::engine
