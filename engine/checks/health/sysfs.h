// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// Names in a folder, sorted; none if it cannot be read.
std::vector<std::string> namesIn(const std::filesystem::path &folder);
/// Last part of where a symbolic link leads: the driver behind "driver"; empty if there is no such link.
std::string linkName(const std::filesystem::path &link);
/// One line of a file or nothing at all: what hardware leaves empty or fills with "To be filled by O.E.M." is empty.
std::string fieldOf(const std::filesystem::path &file);
/// The same of text that was read already.
std::string fieldIn(std::string_view content);

} // namespace seatrial::engine
