// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"

#include <immintrin.h>

namespace {

struct Vector {
    using Register = __m512i;
    static constexpr std::uint32_t blocks = 4;
    static Register load(const std::uint64_t *from) { return _mm512_load_si512(from); }
    static void store(std::uint64_t *to, Register value) { _mm512_store_si512(to, value); }
    static Register all(__m128i value) { return _mm512_maskz_broadcast_i32x4(0xffff, value); }
    static Register exclusiveOr(Register a, Register b) { return _mm512_xor_si512(a, b); }
    static Register round(Register value, Register key) { return _mm512_aesenc_epi128(value, key); }
    static Register lastRound(Register value, Register key) { return _mm512_aesenclast_epi128(value, key); }
};

} // namespace

#include "engine/measure/aes_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel vaesKernel;
const BurnKernel vaesKernel{"vaes", burnAes<4>};

} // namespace seatrial::engine
