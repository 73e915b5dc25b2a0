// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/child.h"

#include <string>
#include <vector>

namespace seatrial::engine {

/// Whether GPUs are measured at the same time. All are made ready side by side in either case.
enum class Order {
    SideBySide, ///< as jobs use them: power and heat of the whole node
    OneByOne,   ///< where they share a path: nobody takes another's share
};

std::string_view orderText(Order order); ///< "side by side", for the parameter "order"

/// Work in a process of its own, and whose it is.
struct Task {
    std::string subject; ///< "gpu/3", "gpu/0→gpu/5"
    Child::Work work;
};

/// How long children may take, in the seconds of the clock on the wall.
struct Patience {
    double stall = 60;     ///< without getting on in any way: it hangs
    double total = 3600;   ///< for all of them
    double grace = 10;     ///< from TERM to KILL: a client that is killed may take its driver with it
    double afterKill = 5;  ///< then it is left behind
    int lock = -1;         ///< of ours, that a child which is left behind must not keep
};

/// How the work of one task ended.
struct TaskEnd {
    enum class Kind { Answered, Died, Hung, LeftBehind, NotStarted, OutOfTime, Stopped };
    std::string subject;
    Kind kind = Kind::Answered;
    CheckResult result; ///< with a reason that names the subject, unless completed
    std::string stage;  ///< where it was when it ended badly
};

/// Does all @p tasks, each in a child, and hands what they say to @p take as it comes. A child that dies or hangs costs its own
/// task alone: that is said by an event, and the others go on. Ends in bounded time, whatever children do.
std::vector<TaskEnd> runTasks(std::vector<Task> tasks, Order order, const Patience &patience, const std::atomic<bool> *stop,
                              const Child::Take &take);

/// What the step comes to: failed if hardware did wrong, an error if a task has no result, waived if none of them applies here.
CheckResult conclude(const std::vector<TaskEnd> &ends);

} // namespace seatrial::engine
