// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "core/domain/failure.h"
#include "remote/ssh/ssh_settings.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

namespace seatrial::remote {

class JumpHost;
class LoginGates;
class Secrets;
class Session;
class TrustedKeys;

/// What all who dial have in common.
struct DialTerms {
    SshLimits limits;
    std::shared_ptr<LoginGates> gates;
    std::shared_ptr<Secrets> secrets;
    std::shared_ptr<TrustedKeys> trusted;
};

/// An sshd to log in to: a node, or a jump host.
struct Destination {
    domain::NodeId asked; ///< whom questions name
    std::filesystem::path group; ///< inventory whose nodes one password of a user may serve; empty: this host alone
    SshSettings settings;
    std::string where;                ///< "n03 (10.77.0.13:22)"
    std::shared_ptr<JumpHost> behind; ///< the last host on the way there; none: directly
};

/// "10.77.0.13:22", "[fe80::1]:22", "10.77.0.13:22 behind gate".
std::string placeText(const SshSettings &settings, const std::shared_ptr<JumpHost> &behind);

/// Connects, checks the host key and logs in. Who is turned away because of too many logins tries again, with growing,
/// uneven pauses. @p passed is told of each step of the way; a new try begins anew.
domain::Result<std::shared_ptr<Session>> dial(const Destination &destination, const DialTerms &terms,
                                              campaign::Questions &questions, const std::atomic<bool> &cancelled,
                                              const campaign::NodeLink::Watcher &passed = {});

} // namespace seatrial::remote
