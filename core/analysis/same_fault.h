// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/part_table.h"
#include "core/domain/verdict.h"

#include <vector>

namespace seatrial::analysis {

/// What two readers found of one physical part is one fault: a GPU's narrow PCIe link that the driver (gpu/3), the topology (gpu/3) and
/// the walk over PCI devices (pci/0000:5d:00.0) have each seen accuses that GPU once. The finding that names it best stays, and says who
/// else has seen it. Findings that are met are left alone.
void mergeSameFaults(const PartTable &parts, int node, std::vector<domain::Finding> &findings);

} // namespace seatrial::analysis
