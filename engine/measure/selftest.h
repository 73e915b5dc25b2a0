// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace seatrial::engine {

/// Whether this program works on this machine at all: clock, arithmetic, memory, statistics, pipe. One sentence a
/// failure, none if it may be used. Takes less than 200 ms.
std::vector<std::string> selftest();

} // namespace seatrial::engine
