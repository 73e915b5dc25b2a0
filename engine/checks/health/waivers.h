// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/reporter.h"

#include <string>
#include <vector>

namespace seatrial::engine {

/// What this node does not have, or does not show us: each is said, so that nothing is missing in silence.
class Waivers
{
public:
    /// @p silent: all was said by the step before the load.
    Waivers(const Reporter &reporter, bool silent) : m_reporter(reporter), m_silent(silent) {}

    void notPresent(std::string what) { m_missing.push_back(std::move(what)); }

    /// "memory modules", the word for programs "dimm", why not and what was tried, what would allow it.
    void notPermitted(const std::string &what, const std::string &word, const std::string &tried, const std::string &remedy) const
    {
        if (!m_silent)
            m_reporter.event(protocol::Severity::Warning, word + ".not_permitted", "node",
                             "Not permitted: " + what + " (" + tried + "). To allow it: " + remedy + ".", {{"tried", tried}, {"remedy", remedy}});
    }

    /// All that is not present, as one event.
    void sayMissing() const
    {
        if (m_silent || m_missing.empty())
            return;
        std::string list;
        for (const auto &what : m_missing)
            list += (list.empty() ? "" : "; ") + what;
        m_reporter.event(protocol::Severity::Info, "health.not_present", "node", "Not present here: " + list + ".", {{"count", std::to_string(m_missing.size())}});
    }

private:
    const Reporter &m_reporter;
    const bool m_silent;
    std::vector<std::string> m_missing;
};

} // namespace seatrial::engine
