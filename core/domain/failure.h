// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <optional>
#include <string>

namespace seatrial::domain {

/// Where on the journey something went wrong.
enum class Stage { Input, Resolve, Connect, HostKey, Login, Preflight, Deploy, Attach, Run, Store, Judge, Internal };

/// What kind of wrong it is: decides whether trying again can help.
enum class FailureKind {
    Invalid,     ///< input that cannot be used as it is
    NotFound,
    Refused,     ///< the other side said no
    Timeout,     ///< the other side said nothing
    Throttled,   ///< too many logins at once: wait and try again
    Lost,        ///< it was there and went away: try again
    Changed,     ///< not who it was: never try again without a person
    NoSpace,
    Untrusted,   ///< what it says cannot be true: nothing that it said counts
    Unsupported, ///< wrong architecture, too new a protocol
    Cancelled,   ///< a person stopped it
    Broken,      ///< anything else
};

/// A failure as a value, written for the person who reads it.
struct Failure {
    Stage stage = Stage::Internal;
    FailureKind kind = FailureKind::Broken;
    std::string what;      ///< what happened and where: "n03 (10.77.0.13:22): no answer for 10 s"
    std::string attempted; ///< what was tried: "TCP connection to port 22"
    std::string advice;    ///< what to do next: "check power and cabling, then run again"

    bool operator==(const Failure &) const = default;
};

template<typename T>
using Result = std::expected<T, Failure>;

std::string stageText(Stage stage);      ///< "host key"
std::string kindText(FailureKind kind);  ///< "timeout"
std::optional<Stage> stageFromText(const std::string &text);
std::optional<FailureKind> kindFromText(const std::string &text);

/// "host key: the key of n03 … Advice: …", one line.
std::string sentence(const Failure &failure);

/// Whether trying the same again may succeed without a person.
bool mayRetry(const Failure &failure);

} // namespace seatrial::domain
