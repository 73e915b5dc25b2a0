// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/management.h"
#include "engine/simulate/model.h"

#include <vector>

namespace seatrial::engine::simulate {

/// What NVML tells of the health of a simulated GPU, by the same names; docs/gpu.md lists them.
std::vector<Reading> readingsOf(const Model &model, int gpu, const GpuState &state, const TelemetrySample &now);

} // namespace seatrial::engine::simulate
