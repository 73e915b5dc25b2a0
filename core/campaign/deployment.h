// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "core/domain/failure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::campaign {

class Surveyor;

/// What becomes of a process when the login that started it ends.
enum class Survival {
    Assumed, ///< nothing speaks against its living on
    Doubted, ///< the site has something that ends such processes: it must be tried
    Lives,   ///< tried: it lives on
    InScope, ///< tried: it does in a scope of the user's own systemd, and only there
    Dies,    ///< tried: it ends with its login
};

/// What the first round trip to a node finds out.
struct Probe {
    std::string machine;    ///< uname -m
    std::string kernel;
    std::string libc;
    std::string user;
    std::string base;       ///< the folder chosen: writable, can execute, has space
    std::string bundle;     ///< folder of the engine below it
    bool deployed = false;  ///< the engine of this very content is there already
    double freeBytes = 0;
    Survival survival = Survival::Assumed; ///< as tried since the node was booted, or what its configuration suggests
    std::string survivalReason;            ///< of everything but Assumed and Lives: "KillUserProcesses=yes in /etc/systemd/logind.conf"
    std::vector<std::string> refused; ///< folders tried before, each with the reason: "/var/tmp: mounted noexec"
};

/// Puts the engine onto nodes and takes it away again. Content-addressed: <base>/bundles/<sha256>/seatrial-engine.
class Deployer
{
public:
    virtual ~Deployer() = default;
    /// Probes the node and uploads the engine if it is not there. An unchanged node costs one round trip.
    virtual domain::Result<Probe> prepare(NodeLink &link, std::vector<RecipeStep> &steps, const std::atomic<bool> &cancelled) = 0;
    /// The shell command that attaches to run @p token from sequence @p from on. With @p afterLoss, and
    /// unless survival was tried, a supervisor that is found dead is taken to have ended with the last connection, and its
    /// successor stays attached.
    virtual std::string attachCommand(const Probe &probe, const std::string &token, std::uint64_t from, bool afterLoss) const = 0;
    /// Removes all that was put on the node, ending what still runs. Says what was removed, a line each.
    virtual domain::Result<std::vector<std::string>> clean(NodeLink &link, const std::atomic<bool> &cancelled) = 0;
    /// What else may be asked of a node, without putting the engine there.
    virtual Surveyor &surveyor() = 0;
};

} // namespace seatrial::campaign
