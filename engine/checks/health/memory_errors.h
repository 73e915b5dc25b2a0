// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/privileged_reads.h"
#include "engine/checks/health/waivers.h"
#include "engine/checks/reporter.h"

namespace seatrial::engine {

/// Memory errors that the machine's own counters have seen (EDAC), by module where they tell modules apart.
void reportMemoryErrors(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers);

} // namespace seatrial::engine
