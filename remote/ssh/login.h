// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/asker.h"
#include "remote/ssh/ssh_settings.h"

#include <atomic>

namespace seatrial::remote {

class Session;

/// Logs in as ssh does: by key (the one that the inventory names and no other; else the agent's, then the key files of
/// the ssh configuration, each with its certificates), then by the server's prompts, then by password; a server may want
/// several of them. Only for a session whose host key was checked. @p seconds: for each answer of the server.
domain::Result<void> logIn(Session &session, const SshSettings &settings, const LoginQuestions &questions,
                           double seconds, const std::atomic<bool> &cancelled);

} // namespace seatrial::remote
