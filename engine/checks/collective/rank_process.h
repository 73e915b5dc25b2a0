// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/control.h"
#include "core/protocol/record.h"
#include "engine/collective/rank_page.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>

namespace seatrial::engine {

/// The process of one rank, as whoever started it sees it. It ends when this goes.
class RankProcess
{
public:
    using Take = std::function<void(protocol::Body)>;

    /// nullptr with why not in @p error; in @p forbidden whether the system does not allow to run @p program there.
    static std::unique_ptr<RankProcess> start(const std::filesystem::path &program, const protocol::StartStep &order, std::string &error,
                                              bool &forbidden);
    ~RankProcess();

    pid_t pid() const { return m_pid; }
    /// Waits up to @p seconds for records, and hands over what has come; what is no record is left out.
    void listen(double seconds, const Take &take);

    int stage() const { return collective::RankPage::stageOf(m_page->place); }
    std::uint64_t iteration() const { return collective::RankPage::iterationOf(m_page->place); }
    std::uint64_t beats() const { return m_page->beats; }

    /// Has it ended? Then ending() says how.
    bool ended();
    std::string ending() const; ///< "dead by SIGKILL", "ended with exit status 127: …"
    /// "running", or what the kernel says against it: "stopped (T)", "in uninterruptible wait (D) at nfs_wait".
    std::string state() const;

    /// Kills it and waits until it is gone. Where the kernel does not let it go: says so, and where it hangs.
    std::string kill();

private:
    RankProcess() = default;
    void hear(int &fd, const Take &take);
    void takeLine(const std::string &line, const Take &take);

    struct Incoming;
    std::unique_ptr<Incoming> m_incoming;
    collective::RankPage *m_page = nullptr;
    pid_t m_pid = -1;
    int m_order = -1;   ///< the process ends when this is closed
    int m_records = -1;
    int m_said = -1;    ///< what its libraries write by themselves
    std::string m_words; ///< the last of that
    bool m_ended = false;
    int m_waitStatus = 0;
};

} // namespace seatrial::engine
