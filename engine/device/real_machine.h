// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/machine.h"

#include <filesystem>
#include <memory>

namespace seatrial::engine {

/// The machine that this process runs on, with NVIDIA's GPUs by the CUDA driver, cuBLASLt, NCCL and NVML, and its InfiniBand and
/// RoCE ports by libibverbs, each opened when it is first needed: a node without them has none. A process may fork until its first
/// open(), allReduce() or use of a port. To be called before there are threads. @p sysroot is where /proc and /sys are read. With those
/// of a recorded machine no driver of this one is opened, but for libraries that the environment names.
std::unique_ptr<Machine> realMachine(const std::filesystem::path &sysroot = "/");

} // namespace seatrial::engine
