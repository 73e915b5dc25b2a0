// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace seatrial::engine {

/// The newest @p most bytes of what the kernel log device holds, as it writes them: a record a line, attributes behind
/// it. Never waits. Nothing, with errno set, if it may not be read. A recorded log is a plain file.
std::optional<std::string> readKmsg(const std::filesystem::path &device, std::size_t most);

} // namespace seatrial::engine
