// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/supervise/supervisor.h"

#include <cstdint>
#include <string>

namespace seatrial::engine {

/// How the attempt to start a supervisor ended.
enum class LaunchOutcome {
    Running, ///< it listens
    Taken,   ///< another one has the run
    Ended,   ///< the journal has its last record already
    Failed,
};

struct Launch {
    LaunchOutcome outcome = LaunchOutcome::Failed;
    std::string error;
    pid_t process = 0; ///< of a supervisor in the foreground that runs
};

/// Whether the supervisor outlives who starts it.
enum class Lifetime {
    Detached, ///< own session, nothing of ours open
    Foreground, ///< told to end when we end
};

/// Starts the one supervisor of @p terms.folder, which must exist, and waits until it listens.
Launch launchSupervisor(const RunTerms &terms, std::uint64_t from, Lifetime lifetime);

/// File that the supervisor holds locked and has its process number in.
inline constexpr const char *kLockName = "lock";
/// Process number of the living supervisor of @p folder, 0 if there is none.
pid_t livingSupervisor(const std::filesystem::path &folder);

} // namespace seatrial::engine
