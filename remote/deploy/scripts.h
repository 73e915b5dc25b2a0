// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace seatrial::remote {

/// What runs on a node, by /bin/sh. Plain POSIX, so that it also runs by dash and busybox.
struct EngineIdentity {
    std::string sha256;
    std::size_t bytes = 0;
};

/// Finds out what the node is, chooses the folder for the engine, and says whether the engine is there and whole.
/// Answers lines of "key value".
std::string probeScript(const EngineIdentity &engine);

/// Takes the engine from standard input into @p bundle by way of @p temporary (in the same folder), and puts it in its
/// place only when its content is verified and it has passed its self-test. Answers "verified …" or "failed …".
std::string uploadScript(const EngineIdentity &engine, const std::string &bundle, const std::string &temporary);

/// Ends what runs and removes what was put on the node. Answers "removed KILOBYTES FOLDER" and "left FOLDER: WHY".
std::string cleanScript();

/// Free space that the choice of a folder asks for besides the engine itself: journals and test files.
inline constexpr std::size_t kSpareMegabytes = 64;

} // namespace seatrial::remote
