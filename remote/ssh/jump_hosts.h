// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/dial.h"
#include "remote/ssh/ssh_settings.h"
#include "remote/wait.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace seatrial::remote {

class JumpHost;
class LoginGates;
class SshConfig;

/// The jump hosts of all links with one ssh configuration: those that go the same way with the same settings share one.
class JumpHosts
{
public:
    JumpHosts(std::shared_ptr<SshConfig> config, DialTerms terms);
    ~JumpHosts();

    /// The last of @p hops ("[user@]host[:port]", the first one first); none if there are none. Each is resolved by the
    /// ssh configuration; as with ssh itself only the first may have a jump host of its own. Connects nothing.
    domain::Result<std::shared_ptr<JumpHost>> last(const std::vector<std::string> &hops, const std::string &where,
                                                   const std::atomic<bool> &cancelled);
    const DialTerms &terms() const { return m_terms; }

private:
    struct Known {
        Moment resolved;
        std::shared_ptr<JumpHost> host;
    };
    domain::Result<std::shared_ptr<JumpHost>> resolve(const std::vector<std::string> &hops, int depth,
                                                      const std::atomic<bool> &cancelled);
    std::shared_ptr<JumpHost> hostFor(const std::string &name, const SshSettings &settings,
                                      const std::shared_ptr<JumpHost> &before);

    std::shared_ptr<SshConfig> m_config;
    const DialTerms m_terms;
    std::mutex m_mutex;
    std::map<std::string, Known> m_resolved;                   ///< by the list of hops
    std::map<std::string, std::shared_ptr<JumpHost>> m_hosts;  ///< by way and settings
};

} // namespace seatrial::remote
