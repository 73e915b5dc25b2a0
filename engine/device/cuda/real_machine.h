// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/machine.h"

#include <filesystem>
#include <memory>

namespace seatrial::engine {

/// The machine this process runs on, with NVIDIA's GPUs by the CUDA driver, cuBLASLt, NCCL and NVML, each opened when it is
/// first needed: a node without them has no GPUs. Forking is safe until the first open() or allReduce() in a process.
/// To be called before there are threads. @p sysroot is where /proc and /sys are read.
std::unique_ptr<Machine> realMachine(const std::filesystem::path &sysroot = "/");

} // namespace seatrial::engine
