// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

namespace seatrial::engine {

struct StagePage;

/// What work in a child process has of its parent: where to say what was found, how far it is, and when its turn comes.
class ChildSide
{
public:
    ChildSide(Emitter &out, StagePage &page, int turn) : m_out(out), m_page(page), m_turn(turn) {}

    Emitter &out() { return m_out; }
    /// What is being done from now on, in words that follow "during": "the warm-up of triad". Costs no system call.
    void stage(const std::string &name);
    /// The present stage goes on: its repetition @p number begins. Whoever says nothing for long is taken to hang.
    void repetition(std::uint64_t number);
    /// Everything is made ready; waits until the parent says go. False if the parent is gone or it was told to stop.
    bool waitForTurn(const std::atomic<bool> *stop);

private:
    Emitter &m_out;
    StagePage &m_page;
    int m_turn;
};

/// A process of its own for work that may die or hang: made by fork() before anything of a driver is open, with nothing
/// of ours open but its own pipes and plain files, and gone with us.
class Child
{
public:
    using Work = std::function<CheckResult(ChildSide &)>;
    using Take = std::function<void(protocol::Body)>;

    /// nullptr with the reason in @p error if no process could be made. It does not keep @p lock (-1: none), which is ours alone.
    static std::unique_ptr<Child> start(Work work, int lock, std::string &error);
    ~Child();
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;

    pid_t pid() const { return m_pid; }
    int recordsFd() const { return m_records; }
    /// Hands what it has said to @p take, whole and in order, and looks whether it has ended.
    void look(const Take &take);
    bool isReady() const { return m_ready; }
    bool hasTurn() const { return m_hasTurn; }
    void giveTurn();

    /// "repetition 12 of triad": the last that it was known to do.
    std::string stage() const;
    /// Changes whenever it gets on.
    std::uint64_t progress() const;

    bool isOver() const { return m_over; }
    /// What it said at its end; nothing if it died before.
    const std::optional<CheckResult> &result() const { return m_result; }
    /// "it was ended by SIGSEGV", "it ended with exit status 1": how the process ended, and what it last said.
    std::string ending() const;
    void signal(int number);
    /// Does not die: it is left behind. Where the kernel holds it, for a report.
    std::string leaveBehind();

private:
    Child() = default;
    void take(const std::string &line, const Take &take);
    void readRecords(const Take &take);

    struct Incoming;
    pid_t m_pid = -1;
    int m_records = -1;
    int m_turn = -1;
    StagePage *m_page = nullptr;
    std::unique_ptr<Incoming> m_incoming;
    std::optional<CheckResult> m_result;
    bool m_ready = false;
    bool m_hasTurn = false;
    bool m_over = false;
    int m_waitStatus = 0;
};

} // namespace seatrial::engine
