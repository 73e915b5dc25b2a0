// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/ssh_settings.h"

#include <atomic>

namespace seatrial::remote {

class Session;

/// Logs in by public key: the key that the inventory names and no other; else the agent's keys, then the key files of
/// the ssh configuration. Nothing is ever prompted for.
domain::Result<void> logIn(Session &session, const SshSettings &settings, double seconds,
                           const std::atomic<bool> &cancelled);

} // namespace seatrial::remote
