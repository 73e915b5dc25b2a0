// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace seatrial::protocol {

/// Version of the words that engine and desktop exchange. The desktop reads this version and older ones and
/// refuses newer ones in a sentence; raise it whenever an older reader would misunderstand a record.
inline constexpr int kProtocolVersion = 1;

/// Version of the program, the same for engine, command line and window.
inline constexpr const char *kProgramVersion = "0.1.0";

} // namespace seatrial::protocol
