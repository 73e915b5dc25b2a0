// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// The loops of a memory bandwidth test for one instruction set. Arrays are aligned to 64 bytes and count is a
/// multiple of @c granularity. On x86-64 results are stored past the caches (non-temporal), so that the bytes counted
/// are the bytes moved: no line is fetched only to be overwritten.
struct StreamKernels {
    static constexpr std::size_t granularity = 64;

    std::string_view name;   ///< "sse2", "avx2", "avx512", "generic"
    std::string_view stores; ///< "nontemporal" or "temporal"
    void (*copy)(double *to, const double *from, std::size_t count);
    void (*scale)(double *to, const double *from, double factor, std::size_t count);
    void (*add)(double *to, const double *left, const double *right, std::size_t count);
    void (*triad)(double *to, const double *left, const double *right, double factor, std::size_t count);
    double (*read)(const double *from, std::size_t count); ///< the sum
};

/// Those this CPU can run, the best last.
const std::vector<StreamKernels> &supportedStreamKernels();

} // namespace seatrial::engine
