// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "core/domain/failure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::campaign {

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
    std::vector<std::string> refused; ///< folders tried before, each with the reason: "/var/tmp: mounted noexec"
};

/// A step of getting a node ready, for progress and for "what was tried".
struct RecipeStep {
    std::string name;    ///< "connect", "probe", "upload", "verify"
    double seconds = 0;
    std::string detail;
};

/// Puts the engine onto nodes and takes it away again. Content-addressed: <base>/bundles/<sha256>/seatrial-engine.
class Deployer
{
public:
    virtual ~Deployer() = default;
    /// Probes the node and uploads the engine if it is not there. An unchanged node costs one round trip.
    virtual domain::Result<Probe> prepare(NodeLink &link, std::vector<RecipeStep> &steps, const std::atomic<bool> &cancelled) = 0;
    /// The shell command that attaches to run @p token from sequence @p from on.
    virtual std::string attachCommand(const Probe &probe, const std::string &token, std::uint64_t from) const = 0;
    /// Removes all that was put on the node, ending what still runs. Says what was removed, a line each.
    virtual domain::Result<std::vector<std::string>> clean(NodeLink &link, const std::atomic<bool> &cancelled) = 0;
};

} // namespace seatrial::campaign
