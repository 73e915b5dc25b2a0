// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "core/domain/inventory.h"
#include "remote/ssh/config_scan.h"
#include "remote/ssh/ssh_settings.h"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace seatrial::remote {

/// The user's ssh configuration, as OpenSSH itself understands it: `ssh -G` is asked, because a reading of our own would
/// differ somewhere. Asking costs about 5 ms, so hosts that must resolve alike (ConfigScan) share one answer.
class SshConfig
{
public:
    /// @p file: instead of the user's and the system's files, as ssh's own -F.
    explicit SshConfig(std::optional<std::filesystem::path> file = std::nullopt);

    /// How to reach @p node: what its inventory says, completed by the configuration.
    domain::Result<SshSettings> settings(const domain::Node &node, const std::atomic<bool> &cancelled);

    /// How often ssh was asked so far.
    int questions() const { return m_questions; }

    /// Reads the answer of `ssh -G` about @p host. @p shared: it was asked about another host that resolves alike.
    static domain::Result<SshSettings> parse(const std::string &dump, const domain::Node &node, bool shared);

private:
    domain::Result<std::string> ask(const domain::Node &node, const std::atomic<bool> &cancelled);
    domain::Result<std::pair<std::string, bool>> dumpFor(const domain::Node &node, const std::atomic<bool> &cancelled);
    const ConfigScan &scan();

    std::optional<std::filesystem::path> m_file;
    std::timed_mutex m_mutex;
    std::optional<ConfigScan> m_scan;
    std::chrono::steady_clock::time_point m_scanned;
    std::map<std::string, std::string> m_answers; ///< likeness -> dump
    std::atomic<int> m_questions{0};
};

} // namespace seatrial::remote
