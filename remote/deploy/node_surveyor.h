// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/survey.h"
#include "remote/deploy/bundle.h"

#include <functional>
#include <string>

namespace seatrial::remote {

/// Asks nodes by short scripts.
class NodeSurveyor : public campaign::Surveyor
{
public:
    explicit NodeSurveyor(std::function<const domain::Result<Bundle> &()> engine) : m_engine(std::move(engine)) {}

    domain::Result<campaign::ShellFound> shell(campaign::NodeLink &link, const Cancelled &cancelled) override;
    domain::Result<campaign::MachineFound> machine(campaign::NodeLink &link, const Cancelled &cancelled) override;
    domain::Result<campaign::RoomFound> room(campaign::NodeLink &link, const Cancelled &cancelled) override;
    domain::Result<campaign::DriverFound> driver(campaign::NodeLink &link, const campaign::Probe &probe, const Cancelled &cancelled) override;
    domain::Result<campaign::ClockFound> clock(campaign::NodeLink &link, const Cancelled &cancelled) override;
    domain::Result<void> tidy(campaign::NodeLink &link, const campaign::Probe &probe, const Cancelled &cancelled) override;
    domain::Result<campaign::Marker> leaveMarker(campaign::NodeLink &link, const campaign::Probe &probe, campaign::Shelter shelter,
                                                 const Cancelled &cancelled) override;
    domain::Result<bool> markerLives(campaign::NodeLink &link, const campaign::Probe &probe, const campaign::Marker &marker,
                                     const Cancelled &cancelled) override;
    domain::Result<void> remember(campaign::NodeLink &link, const campaign::Probe &probe, const Cancelled &cancelled) override;

private:
    std::function<const domain::Result<Bundle> &()> m_engine;
};

/// The words by which a node remembers: "lives".
std::optional<campaign::Survival> survivalFromWord(const std::string &word);

} // namespace seatrial::remote
