// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/survival.h"

namespace seatrial::campaign {

using domain::Failure;
using domain::FailureKind;
using domain::Result;

namespace {

/// Whether a process in @p shelter outlives the login over @p link, which is then another one.
Result<bool> outlives(const Reach &reach, const domain::Node &node, std::shared_ptr<NodeLink> &link, const Probe &probe, Shelter shelter,
                      const std::atomic<bool> &cancelled)
{
    const auto marker = reach.surveyor.leaveMarker(*link, probe, shelter, cancelled);
    if (!marker)
        return std::unexpected(marker.error());
    link->close();
    link.reset(); // the login ends here
    link = reach.links.link(node);
    if (auto connected = link->connect(reach.questions, cancelled); !connected)
        return std::unexpected(std::move(connected.error()));
    return reach.surveyor.markerLives(*link, probe, *marker, cancelled);
}

} // namespace

Result<void> trySurvival(const Reach &reach, const domain::Node &node, std::shared_ptr<NodeLink> &link, Probe &probe,
                         const std::atomic<bool> &cancelled)
{
    const std::string sign = probe.survivalReason;
    const auto plain = outlives(reach, node, link, probe, Shelter::Session, cancelled);
    if (!plain)
        return std::unexpected(plain.error());
    probe.survival = *plain ? Survival::Lives : Survival::Dies;
    probe.survivalReason.clear();
    if (!*plain) {
        probe.survivalReason = "a process that was left behind was gone at the next login" + (sign.empty() ? sign : " (" + sign + ")");
        const auto scoped = outlives(reach, node, link, probe, Shelter::UserScope, cancelled);
        if (scoped && *scoped)
            probe.survival = Survival::InScope;
        else if (!scoped && scoped.error().kind != FailureKind::Unsupported)
            return std::unexpected(scoped.error());
        else
            probe.survivalReason += scoped ? "; one in a user scope was as well" : "; " + scoped.error().what;
    }
    return probe.base.empty() ? Result<void>() : reach.surveyor.remember(*link, probe, cancelled);
}

} // namespace seatrial::campaign
