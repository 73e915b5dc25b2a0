// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"

#include <immintrin.h>

namespace {

struct Vector {
    using Register = __m128i;
    static constexpr std::uint32_t blocks = 1;
    static Register load(const std::uint64_t *from) { return _mm_load_si128(reinterpret_cast<const __m128i *>(from)); }
    static void store(std::uint64_t *to, Register value) { _mm_store_si128(reinterpret_cast<__m128i *>(to), value); }
    static Register all(__m128i value) { return value; }
    static Register exclusiveOr(Register a, Register b) { return _mm_xor_si128(a, b); }
    static Register round(Register value, Register key) { return _mm_aesenc_si128(value, key); }
    static Register lastRound(Register value, Register key) { return _mm_aesenclast_si128(value, key); }
};

} // namespace

#include "engine/measure/aes_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel aesniKernel;
const BurnKernel aesniKernel{"aesni", burnAes<8>};

} // namespace seatrial::engine
