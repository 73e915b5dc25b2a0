// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_kernel.h"
#include "engine/measure/burn_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel baselineBurnKernel;
const BurnKernel baselineBurnKernel{"baseline", burn};

} // namespace seatrial::engine
