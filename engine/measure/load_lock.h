// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

namespace seatrial::engine {

// One run at a time loads a node. The lock is a flock() on a file that all runs of a user on the node share; its
// supervisor opens it and hands the descriptor on, so all workers of a run hold it together and none blocks another.
// The supervisor lets go when its last worker is over; the kernel does if the supervisor is killed.

/// How it went to ask for the node.
struct LoadTurn {
    bool ours = false;
    double waitedSeconds = 0; ///< 0 if nobody else had it
    std::string holder;       ///< not ours: "Seatrial run r5-… of the same user measures here (its supervisor is pid 812)"
    std::string problem;      ///< neither ours nor another's: why it cannot be told
};

/// Waits at most @p seconds for the lock behind @p fd, and not once @p stop is set; @p run is who the others will see.
LoadTurn takeLoadLock(int fd, const std::string &run, double seconds, const std::atomic<bool> *stop);

} // namespace seatrial::engine
