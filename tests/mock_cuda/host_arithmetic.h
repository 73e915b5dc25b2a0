// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/device/device.h"

#include <cstdint>

namespace seatrial::tests {

/// What a block of the arithmetic kernels comes to, computed here: on a GPU that computes right it is the same number.
std::uint64_t blockDigest(engine::ArithmeticPath path, std::uint64_t seed, std::uint64_t steps);

} // namespace seatrial::tests
