// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <optional>
#include <string>
#include <variant>

namespace seatrial::protocol {

/// First line of control and of a plan: who asks, and on which terms.
struct Open {
    int protocol = 0;
    std::string run;
    std::string node;
    double leaseSeconds = 900;  ///< how long the node goes on and waits when nobody is attached
    double graceSeconds = 5;    ///< between TERM and KILL
    bool allowBusy = false;     ///< a person allowed load beside other people's work
    std::string allowedBy;      ///< who did
    bool sudo = false;          ///< the inventory allows `sudo -n` of the engine's read-only helper on this node
    bool operator==(const Open &) const = default;
};

/// Do this step after those already ordered. Ordering a step that is known already (same id) changes nothing,
/// so a desktop that attaches again simply orders all it wants once more.
struct StartStep {
    std::string step;
    std::string check;
    Parameters parameters;
    double deadlineSeconds = 60;
    bool operator==(const StartStep &) const = default;
};

/// End with Goodbye as soon as every ordered step has ended.
struct NoMoreSteps {
    bool operator==(const NoMoreSteps &) const = default;
};

/// End the step named (TERM, grace, KILL, children included), or the whole run if @c step is empty.
struct Cancel {
    std::string step;
    std::string reason;
    bool operator==(const Cancel &) const = default;
};

/// "I am still here": starts the lease anew. Sent when nothing else was for a while. What it says of clocks lets the node
/// know how far its own is off.
struct Renew {
    std::optional<double> wall;         ///< Unix time of the desktop when it was sent
    std::optional<double> aheadAtLeast; ///< seconds: by a record that came, the node's clock is ahead of the desktop's by that or more
    bool operator==(const Renew &) const = default;
};

/// What the desktop may say to a supervisor, one JSON object a line. A plan for `seatrial-engine --plan -` is the
/// same lines: Open, StartStep…, NoMoreSteps.
using Control = std::variant<Open, StartStep, NoMoreSteps, Cancel, Renew>;

} // namespace seatrial::protocol
