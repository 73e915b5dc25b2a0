// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace seatrial::engine {

/// CLOCK_BOOTTIME in seconds: goes on while the node sleeps, starts anew when it boots.
double bootSeconds();
/// Unix time in seconds, as the node believes it.
double wallSeconds();
/// Tells one boot of the node from the next; "" where the kernel does not say.
std::string bootId();

} // namespace seatrial::engine
