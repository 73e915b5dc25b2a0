// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/reporter.h"

#include <filesystem>

namespace seatrial::engine {

/// Network interfaces: what they are, whether their link is up and how fast, errors, drops, carrier changes. Virtual
/// ones (bridges, containers' ends) are left out where there is a real one; a node that is itself a container has only such.
void reportNics(const Reporter &reporter, const std::filesystem::path &sysroot);

} // namespace seatrial::engine
