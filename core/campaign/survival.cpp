// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/survival.h"

namespace seatrial::campaign {

using domain::Failure;
using domain::FailureKind;
using domain::Result;

namespace {

/// A new login in place of one of which nobody knows what is left.
Result<void> again(const Reach &reach, const domain::Node &node, std::shared_ptr<NodeLink> &link, const std::atomic<bool> &cancelled)
{
    link->close();
    link.reset();
    link = reach.links.link(node);
    return link->connect(reach.questions, cancelled);
}

/// Whether a process in @p shelter outlives the login over @p link, which is then another one.
Result<bool> outlives(const Reach &reach, const domain::Node &node, std::shared_ptr<NodeLink> &link, const Probe &probe, Shelter shelter,
                      const std::atomic<bool> &cancelled)
{
    const auto marker = reach.surveyor.leaveMarker(*link, probe, shelter, cancelled);
    if (!marker)
        return std::unexpected(marker.error());
    if (auto connected = again(reach, node, link, cancelled); !connected) // the login ends here
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
        else
            probe.survivalReason += scoped ? "; one in a user scope was as well" : "; " + scoped.error().what;
        if (!scoped && scoped.error().kind != FailureKind::Unsupported) {
            if (scoped.error().kind == FailureKind::Cancelled)
                return std::unexpected(scoped.error());
            // That much is known: it works while attached. Not written down, so that the next login tries again.
            return again(reach, node, link, cancelled);
        }
    }
    return probe.base.empty() ? Result<void>() : reach.surveyor.remember(*link, probe, cancelled);
}

} // namespace seatrial::campaign
