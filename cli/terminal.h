// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/tty.h"
#include "core/campaign/preflight.h"
#include "core/campaign/questions.h"
#include "core/campaign/snapshot.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace seatrial::cli {

/// What writes onto the terminal while questions are asked there.
class Speaker
{
public:
    virtual ~Speaker() = default;
    /// Leaves the terminal to somebody else: what there is to say waits until resume().
    virtual void pause() = 0;
    virtual void resume() = 0;
};

/// Progress on standard error: events as lines, folded over nodes that say the same, and one status line if standard
/// error is a terminal. With @c json also JSON lines on standard output.
class TerminalObserver : public campaign::Observer, public Speaker
{
public:
    explicit TerminalObserver(bool json);
    void published(std::shared_ptr<const campaign::Snapshot> snapshot) override;
    void said(const campaign::LogLine &line) override;
    /// Writes what is still held back and ends the status line.
    void finish();

    void pause() override;
    void resume() override;

private:
    void write(const campaign::LogLine &line);
    void flushHeld();
    void clearStatus();
    void showStatus(const campaign::Snapshot &snapshot);
    void writeJson(const campaign::Snapshot &snapshot);

    const bool m_json;
    const bool m_terminal;
    std::mutex m_mutex;
    campaign::LogLine m_held;
    bool m_holding = false;
    bool m_paused = false;
    bool m_runPaused = false; ///< as last seen
    std::vector<campaign::LogLine> m_waiting; ///< lines of the pause
    bool m_statusShown = false;
    std::chrono::steady_clock::time_point m_nextStatus;
    std::chrono::steady_clock::time_point m_nextJson;
};

/// How far a preflight is, on standard error: a status line on a terminal, else a line every ten seconds.
class PreflightProgress : public Speaker
{
public:
    explicit PreflightProgress(std::size_t nodes);
    void told(const campaign::Ladder &ladder);
    void pause() override;
    void resume() override;
    void finish(); ///< takes the status line away

private:
    void show();
    void clear();

    const std::size_t m_nodes;
    const bool m_terminal;
    std::mutex m_mutex;
    std::size_t m_over = 0;
    std::size_t m_troubled = 0;
    bool m_paused = false;
    bool m_shown = false;
    std::chrono::steady_clock::time_point m_next;
};

/// Asks the person at the terminal; without a terminal every unknown key is refused, or saved if that was asked for.
class TerminalQuestions : public campaign::Questions
{
public:
    /// While a question is open, @p beside says nothing.
    explicit TerminalQuestions(bool acceptNew, Speaker *beside = nullptr) : m_acceptNew(acceptNew), m_beside(beside) {}
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion &question) override;
    /// On the controlling terminal, unseen where that is wanted. Nothing without one, or for an empty line.
    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion &question) override;
    /// Every question from now on, and the one being asked, is answered with Refuse.
    void refuseAll() { m_refusing = true; }
    /// Says on standard error what could not be asked for want of a terminal, and what to do about it.
    void adviseOnRefused();

private:
    campaign::HostKeyAnswer askPerson(const campaign::HostKeyQuestion &question) const;
    std::string answer() const;
    std::optional<campaign::SecretAnswer> askSecretAt(const Tty &terminal, const campaign::SecretQuestion &question) const;

    const bool m_acceptNew;
    Speaker *const m_beside;
    std::vector<domain::NodeId> m_notAsked; ///< refused without a terminal
    std::set<std::string> m_lockedKeys;     ///< whose passphrases could not be asked for
    std::vector<domain::NodeId> m_notAnswered; ///< nodes that wanted a password or more, without a terminal
    std::atomic<bool> m_refusing = false;
    std::mutex m_mutex; ///< one question at a time
};

} // namespace seatrial::cli
