// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/model.h"
#include "engine/simulate/tree_writer.h"

#include <string>

namespace seatrial::engine::simulate {

/// Processors, memory and what else a kernel tells of the node itself.
void writeHostTree(const Model &model, TreeWriter &writer);
/// "0-47,96-143": the processors of a NUMA node.
std::string cpuListOf(const Profile &profile, int numa);
/// The NUMA node that a GPU's own memory is, where its processor shares it (NVLink-C2C); -1: it is none.
int numaOfMemory(const Profile &profile, int gpu);
/// "0,3-9,11-17": NUMA nodes near a GPU, as the driver tells them.
std::string memoryNear(const Profile &profile, int gpu);

} // namespace seatrial::engine::simulate
