// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"

#include <immintrin.h>

namespace {

struct Vector {
    using Register = __m512d;
    static constexpr std::uint32_t width = 8;
    static Register load(const double *from) { return _mm512_load_pd(from); }
    static void store(double *to, Register value) { _mm512_store_pd(to, value); }
    static Register all(double value) { return _mm512_set1_pd(value); }
    static Register fma(Register a, Register b, Register c) { return _mm512_fmadd_pd(a, b, c); }
};

} // namespace

#include "engine/measure/fma_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel avx512FmaKernel;
const BurnKernel avx512FmaKernel{"avx512", burnFma<12>};

} // namespace seatrial::engine
