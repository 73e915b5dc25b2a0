// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/tasks.h"
#include "engine/checks/options.h"
#include "engine/device/outcome.h"

#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// A GPU as the driver names it, told by a child so that this process never opens the driver.
struct SurveyedGpu {
    int index = 0;
    std::string identity; ///< serial number or UUID
    std::string model;
    CheckResult state;    ///< not completed: it is lost or in use, and nothing is measured on it

    std::string subject() const { return "gpu/" + std::to_string(index); }
};

/// The parameters that all GPU checks have.
struct GpuOptions {
    std::vector<int> gpus; ///< empty: all
    Order order = Order::SideBySide;
    Patience patience;

    /// Reads "gpus", "order" and "stall".
    static GpuOptions read(Options &options, Order usual, const CheckContext &context);
    /// Help for --list, with @p usual as the default of "order".
    static std::vector<std::string> help(Order usual);
};

struct Survey {
    std::vector<SurveyedGpu> gpus;        ///< those that were asked for
    std::optional<CheckResult> refusal;   ///< why there is nothing to measure at all

    /// Ends of those that cannot be measured; one event each was said.
    std::vector<TaskEnd> unfit() const;
    std::vector<SurveyedGpu> fit() const;
};

/// Asks the driver, in a child, which GPUs there are and who works on them.
Survey surveyGpus(const CheckContext &context, const GpuOptions &options);

/// What a step says whose device did not do what it was asked. @p doing: "copying to the host".
CheckResult resultOf(const DeviceProblem &problem, const std::string &doing);

} // namespace seatrial::engine
