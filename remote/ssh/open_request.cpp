// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/open_request.h"

#include "remote/text.h"
#include "remote/wait.h"

#include <cstdio>

namespace seatrial::remote {

using namespace domain;

namespace {

// RFC 4254, 5.1
constexpr unsigned kProhibited = 1;
constexpr unsigned kUnknownType = 3;
constexpr unsigned kShortage = 4;

struct Denial {
    unsigned code = 0;
    std::string words; ///< of the jump host
};

/// "Channel opening failure: channel 43 error (2) Connection refused"
Denial parse(const std::string &said)
{
    Denial denial;
    int end = 0;
    if (std::sscanf(said.c_str(), "Channel opening failure: channel %*u error (%u)%n", &denial.code, &end) == 1 && end > 0)
        denial.words = printable(said.substr(static_cast<std::size_t>(end), 200));
    if (denial.words.starts_with(' '))
        denial.words.erase(0, 1);
    return denial;
}

bool oneOf(const std::string &text, std::initializer_list<const char *> words)
{
    for (const char *word : words) {
        if (text.find(word) != std::string::npos)
            return true;
    }
    return false;
}

} // namespace

void OpenRequest::decide(Outcome outcome)
{
    const std::lock_guard lock(m_mutex);
    m_outcome = std::move(outcome);
    m_decided.notify_all();
}

Result<void> OpenRequest::await(const std::string &where, const std::string &through, double seconds,
                                const std::atomic<bool> &cancelled)
{
    const Moment deadline = after(seconds);
    std::unique_lock lock(m_mutex);
    while (m_outcome.state == State::Pending) {
        if (cancelled || secondsUntil(deadline) <= 0) {
            m_abandoned = true;
            if (cancelled)
                return std::unexpected(Failure{Stage::Connect, FailureKind::Cancelled, where + ": cancelled", {}, {}});
            return std::unexpected(Failure{Stage::Connect, FailureKind::Timeout, where + ": no answer for " + secondsText(seconds),
                                           "TCP connection from the jump host " + through,
                                           "check power and cabling of the node and firewalls between it and the jump host, "
                                           "then run again"});
        }
        m_decided.wait_for(lock, std::chrono::milliseconds(50));
    }
    switch (m_outcome.state) {
    case State::Open: return {};
    case State::Lost: return std::unexpected(lost(where, through, m_outcome.said));
    default: return std::unexpected(denied(where, through));
    }
}

Failure OpenRequest::lost(const std::string &where, const std::string &through, const std::string &said)
{
    return {Stage::Connect, FailureKind::Lost,
            where + ": the connection to the jump host " + through + " was lost" + (said.empty() ? "" : " (" + said + ")"),
            "opening a way through it", "check the jump host and the network up to it, then run again"};
}

Failure OpenRequest::denied(const std::string &where, const std::string &through) const
{
    const Denial denial = parse(m_outcome.said);
    const std::string says = denial.words.empty() ? std::string() : " (" + through + " says: " + denial.words + ")";
    Failure failure{Stage::Connect, FailureKind::Refused, {}, "TCP connection from the jump host " + through, {}};
    if (denial.code == kProhibited || denial.code == kUnknownType) {
        failure.what = where + ": the jump host " + through + " does not let us through to " + printable(m_host) + ":"
            + std::to_string(m_port) + says;
        failure.advice = "allow it in the sshd_config of the jump host: AllowTcpForwarding yes or local, no DisableForwarding, a "
                         "PermitOpen that covers the node, and no 'restrict' at the key";
    } else if (denial.code == kShortage) {
        failure.kind = FailureKind::Throttled;
        failure.what = where + ": the jump host " + through + " has no room for another connection" + says;
        failure.advice = "wait a little; look at load, memory and open files of the jump host if this stays";
    } else if (oneOf(denial.words, {"not known", "no address", "No address", "nodename"})) {
        failure.stage = Stage::Resolve;
        failure.kind = FailureKind::NotFound;
        failure.what = where + ": the jump host " + through + " knows no host named '" + printable(m_host) + "'" + says;
        failure.advice = "correct the address in the inventory: it is looked up on the jump host";
    } else if (oneOf(denial.words, {"emporary failure"})) {
        failure.stage = Stage::Resolve;
        failure.kind = FailureKind::Timeout;
        failure.what = where + ": the name service of the jump host " + through + " did not answer for '" + printable(m_host) + "'" + says;
        failure.advice = "check the name server of the jump host, or give addresses in the inventory";
    } else if (oneOf(denial.words, {"refused"})) {
        failure.what = where + ": connection refused";
        failure.advice = "check that sshd runs there and that address and port in the inventory are right";
    } else if (oneOf(denial.words, {"timed out", "No route", "unreachable", "is down"})) {
        failure.kind = FailureKind::Timeout;
        failure.what = where + ": no way there" + says;
        failure.advice = "check power and cabling of the node and the network between it and the jump host, then run again";
    } else {
        failure.kind = FailureKind::Broken;
        failure.what = where + ": the jump host " + through + " cannot connect to it" + says;
        failure.advice = "try it by hand on the jump host: ssh " + printable(m_host);
    }
    return failure;
}

} // namespace seatrial::remote
