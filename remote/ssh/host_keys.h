// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/questions.h"
#include "core/domain/failure.h"
#include "remote/ssh/known_hosts.h"
#include "remote/ssh/ssh_settings.h"

#include <string>
#include <vector>

namespace seatrial::remote {

class Session;
class TrustedKeys;

/// Whether a node is who it should be. A key that is known passes; one that changed, is of another kind than the known
/// one, or was revoked, stops the way to this node; one that nobody knows is a question to a person. Where the inventory
/// pins fingerprints it decides alone: no known_hosts, no question.
class HostKeys
{
public:
    HostKeys(domain::NodeId node, const SshSettings &settings);

    /// To offer in the key exchange, so that the node shows the key that can be compared.
    std::string algorithms() const { return KnownHosts::algorithms(m_known); }
    /// @p trusted: what persons have accepted already; one that does so now comes to it.
    domain::Result<void> check(const Session &session, campaign::Questions &questions, TrustedKeys &trusted) const;

private:
    domain::Result<void> checkRevoked(const Session &session, ssh_key key) const;
    domain::Failure changed(const Session &session, ssh_key key) const;
    domain::Result<void> checkPinned(const Session &session, ssh_key key) const;
    domain::Result<void> ask(const Session &session, ssh_key key, campaign::Questions &questions,
                             TrustedKeys &trusted) const;

    domain::NodeId m_node;
    const SshSettings &m_settings;
    KnownHosts m_files;
    std::vector<KnownKey> m_known;
};

} // namespace seatrial::remote
