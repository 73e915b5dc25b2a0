// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/stream_kernels.h"

#include <immintrin.h>

namespace {

struct Vector {
    using Register = __m256d;
    static constexpr std::size_t width = 4;
    static Register load(const double *from) { return _mm256_load_pd(from); }
    static void store(double *to, Register value) { _mm256_stream_pd(to, value); }
    static Register all(double value) { return _mm256_set1_pd(value); }
    static Register multiply(Register a, Register b) { return _mm256_mul_pd(a, b); }
    static Register add(Register a, Register b) { return _mm256_add_pd(a, b); }
    static void fence() { _mm_sfence(); }
    static double sum(Register value)
    {
        alignas(64) double parts[width];
        _mm256_store_pd(parts, value);
        double total = 0;
        for (const double part : parts)
            total += part;
        return total;
    }
};

} // namespace

#include "engine/measure/stream_kernels_body.h"

namespace seatrial::engine {

extern const StreamKernels avx2StreamKernels;
const StreamKernels avx2StreamKernels{"avx2", "nontemporal", copyLoop, scaleLoop, addLoop, triadLoop, readLoop};

} // namespace seatrial::engine
