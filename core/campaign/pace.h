// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/schedule.h"
#include "core/campaign/snapshot.h"
#include "core/domain/plan.h"

#include <map>
#include <vector>

namespace seatrial::campaign {

/// How long a plan takes on these nodes, and how long what is left of it will take: steps last as long as those of
/// the same name that have ended, or as the plan expects while none has. Nodes work side by side, nodes that share
/// a resource one after another.
class Pace
{
public:
    Pace(const domain::Plan &plan, const domain::Fleet &fleet);

    void ended(int step, double seconds);
    double stepSeconds(int step) const;
    TimeLeft left(const std::vector<Task> &tasks) const;

    /// Seconds for the whole plan on @p nodes, before anything was measured.
    static double estimate(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes);

private:
    class Sum;

    const domain::Plan m_plan;
    std::map<domain::NodeId, std::vector<std::string>> m_resources;
    std::map<int, std::vector<double>> m_seconds;
};

} // namespace seatrial::campaign
