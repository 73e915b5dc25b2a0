// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/stream_kernels.h"

#include <immintrin.h>

namespace {

struct Vector {
    using Register = __m128d;
    static constexpr std::size_t width = 2;
    static Register load(const double *from) { return _mm_load_pd(from); }
    static void store(double *to, Register value) { _mm_stream_pd(to, value); }
    static Register all(double value) { return _mm_set1_pd(value); }
    static Register multiply(Register a, Register b) { return _mm_mul_pd(a, b); }
    static Register add(Register a, Register b) { return _mm_add_pd(a, b); }
    static void fence() { _mm_sfence(); }
    static double sum(Register value)
    {
        alignas(64) double parts[width];
        _mm_store_pd(parts, value);
        double total = 0;
        for (const double part : parts)
            total += part;
        return total;
    }
};

} // namespace

#include "engine/measure/stream_kernels_body.h"

namespace seatrial::engine {

extern const StreamKernels sse2StreamKernels;
const StreamKernels sse2StreamKernels{"sse2", "nontemporal", copyLoop, scaleLoop, addLoop, triadLoop, readLoop};

} // namespace seatrial::engine
