// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::resources {

struct EngineAnswer {
    int exitCode = 0;
    std::string output;
};

/// Calls the engine of this installation here, with @p input to read. One that does not answer soon, or too much, is a failure.
domain::Result<EngineAnswer> askEngine(const std::filesystem::path &engine, const std::vector<std::string> &words, const std::string &input = {});

} // namespace seatrial::resources
