// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

#include <memory>
#include <vector>

namespace seatrial::engine {

/// The whole program, with the checks it has. Returns its exit code.
int engineMain(int argc, char **argv, const std::vector<std::unique_ptr<Check>> &checks);

} // namespace seatrial::engine
