// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/privileged_reads.h"
#include "engine/checks/health/waivers.h"
#include "engine/checks/reporter.h"

namespace seatrial::engine {

/// The board with its BIOS and serial numbers, and its management controller (BMC), as parts.
void reportBoardAndBmc(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers);

/// Machine checks by the kernel's own counts since boot: exceptions, and interrupts for corrected errors.
void reportMachineChecks(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers);

} // namespace seatrial::engine
