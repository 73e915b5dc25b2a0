// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "core/domain/ids.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::domain {

/// How to log in. Whatever is not given here comes from the user's own ssh configuration.
struct SshAccess {
    std::string user;
    std::optional<std::uint16_t> port;
    std::filesystem::path identity;    ///< private key file
    std::filesystem::path certificate; ///< OpenSSH certificate of that key
    std::filesystem::path knownHosts;  ///< instead of the user's own file
    std::filesystem::path config;      ///< ssh configuration instead of the user's and the system's, as ssh -F
    std::vector<std::string> hostKeys; ///< "SHA256:…": the only keys that the host may show; empty: known_hosts decides
    /// Hosts to go through, the first one first: "[user@]host[:port]", each resolved by the ssh configuration as well.
    /// Not set: what the ssh configuration says; empty: none, whatever it says.
    std::optional<std::vector<std::string>> jumps;
    bool operator==(const SshAccess &) const = default;
};

struct Node {
    NodeId id;
    std::string address; ///< host name or address given to ssh; the name of the node if the inventory gives none
    RackId rack;         ///< empty if the node has no place
    double unit = 0;     ///< lowest rack unit, counted from 1; 0 if not placed
    double height = 1;   ///< rack units
    SshAccess ssh;       ///< of the node, completed by that of the fleet
    bool sudo = false;   ///< `sudo -n` may be used for the engine's one read-only helper, and for nothing else
    std::filesystem::path inventory = {}; ///< the file that names it: a password may serve all nodes of one user and file
    bool operator==(const Node &) const = default;
};

struct Rack {
    RackId id;
    int height = 42; ///< rack units
    bool operator==(const Rack &) const = default;
};

/// Something that nodes share, so that they must not be measured at the same time.
struct SharedResource {
    std::string name;
    std::string kind; ///< "physical-host", "nvlink-domain", "uplink"
    std::vector<NodeId> nodes;
    bool operator==(const SharedResource &) const = default;
};

/// A fleet: what an inventory file says.
struct Fleet {
    std::string name;
    std::filesystem::path source; ///< the file it was read from
    std::vector<Rack> racks;
    std::vector<Node> nodes;      ///< in the order of the file
    std::vector<SharedResource> shared;

    const Node *find(const NodeId &id) const;
    bool operator==(const Fleet &) const = default;
};

/// Reads an inventory (YAML, version 1; docs/inventory.md). Nothing is half-loaded: on error the failure names
/// file:line:column, what was found and what was expected.
Result<Fleet> loadFleet(const std::filesystem::path &file);
Result<Fleet> parseFleet(const std::string &yaml, const std::filesystem::path &source);

/// The part of @p fleet whose nodes an expression names. Unknown names are a failure that lists them.
Result<std::vector<NodeId>> selectNodes(const Fleet &fleet, const std::string &expression);

} // namespace seatrial::domain
