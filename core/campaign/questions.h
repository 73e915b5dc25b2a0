// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/ids.h"

#include <string>

namespace seatrial::campaign {

/// A host key that is in no known_hosts file. (One that changed is never a question.)
struct HostKeyQuestion {
    domain::NodeId node;
    std::string host;        ///< as it is looked up: "10.0.0.3" or "[10.0.0.3]:2222"
    std::string keyType;     ///< "ssh-ed25519"
    std::string fingerprint; ///< "SHA256:…"
    std::string knownHosts;  ///< the file it would be added to
};

enum class HostKeyAnswer {
    Refuse,
    TrustOnce,    ///< for this run
    TrustAndSave, ///< add to the file
};

/// Questions to a person, asked from a worker thread, which waits for the answer. The window shows a dialog, the
/// command line asks the terminal, a test answers at once. Must answer (Refuse) when the run is cancelled.
class Questions
{
public:
    virtual ~Questions() = default;
    virtual HostKeyAnswer ask(const HostKeyQuestion &question) = 0;
};

} // namespace seatrial::campaign
