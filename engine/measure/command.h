// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace seatrial::engine {

/// What a program of the node answered.
struct CommandAnswer {
    int status = -1;     ///< its exit status; -1 if it did not end by itself
    std::string output;  ///< at most what was asked for
    std::string errors;  ///< the first 2000 bytes
    std::string problem; ///< why there is no answer, a piece of a sentence: "it is not installed"; empty if it ended by itself
};

/// Runs @p words (the program is looked for in PATH, no shell) with nothing to read and LC_ALL=C, for at most @p seconds.
/// It is killed then, or if it writes more than @p mostBytes; one that runs as somebody else, and may not be killed by
/// us, is left with closed pipes.
CommandAnswer runCommand(const std::vector<std::string> &words, double seconds, std::size_t mostBytes);

} // namespace seatrial::engine
