// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"

#ifdef __FP_FAST_FMA

namespace {

struct Vector {
    using Register = double;
    static constexpr std::uint32_t width = 1;
    static Register load(const double *from) { return *from; }
    static void store(double *to, Register value) { *to = value; }
    static Register all(double value) { return value; }
    static Register fma(Register a, Register b, Register c) { return __builtin_fma(a, b, c); }
};

} // namespace

#include "engine/measure/fma_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel baselineFmaKernel;
const BurnKernel baselineFmaKernel{"baseline", burnFma<16>};

} // namespace seatrial::engine

#else

namespace seatrial::engine {

extern const BurnKernel baselineFmaKernel;
const BurnKernel baselineFmaKernel{"none", nullptr};

} // namespace seatrial::engine

#endif
