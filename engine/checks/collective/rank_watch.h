// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"
#include "engine/checks/collective/rank_process.h"
#include "engine/checks/reporter.h"
#include "engine/collective/job.h"

#include <cstdint>
#include <optional>
#include <string>

namespace seatrial::engine {

/// Watches the process of one rank: passes on what it measures, and tells where it is whenever that may matter to whoever
/// decides about the group (event "group.progress").
class RankWatch
{
public:
    RankWatch(const CheckContext &context, const collective::Job &job, RankProcess &process);

    /// Until it is done, dead, given up or told to end.
    CheckResult watch();

private:
    struct Broken {
        std::string text, cause, peer;
    };
    void take(protocol::Body body);
    void look();
    /// The result, once there is one.
    std::optional<CheckResult> judge();
    CheckResult died();
    CheckResult giveUp(const std::string &why);
    void tell(protocol::Severity severity, const std::string &cause = {});
    std::string where() const;

    const CheckContext &m_context;
    const collective::Job &m_job;
    RankProcess &m_process;
    Reporter m_report;

    std::string m_state = "running"; ///< as it was last seen
    double m_uninterruptibleSince = 0;
    double m_looked = 0;
    std::uint64_t m_beats = 0;
    double m_beatSeen; ///< when it last gave a sign of life
    int m_stage = -1;
    std::uint64_t m_iteration = 0;
    double m_moved = 0; ///< when it last got on
    std::optional<Broken> m_broken;
    double m_toldTrouble = 0; ///< when it was told that it does not get on, or is broken; 0: neither
    bool m_toldBroken = false;
    bool m_done = false;
};

} // namespace seatrial::engine
