// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"
#include "engine/measure/integer_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel baselineIntegerKernel;
const BurnKernel baselineIntegerKernel{"baseline", burnIntegers};

} // namespace seatrial::engine
