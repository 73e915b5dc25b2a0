// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/questions.h"
#include "core/domain/failure.h"
#include "remote/ssh/ssh_settings.h"

#include <atomic>
#include <memory>
#include <string>

namespace seatrial::remote {

class JumpHost;
class LoginGates;
class Session;

/// An sshd to log in to: a node, or a jump host.
struct Destination {
    domain::NodeId asked; ///< whom questions name
    SshSettings settings;
    std::string where;                ///< "n03 (10.77.0.13:22)"
    std::shared_ptr<JumpHost> behind; ///< the last host on the way there; none: directly
};

/// "10.77.0.13:22", "[fe80::1]:22", "10.77.0.13:22 behind gate".
std::string placeText(const SshSettings &settings, const std::shared_ptr<JumpHost> &behind);

/// Connects, checks the host key and logs in. Who is turned away because of too many logins tries again, with growing,
/// uneven pauses. @p trusted: see HostKeys::check.
domain::Result<std::shared_ptr<Session>> dial(const Destination &destination, const SshLimits &limits, LoginGates &gates,
                                              campaign::Questions &questions, std::string &trusted,
                                              const std::atomic<bool> &cancelled);

} // namespace seatrial::remote
