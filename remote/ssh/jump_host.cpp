// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/jump_host.h"

#include "remote/ssh/session.h"
#include "remote/ssh/tunnels.h"

namespace seatrial::remote {

using namespace domain;

namespace {

/// After a failure that may pass by itself, and after one that needs a person. The first is well below the 2 s after which
/// a campaign tries a node once more: else that try would only hear of the old failure.
constexpr double kPauseSeconds = 1.5;
constexpr double kLongPauseSeconds = 10;

std::string chainText(const SshSettings &settings, const std::shared_ptr<JumpHost> &before)
{
    return (before ? before->chain() + ">" : "") + placeText(settings, nullptr);
}

} // namespace

JumpHost::JumpHost(std::string name, SshSettings settings, std::shared_ptr<JumpHost> before, DialTerms terms)
    : m_name(std::move(name)), m_chain(chainText(settings, before)),
      m_destination{NodeId("jump host " + m_name), {}, settings,
                    "jump host " + m_name + " (" + placeText(settings, before) + ")", before},
      m_terms(std::move(terms))
{
}

JumpHost::~JumpHost() = default;

Result<void> JumpHost::ready(const std::string &where, campaign::Questions &questions, const std::atomic<bool> &cancelled)
{
    std::unique_lock lock(m_mutex);
    while (true) {
        if (cancelled)
            return std::unexpected(Failure{Stage::Connect, FailureKind::Cancelled, where + ": cancelled", {}, {}});
        if (m_tunnels && m_tunnels->alive())
            return {};
        if (m_failure && secondsUntil(m_failureUntil) > 0)
            return std::unexpected(told(*m_failure, where));
        if (!m_connecting)
            break;
        m_changed.wait_for(lock, std::chrono::milliseconds(50));
    }
    m_connecting = true;
    m_failure.reset();
    const auto old = std::move(m_tunnels);
    m_tunnels.reset();
    lock.unlock();
    auto tunnels = connect(questions, cancelled);
    lock.lock();
    m_connecting = false;
    m_changed.notify_all();
    if (tunnels) {
        m_tunnels = std::move(*tunnels);
        return {};
    }
    // That one of them was cancelled says nothing to the others: the next of them tries.
    if (tunnels.error().kind == FailureKind::Cancelled)
        return std::unexpected(told(tunnels.error(), where));
    m_failure = tunnels.error();
    m_failureUntil = after(mayRetry(*m_failure) ? kPauseSeconds : kLongPauseSeconds);
    return std::unexpected(told(*m_failure, where));
}

Result<std::shared_ptr<Tunnels>> JumpHost::connect(campaign::Questions &questions, const std::atomic<bool> &cancelled)
{
    auto session = dial(m_destination, m_terms, questions, cancelled);
    if (!session)
        return std::unexpected(session.error());
    return Tunnels::start(std::move(*session), m_terms.limits);
}

Result<Socket> JumpHost::socketTo(const SshSettings &target, const std::string &where, double seconds,
                                  const std::atomic<bool> &cancelled)
{
    std::shared_ptr<Tunnels> tunnels;
    {
        const std::lock_guard lock(m_mutex);
        tunnels = m_tunnels;
    }
    if (!tunnels) {
        return std::unexpected(Failure{Stage::Connect, FailureKind::Lost,
                                       where + ": the connection to " + m_destination.where + " was lost",
                                       "opening a way through it", "run again"});
    }
    return tunnels->open(target.host, target.port, where, m_name, seconds, cancelled);
}

Failure JumpHost::told(const Failure &failure, const std::string &where) const
{
    if (failure.kind == FailureKind::Cancelled)
        return {failure.stage, failure.kind, where + ": cancelled", {}, {}};
    Failure told = failure;
    told.what = where + ": through " + failure.what;
    if (failure.stage == Stage::Login || failure.stage == Stage::Resolve)
        told.advice += "; for a jump host address, user and keys come from the ssh configuration (Host " + m_name + "), not from the inventory";
    return told;
}

} // namespace seatrial::remote
