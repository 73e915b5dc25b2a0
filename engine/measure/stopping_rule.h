// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/measure/samples.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace seatrial::engine {

/// Why a measurement took no further repetition; written as the parameter "stopped_by".
enum class StopReason { Precision, Time, Repetitions };

std::string_view stopReasonText(StopReason reason);

/// When there are repetitions enough: the median is known well, or time or patience is used up.
struct StoppingRule {
    double relativeHalfWidth = 0.01; ///< of the 95 % confidence interval of the median
    double budgetSeconds = 1;
    std::size_t minimumRepetitions = 10; ///< before precision may stop; time may stop earlier
    std::size_t maximumRepetitions = 10'000;

    /// Why to stop now, or nothing to go on. Never before the first sample.
    std::optional<StopReason> stop(const Samples &samples, double elapsedSeconds) const;
};

} // namespace seatrial::engine
