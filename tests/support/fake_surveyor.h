// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/survey.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::tests {

/// What a fake node answers to single questions: a healthy node without a GPU unless a test says otherwise.
struct FakeSurvey {
    std::vector<campaign::RecipeStep> way{{"resolve", 0.01, "10.0.0.1"}, {"tcp", 0.01, "port 22"}, {"banner", 0.01, "an SSH server"},
                                          {"host key", 0.01, "ssh-ed25519"}, {"login", 0.01, "as ops"}};
    std::optional<domain::Failure> wayFails; ///< after the steps of the way
    std::map<std::string, domain::Failure> failures; ///< by question: "shell", "machine", "space", "survival", "scope", "driver", "clock"
    campaign::ShellFound shell;
    campaign::MachineFound machine{"x86_64", "Linux 6.1.0", "glibc 2.36", {}, {}};
    campaign::RoomFound room = roomy();
    campaign::DriverFound driver;
    campaign::ClockFound clock{0.01, 0.02};
    bool unknownHostKey = false; ///< a person is asked at every login
    double shellSeconds = 0;     ///< that its shell takes to answer
    bool loginEndsProcesses = false;
    bool scopeOutlives = false;
    std::string noScope; ///< why none can be had; empty: it can

    static campaign::RoomFound roomy()
    {
        campaign::RoomFound room;
        room.probe.base = "/var/tmp/seatrial-1000";
        room.probe.freeBytes = 50e9;
        room.freeInodes = 1e6;
        return room;
    }
};

class FakeSurveyor : public campaign::Surveyor
{
public:
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
};

} // namespace seatrial::tests
