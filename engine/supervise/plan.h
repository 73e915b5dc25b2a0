// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace seatrial::engine {

/// Runs the plan in @p file ("-" for standard input) here and now, with its stream on standard output. Returns an
/// AttachExit. Temporary files lie below @p work and are removed.
int runPlan(const std::string &file, const std::filesystem::path &sysroot, const std::filesystem::path &work,
            const std::string &simulate = {});

/// Whether a worker process can be started here and be heard. "" or what is wrong.
std::string workerSelftest();

} // namespace seatrial::engine
