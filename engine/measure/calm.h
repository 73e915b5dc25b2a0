// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace seatrial::engine {

/// One repetition of a measurement by wall time.
struct Repetition {
    double cpuShare = 0; ///< that the thread treated worst had of its CPU, 0 … 1
    double value = 0;
};

/// A repetition in which a thread had its CPU for less of the time measures the scheduler, not the memory.
constexpr double calmShare = 0.95;

/// Those that nobody disturbed; where there are hardly any, the quarter that was disturbed least.
std::vector<Repetition> calmest(std::vector<Repetition> all);

} // namespace seatrial::engine
