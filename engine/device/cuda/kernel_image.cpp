// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/kernel_image.h"

#include <cstddef>

// The assembler takes the files in as they are (cmake/cuda.cmake makes them and names them here).
#ifdef SEATRIAL_KERNEL_FATBIN
__asm__(R"(
    .pushsection .rodata
    .balign 64
    .hidden seatrial_kernel_fatbin
    .hidden seatrial_kernel_fatbin_end
    .hidden seatrial_kernel_ptx
    .hidden seatrial_kernel_ptx_end
    .global seatrial_kernel_fatbin
    .global seatrial_kernel_fatbin_end
    .global seatrial_kernel_ptx
    .global seatrial_kernel_ptx_end
seatrial_kernel_fatbin:
    .incbin ")" SEATRIAL_KERNEL_FATBIN R"("
seatrial_kernel_fatbin_end:
seatrial_kernel_ptx:
    .incbin ")" SEATRIAL_KERNEL_PTX R"("
    .byte 0
seatrial_kernel_ptx_end:
    .popsection
)");

extern "C" {
extern const char seatrial_kernel_fatbin[];
extern const char seatrial_kernel_fatbin_end[];
extern const char seatrial_kernel_ptx[];
extern const char seatrial_kernel_ptx_end[];
}
#endif

namespace seatrial::engine::cuda {

const KernelImage &kernelImage()
{
#ifdef SEATRIAL_KERNEL_FATBIN
    static const KernelImage image = [] {
        KernelImage made;
        made.fatbin = {seatrial_kernel_fatbin, static_cast<std::size_t>(seatrial_kernel_fatbin_end - seatrial_kernel_fatbin)};
        made.ptx = {seatrial_kernel_ptx, static_cast<std::size_t>(seatrial_kernel_ptx_end - seatrial_kernel_ptx)};
        if (made.ptx.size() <= 1)
            made.ptx = {};
        made.architectures = SEATRIAL_KERNEL_ARCHITECTURES;
        return made;
    }();
#else
    static const KernelImage image;
#endif
    return image;
}

} // namespace seatrial::engine::cuda
