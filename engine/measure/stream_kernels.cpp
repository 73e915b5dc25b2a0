// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/stream_kernels.h"

namespace seatrial::engine {

extern const StreamKernels genericStreamKernels;
#ifdef __x86_64__
extern const StreamKernels sse2StreamKernels;
extern const StreamKernels avx2StreamKernels;
extern const StreamKernels avx512StreamKernels;
#endif

const std::vector<StreamKernels> &supportedStreamKernels()
{
    static const std::vector<StreamKernels> kernels = [] {
        std::vector<StreamKernels> found{genericStreamKernels};
#ifdef __x86_64__
        found.push_back(sse2StreamKernels);
        if (__builtin_cpu_supports("avx2"))
            found.push_back(avx2StreamKernels);
        if (__builtin_cpu_supports("avx512f"))
            found.push_back(avx512StreamKernels);
#endif
        return found;
    }();
    return kernels;
}

} // namespace seatrial::engine
