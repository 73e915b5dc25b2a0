// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace seatrial::engine {

/// Exit codes of attaching, which remote/ and scripts know.
enum AttachExit {
    kAttachDelivered = 0, ///< the goodbye was written out
    kAttachRefused = 2,   ///< usage, or an Open that cannot be granted
    kAttachBroken = 3,    ///< the supervisor went away without a goodbye
    kAttachLeft = 4,      ///< whoever was attached went away; the supervisor goes on under its lease
    kAttachFailed = 5,    ///< the run could not be created
};

struct AttachOptions {
    std::filesystem::path folder;
    std::filesystem::path sysroot = "/";
    std::string simulate; ///< profile of the node that is simulated; empty: it is this one
    std::uint64_t from = 1;
    int input = 0;
    int output = 1;
    /// For a plan in the foreground: the end of input means "no more steps", a signal or a bad line cancels, and the
    /// supervisor ends with us.
    bool foreground = false;
    /// Where a site ends detached processes with their login, and why that is believed: the supervisor stays with us.
    /// The end of input, or ours, then ends it. It says no goodbye, so that the next one takes the run up.
    std::optional<std::string> attachedBecause;
    /// The same, should the supervisor be found dead in the same boot of the node: it ended with the last login.
    bool attachedIfDied = false;
};

/// Connects to the supervisor of a run, starting or reviving it if none lives, passes control lines to it and its
/// journal to the output. Errors are said on standard error. Returns an AttachExit.
int attach(const AttachOptions &options);

} // namespace seatrial::engine
