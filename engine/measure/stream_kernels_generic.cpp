// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/stream_kernels.h"

namespace {

/// Leaves vectors to the compiler, for machines we have no intrinsics for.
struct Vector {
    using Register = double;
    static constexpr std::size_t width = 1;
    static Register load(const double *from) { return *from; }
    static void store(double *to, Register value) { *to = value; }
    static Register all(double value) { return value; }
    static Register multiply(Register a, Register b) { return a * b; }
    static Register add(Register a, Register b) { return a + b; }
    static void fence() {}
    static double sum(Register value) { return value; }
};

} // namespace

#include "engine/measure/stream_kernels_body.h"

namespace seatrial::engine {

extern const StreamKernels genericStreamKernels;
const StreamKernels genericStreamKernels{"generic", "temporal", copyLoop, scaleLoop, addLoop, triadLoop, readLoop};

} // namespace seatrial::engine
