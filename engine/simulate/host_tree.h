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

} // namespace seatrial::engine::simulate
