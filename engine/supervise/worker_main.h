// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace seatrial::engine {

struct WorkerOptions {
    std::filesystem::path sysroot = "/";
    std::filesystem::path workFolder;
    bool allowBusy = false;
    bool sudo = false;
    std::string simulate; ///< profile of the node that is simulated; empty: it is this one
};

/// The life of a worker: reads its order from standard input, runs the check, writes what it finds to the pipe that
/// its supervisor gave it.
int workerMain(const WorkerOptions &options, const std::vector<std::unique_ptr<Check>> &checks);

} // namespace seatrial::engine
