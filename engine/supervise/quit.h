// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace seatrial::engine {

/// Ends every living run below @p base/runs and says what it did, a line each. 0 if none lives any longer, 1 if one
/// could not be ended.
int quitRuns(const std::filesystem::path &base);

} // namespace seatrial::engine
