// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/deployment.h"
#include "core/campaign/node_link.h"

#include <cstdint>
#include <optional>
#include <string>

namespace seatrial::campaign {

struct ShellFound {
    Noise noise;
    std::string garbled; ///< what came back instead of the words that were to be echoed; empty if they did
};

struct MachineFound {
    std::string machine; ///< uname -m
    std::string kernel;
    std::string libc;
    std::string obstacle; ///< why no engine fits; empty if one does
    std::string remedy;
};

struct RoomFound {
    Probe probe; ///< without a base if no folder suits
    std::string noFolder; ///< then: why, and
    std::string remedy;
    bool noSpace = false; ///< then: space is what is missing
    std::optional<double> freeInodes; ///< of the folder that was chosen; nothing where the file system counts none
};

struct DriverFound {
    std::string version; ///< of the NVIDIA driver; empty: none is loaded
    int devices = 0;     ///< that the driver has
    int onBus = 0;       ///< NVIDIA GPUs that are there, driver or not
    std::string trouble; ///< "nvidia-smi did not answer for 8 s"
};

struct ClockFound {
    double aheadSeconds = 0; ///< of this computer's clock
    double uncertainSeconds = 0;
};

/// Where a process is put that shall outlive its login.
enum class Shelter { Session, UserScope };

/// A sleeping process that was left behind on a node. It ends by itself within a minute or so.
struct Marker {
    Shelter shelter = Shelter::Session;
    long process = 0;
    std::string startTime; ///< as the kernel counts it: tells it from another one with the same number
};

/// Questions to a node over a link that is connected. Each is one short command; none leaves anything behind but
/// what it says.
class Surveyor
{
public:
    using Cancelled = std::atomic<bool>;
    virtual ~Surveyor() = default;

    virtual domain::Result<ShellFound> shell(NodeLink &link, const Cancelled &cancelled) = 0;
    virtual domain::Result<MachineFound> machine(NodeLink &link, const Cancelled &cancelled) = 0;
    /// May make the folder of the engine; tidy() takes it away again if nothing came into it.
    virtual domain::Result<RoomFound> room(NodeLink &link, const Cancelled &cancelled) = 0;
    virtual domain::Result<DriverFound> driver(NodeLink &link, const Probe &probe, const Cancelled &cancelled) = 0;
    virtual domain::Result<ClockFound> clock(NodeLink &link, const Cancelled &cancelled) = 0;
    virtual domain::Result<void> tidy(NodeLink &link, const Probe &probe, const Cancelled &cancelled) = 0;

    /// Starts a detached process. A failure of kind Unsupported: there is no such shelter for this user.
    virtual domain::Result<Marker> leaveMarker(NodeLink &link, const Probe &probe, Shelter shelter, const Cancelled &cancelled) = 0;
    /// Whether it is still there a moment later. It is ended in any case.
    virtual domain::Result<bool> markerLives(NodeLink &link, const Probe &probe, const Marker &marker, const Cancelled &cancelled) = 0;
    /// Has the next probe know it, until the node is booted.
    virtual domain::Result<void> remember(NodeLink &link, const Probe &probe, const Cancelled &cancelled) = 0;
};

} // namespace seatrial::campaign
