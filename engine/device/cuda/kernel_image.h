// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace seatrial::engine::cuda {

/// The compiled kernels as they are in this program; both are empty where it was built without nvcc.
struct KernelImage {
    std::string_view fatbin;        ///< machine code
    std::string_view ptx;           ///< for GPUs and drivers that the machine code does not suit; ends with a zero byte
    std::string_view architectures; ///< "sm_80 sm_90, PTX 7.0 of compute_80"
};

const KernelImage &kernelImage();
inline bool hasKernels() { return !kernelImage().fatbin.empty() || !kernelImage().ptx.empty(); }

} // namespace seatrial::engine::cuda
