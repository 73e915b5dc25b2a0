// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/reporter.h"
#include "engine/device/device.h"

#include <string>

namespace seatrial::engine {

/// "gpu memory is wrong at byte offset 4096 after triad: 0x… instead of 0x…, bit 17 flipped; read again it was right".
std::string describe(const DeviceMiscompare &wrong, const std::string &where);

/// Says each wrong word by an event of its own, and gives what the step comes to: failed, with the first of them.
CheckResult tellMiscompares(const Reporter &reporter, const std::string &subject, const VerifyReport &report, const std::string &where,
                            std::uint64_t seed);

} // namespace seatrial::engine
