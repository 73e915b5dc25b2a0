// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/cuda/cuda_api.h"
#include "engine/device/outcome.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace seatrial::engine::cuda {

struct CudaError {
    DeviceTrouble trouble = DeviceTrouble::Broken;
    bool sticky = false; ///< the context is lost with it: every later call in this process says the same
};

/// What @p result means; @p working: the GPU has worked in this process before.
CudaError meaningOf(CuResult result, bool working);

/// "cuMemAlloc_v2 of 1024 bytes: CUDA_ERROR_OUT_OF_MEMORY (2), out of memory", and what helps where that is known.
std::string errorText(const CudaApi &api, CuResult result, const char *call, std::uint64_t bytes = 0);

/// Whether the PCI device answers no more: its configuration space is gone or reads as ones only.
bool offTheBus(const std::filesystem::path &sysroot, const std::string &pciAddress);

} // namespace seatrial::engine::cuda
