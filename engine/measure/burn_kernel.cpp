// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_kernel.h"

namespace seatrial::engine {

extern const BurnKernel baselineBurnKernel;
#ifdef __x86_64__
extern const BurnKernel avx2BurnKernel;
extern const BurnKernel avx512BurnKernel;
#endif

const std::array<std::uint64_t, burnSeeds> burnGolden{
    0xfb9381cd1d3ad74a, 0xd187e24003c87bb7, 0xf5199f8a300eb725, 0x554fdaa5ae35caea,
    0xf370dfa905b74bed, 0x0d4666e394871887, 0xbef3849f3aea5684, 0x2abb5848fa0cb3f5,
};

const std::vector<BurnKernel> &supportedBurnKernels()
{
    static const std::vector<BurnKernel> kernels = [] {
        std::vector<BurnKernel> found{baselineBurnKernel};
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx2"))
            found.push_back(avx2BurnKernel);
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
            found.push_back(avx512BurnKernel);
#endif
        return found;
    }();
    return kernels;
}

} // namespace seatrial::engine
