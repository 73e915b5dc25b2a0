// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/model.h"

#include <filesystem>
#include <string>

namespace seatrial::engine::simulate {

/// Writes the /proc and /sys that a real node of this kind has below @p root, unless it is there already: PCI devices with their
/// bridges and switches, GPUs, NVSwitches, adapters, NUMA nodes, processors. "" or what went wrong.
std::string makeSysfsTree(const Model &model, const std::filesystem::path &root);

} // namespace seatrial::engine::simulate
