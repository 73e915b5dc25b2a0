// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/ssh/dial.h"
#include "remote/ssh/tcp.h"
#include "remote/wait.h"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace seatrial::remote {

class Tunnels;

/// A host that nodes are reached through. All links through it share one session: whoever needs it first connects it,
/// the others wait for the outcome. It is kept while it carries connections and a little longer.
class JumpHost
{
public:
    /// @p name: as the user calls it, "ops@gate". @p before: the jump host before this one, if any.
    JumpHost(std::string name, SshSettings settings, std::shared_ptr<JumpHost> before, DialTerms terms);
    ~JumpHost();
    JumpHost(const JumpHost &) = delete;
    JumpHost &operator=(const JumpHost &) = delete;

    const std::string &name() const { return m_name; }
    /// The servers on the way, this one included: the same for those who arrive at the same sshd.
    const std::string &chain() const { return m_chain; }

    /// Connects if need be. A failure is told to all that come within the next seconds; then it is tried again.
    /// @p where: who needs it.
    domain::Result<void> ready(const std::string &where, campaign::Questions &questions,
                               const std::atomic<bool> &cancelled);
    /// A socket that leads to the host and port of @p target, as this host resolves them. Lost if ready() was too long
    /// ago.
    domain::Result<Socket> socketTo(const SshSettings &target, const std::string &where, double seconds,
                                    const std::atomic<bool> &cancelled);

private:
    domain::Result<std::shared_ptr<Tunnels>> connect(campaign::Questions &questions, const std::atomic<bool> &cancelled);
    domain::Failure told(const domain::Failure &failure, const std::string &where) const;

    const std::string m_name;
    const std::string m_chain;
    const Destination m_destination;
    const DialTerms m_terms;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_connecting = false;
    std::optional<domain::Failure> m_failure;
    Moment m_failureUntil; ///< when it may be tried again
    std::shared_ptr<Tunnels> m_tunnels;
};

} // namespace seatrial::remote
