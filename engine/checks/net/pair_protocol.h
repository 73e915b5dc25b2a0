// SPDX-License-Identifier: Apache-2.0
// What the two sides of net.pair say to each other, in lines of text.
//
// Every connection starts with "seatrial-pair 1 TOKEN control" or "seatrial-pair 1 TOKEN stream SESSION". A control
// connection is answered "ready SESSION" (or "busy"), then gives orders, each answered "go" and, when done, by a line:
//   echo                      one stream; what comes is sent back until it ends    → done
//   receive STREAMS MILLIS    streams of blocks towards the server                 → received BYTES,BYTES,…
//   send STREAMS MILLIS       streams of blocks from the server                    → sent RETRANSMITS
//   end                                                                            → bye
// or, instead of that line, "corrupt TEXT" or "failed TEXT".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace seatrial::engine::pair {

constexpr std::string_view greeting = "seatrial-pair 1 ";
constexpr std::size_t longestGreeting = 256;
constexpr std::size_t longestOrder = 256;
constexpr std::size_t longestAnswer = 128 * 1024; ///< an hour of slices
constexpr std::size_t pingBytes = 64;

constexpr double connectSeconds = 3;
constexpr double greetingSeconds = 2; ///< for whoever connects to say who it is
constexpr double answerSeconds = 5;   ///< beyond the time an order takes by itself
constexpr double pauseSeconds = 10;   ///< between two orders of a session

constexpr unsigned mostStreams = 64;
constexpr double longestTransfer = 600;

} // namespace seatrial::engine::pair
