// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::remote {

/// How one node is reached, with everything resolved: the inventory's words over those of the user's ssh configuration.
struct SshSettings {
    std::string host; ///< name or address to connect to
    std::uint16_t port = 22;
    std::string user;
    std::string hostKeyAlias; ///< looked up in known_hosts instead of host and port
    int addressFamily = 0;    ///< AF_UNSPEC, AF_INET, AF_INET6
    std::optional<double> connectSeconds;
    std::vector<std::string> jumps; ///< hosts to go through, "[user@]host[:port]", the first one first

    std::vector<std::filesystem::path> identities;
    bool identityGiven = false;  ///< the inventory names the key: nothing else is tried
    bool identitiesOnly = false; ///< no other keys of the agent
    std::vector<std::filesystem::path> certificates; ///< beside those that lie next to their keys
    bool certificateGiven = false;                   ///< the inventory names the only one of them
    bool keysAllowed = true;     ///< and the next two: what the ssh configuration lets us try
    bool promptsAllowed = true;
    bool passwordAllowed = true;
    std::string agentSocket;     ///< empty: no agent

    std::vector<std::string> hostKeys; ///< "SHA256:…": the only keys that the host may show, if any are given
    std::vector<std::filesystem::path> knownHosts; ///< the first is where an accepted key is saved
    std::vector<std::filesystem::path> globalKnownHosts;
    std::vector<std::filesystem::path> revokedKeys;

    /// The name as it stands in known_hosts: "10.0.0.3" or "[10.0.0.3]:2222".
    std::string knownAs() const
    {
        if (!hostKeyAlias.empty())
            return hostKeyAlias;
        return port == 22 ? host : "[" + host + "]:" + std::to_string(port);
    }
};

/// How long each part of the way to a node may take.
struct SshLimits {
    double connectSeconds = 10;   ///< name, TCP, greeting and key exchange, each
    double loginSeconds = 30;     ///< PAM and its name lookups can be slow
    double silentSeconds = 30;    ///< no byte of the engine's stream
    int attempts = 6;             ///< when the node throttles logins
    double firstPauseSeconds = 0.25; ///< before the second attempt; doubles, with jitter
    double waitedSeconds = 15;    ///< in a queue, connected: longer than that, and the connection is made anew
    double jumpIdleSeconds = 10;  ///< a session to a jump host is kept so long unused: a node's second try finds it
};

} // namespace seatrial::remote
