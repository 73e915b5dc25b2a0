// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/reporter.h"
#include "engine/device/management.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace seatrial::engine {

/// Writes what GPUs tell of their health so that eight of them with eighteen links each do not become thousands of records:
/// links of which the same is true share one, counters at zero are named in one list, and so is what was not told.
class HealthReadings
{
public:
    /// @p again: all that cannot have changed was said by the step before the load.
    HealthReadings(const Reporter &reporter, bool again) : m_reporter(reporter), m_again(again) {}

    void report(int gpu, const std::vector<Reading> &readings);
    /// One event of all that was not told by any GPU, and why; another one for what this user may not see.
    void sayAbsent() const;

private:
    void one(const Reading &reading, protocol::Parameters parameters = {});
    void links(int gpu, const std::vector<Reading> &readings);

    const Reporter &m_reporter;
    const bool m_again;
    std::set<std::string> m_zero; ///< counters of the present GPU that are zero
    std::map<std::string, std::map<std::string, std::set<int>>> m_absent, m_forbidden; ///< why, metric, GPUs
};

} // namespace seatrial::engine
