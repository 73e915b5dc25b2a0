// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/burn_path.h"
#include "engine/measure/integer_kernel_body.h"

namespace seatrial::engine {

extern const BurnKernel avx2IntegerKernel;
const BurnKernel avx2IntegerKernel{"avx2", burnIntegers};

} // namespace seatrial::engine
