// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_kernel.h"
#include "engine/measure/burn_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel avx512BurnKernel;
const BurnKernel avx512BurnKernel{"avx512", burn};

} // namespace seatrial::engine
