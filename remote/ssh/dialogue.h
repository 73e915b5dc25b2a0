// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/ssh/asker.h"
#include "remote/ssh/login_try.h"

namespace seatrial::remote {

/// keyboard-interactive: the server asks, in as many rounds as it likes, and each round may have several prompts. A round
/// that is plainly about the password is answered with the one that serves other nodes, too.
class Dialogue
{
public:
    Dialogue(Session &session, LoginTry &attempt, Asker &asker) : m_session(session), m_try(attempt), m_asker(asker) {}

    domain::Result<Outcome> run();

private:
    /// One exchange: the first one begins the dialogue, later ones send the answers that were set.
    domain::Result<Outcome> exchange();
    domain::Result<Outcome> begin();
    domain::Result<Outcome> answerRound();
    domain::Result<Outcome> answerPassword(const campaign::SecretQuestion &asked);
    domain::Result<Outcome> sendAnswers(const std::vector<std::string> &answers);
    domain::Result<campaign::SecretQuestion> readRound() const;

    Session &m_session;
    LoginTry &m_try;
    Asker &m_asker;
    bool m_open = false;       ///< the server waits for the answers of a round
    int m_rounds = 0;          ///< of this dialogue
    int m_roundsAnswered = 0;  ///< of those that had prompts
};

} // namespace seatrial::remote
