// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/cuda/cuda_api.h"
#include "engine/device/outcome.h"

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::engine::cuda {

/// One device as the driver counts it.
struct CudaDevice {
    CuDevice handle = 0;
    std::string pciAddress; ///< "0000:1b:00.0"
};

/// The CUDA driver, initialised in this process, which must not fork from now on.
struct Driver {
    CudaApi api;
    std::string library;             ///< as it was opened
    int version = 0;                 ///< 13000: CUDA 13.0
    std::vector<CudaDevice> devices; ///< ascending by PCI address
};

/// Opens libcuda.so.1 (SEATRIAL_CUDA names another one) and asks for its devices. Not where @p sysroot is that of another machine.
Outcome<Driver> openDriver(const std::filesystem::path &sysroot);

/// "13.0" for 13000.
std::string cudaVersionText(int version);
/// The form of /sys: lower case, a domain of four digits. What is no PCI address stays as it is.
std::string sysfsPciAddress(std::string address);

} // namespace seatrial::engine::cuda
