// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace seatrial::remote {

/// Host keys that a person accepted for this run: not asked again when a connection is made anew, perhaps at night. From
/// any thread.
class TrustedKeys
{
public:
    /// @p host: as SshSettings::knownAs() says it.
    bool has(const std::string &host, const std::string &fingerprint) const
    {
        const std::lock_guard lock(m_mutex);
        return m_keys.contains({host, fingerprint});
    }
    void add(const std::string &host, const std::string &fingerprint)
    {
        const std::lock_guard lock(m_mutex);
        m_keys.emplace(host, fingerprint);
    }

private:
    mutable std::mutex m_mutex;
    std::set<std::pair<std::string, std::string>> m_keys;
};

} // namespace seatrial::remote
