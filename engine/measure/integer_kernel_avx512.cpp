// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"
#include "engine/measure/integer_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel avx512IntegerKernel;
const BurnKernel avx512IntegerKernel{"avx512", burnIntegers};

} // namespace seatrial::engine
