// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::importers {

/// A fleet and what a person should know of how it was read.
struct OpenedFleet {
    domain::Fleet fleet;
    std::vector<std::string> notes; ///< a sentence each: what was left out, and why
};

/// Reads a file that names nodes: an inventory (YAML, docs/inventory.md), a host list, or an ssh configuration. Which it is
/// is told by its content. A failure names file:line:column and what was expected; nothing is half-loaded.
domain::Result<OpenedFleet> openFleet(const std::filesystem::path &file);

} // namespace seatrial::importers
