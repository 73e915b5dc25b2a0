// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/login_try.h"

#include "remote/text.h"

namespace seatrial::remote {

using namespace domain;

Result<Outcome> LoginTry::judge(const Session::Answer &answer) const
{
    if (answer.waited == Waited::Cancelled) {
        return std::unexpected(Failure{Stage::Login, FailureKind::Cancelled, m_session.where() + ": cancelled", {}, {}});
    }
    if (answer.waited == Waited::TimedOut) {
        return std::unexpected(Failure{Stage::Login, FailureKind::Timeout,
                                       m_session.where() + ": no answer to the login for " + secondsText(m_seconds),
                                       "login as " + m_user + (m_tried.empty() ? "" : " with " + m_tried),
                                       "the node is overloaded, or its name or account service hangs: look at its console"});
    }
    switch (answer.code) {
    case SSH_AUTH_SUCCESS:
        return Outcome::In;
    case SSH_AUTH_DENIED:
        return Outcome::Refused;
    case SSH_AUTH_PARTIAL:
        return Outcome::Partly;
    default:
        return std::unexpected(lost());
    }
}

void LoginTry::note(const std::string &what)
{
    if (m_tried.find(what) == std::string::npos)
        m_tried += (m_tried.empty() ? "" : ", ") + what;
}

Failure LoginTry::lost() const
{
    const std::string said = printable(m_session.error());
    const std::string attempted = "login as " + m_user + (m_tried.empty() ? "" : " with " + m_tried);
    if (said.find("oo many authentication failures") != std::string::npos) {
        return {Stage::Login, FailureKind::Refused, m_session.where() + ": too much was refused in one login", attempted,
                "name the right key as 'identity' in the inventory"};
    }
    return {Stage::Login, FailureKind::Lost, m_session.where() + ": the connection broke during the login: " + said,
            attempted, "run again; if it stays, look into the log of the node's sshd"};
}

} // namespace seatrial::remote
