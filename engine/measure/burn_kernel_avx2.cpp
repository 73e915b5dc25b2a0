// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_kernel.h"
#include "engine/measure/burn_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel avx2BurnKernel;
const BurnKernel avx2BurnKernel{"avx2", burn};

} // namespace seatrial::engine
