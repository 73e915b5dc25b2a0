// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/stopping_rule.h"

namespace seatrial::engine {

std::string_view stopReasonText(StopReason reason)
{
    switch (reason) {
    case StopReason::Precision: return "precision";
    case StopReason::Time: return "time";
    case StopReason::Repetitions: return "repetitions";
    }
    return "";
}

std::optional<StopReason> StoppingRule::stop(const Samples &samples, double elapsedSeconds) const
{
    if (samples.empty())
        return std::nullopt;
    if (samples.size() >= maximumRepetitions)
        return StopReason::Repetitions;
    if (samples.size() >= minimumRepetitions) {
        const auto width = samples.relativeHalfWidth();
        if (width && *width <= relativeHalfWidth)
            return StopReason::Precision;
    }
    if (elapsedSeconds >= budgetSeconds)
        return StopReason::Time;
    return std::nullopt;
}

} // namespace seatrial::engine
