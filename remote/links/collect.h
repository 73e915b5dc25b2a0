// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/links/command.h"

namespace seatrial::remote {

/// Feeds @p input to a short command and collects what it says until it ends. @p where names it in failures.
domain::Result<campaign::CommandOutput> collect(Command &command, std::string_view input, double timeoutSeconds,
                                                const std::string &where, const std::atomic<bool> &cancelled);

} // namespace seatrial::remote
