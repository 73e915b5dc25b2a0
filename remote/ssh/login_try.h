// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/asker.h"
#include "remote/ssh/session.h"

namespace seatrial::remote {

/// Calls of libssh that log in, with their answers as outcomes, and the words for what was tried.
class LoginTry
{
public:
    /// @p seconds: for each answer of the server.
    LoginTry(Session &session, std::string user, double seconds, const std::atomic<bool> &cancelled)
        : m_session(session), m_user(std::move(user)), m_seconds(seconds), m_cancelled(cancelled)
    {
    }

    template<typename Call>
    domain::Result<Outcome> call(Call attempt)
    {
        return judge(await(attempt));
    }
    /// Without judging it.
    template<typename Call>
    Session::Answer await(Call attempt)
    {
        auto answer = m_session.await(attempt, SSH_AUTH_AGAIN, after(m_seconds), m_cancelled);
        if (m_cancelled)
            answer.waited = Waited::Cancelled;
        return answer;
    }
    domain::Result<Outcome> judge(const Session::Answer &answer) const;

    void note(const std::string &what);
    const std::string &tried() const { return m_tried; }
    double seconds() const { return m_seconds; }
    const std::atomic<bool> &cancelled() const { return m_cancelled; }

private:
    domain::Failure lost() const;

    Session &m_session;
    std::string m_user;
    double m_seconds;
    const std::atomic<bool> &m_cancelled;
    std::string m_tried;
};

} // namespace seatrial::remote
