// SPDX-License-Identifier: GPL-3.0-or-later
/// In the place of kernel_image.cpp: a file that looks like machine code, and a text that looks like PTX.
#include "engine/device/cuda/kernel_image.h"
#include "tests/engine/cuda/mocked.h"

namespace {

bool present = true;

} // namespace

namespace seatrial::tests {

void setKernels(bool wanted) { present = wanted; }

} // namespace seatrial::tests

namespace seatrial::engine::cuda {

const KernelImage &kernelImage()
{
    using namespace std::literals;
    static const KernelImage none;
    static const KernelImage image{"\x50\xed\x55\xba mock"sv, "// mock\n.version 7.0\n\0"sv, "mock"sv};
    return present ? image : none;
}

} // namespace seatrial::engine::cuda
