// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/survey.h"

#include <memory>

namespace seatrial::campaign {

/// Who is needed to reach a node more than once.
struct Reach {
    LinkFactory &links;
    Surveyor &surveyor;
    Questions &questions;
};

/// Leaves a process behind on a node, logs out, logs in again and sees whether it lives; if not, the same once more in
/// a scope of the user's own systemd. Costs a login, or two. @p link is exchanged for the last one, which is connected
/// unless a failure is returned; what was found is set in @p probe and remembered on the node.
domain::Result<void> trySurvival(const Reach &reach, const domain::Node &node, std::shared_ptr<NodeLink> &link, Probe &probe,
                                 const std::atomic<bool> &cancelled);

} // namespace seatrial::campaign
