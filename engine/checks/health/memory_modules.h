// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/privileged_reads.h"
#include "engine/checks/health/waivers.h"
#include "engine/checks/reporter.h"

namespace seatrial::engine {

/// Memory modules by the firmware's table: each as a part, how many there are, and what they sum up to.
void reportMemoryModules(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers);

} // namespace seatrial::engine
