// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <cstdint>

namespace seatrial::protocol {

/// What the records of one node may take in one run. A journal takes no more of its workers, and a desktop no more of a node.
inline constexpr std::uint64_t kMaxHeldBytes = 48'000'000;

/// About the memory that a record takes with a desktop that keeps it, once: a short one with many parameters takes ten
/// times its length. Heartbeats are not kept and take none.
std::uint64_t heldBytes(const Body &body);

} // namespace seatrial::protocol
