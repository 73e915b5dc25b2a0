// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/control.h"
#include "engine/supervise/posix.h"
#include "engine/supervise/worker_process.h"

#include <optional>
#include <string>

namespace seatrial::engine {

/// A worker that was just started, and our ends of its pipes (they do not block).
struct LaunchedWorker {
    pid_t pid = -1;
    Fd records;
    Fd said;
};

/// Starts this very program as a worker that does @p step. It dies with us, is the first to go when memory runs out,
/// and holds nothing of ours open.
std::optional<LaunchedWorker> launchWorker(const protocol::StartStep &step, const WorkerTerms &terms, std::string &error);

/// The file that all runs of a user on this node lock to take turns, beside the folder "runs" of the run's own folder;
/// a run kept elsewhere has one of its own. Not open if that fails.
Fd openLoadLock(const std::filesystem::path &runFolder);

} // namespace seatrial::engine
