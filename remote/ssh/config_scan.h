// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::remote {

/// Which hosts an ssh configuration must treat alike. Not what it says: only its Host, Match, HostName and Include lines
/// are looked at.
///
/// The rule: two hosts resolve alike, but for their own name, if the same Host lines match both and none of the blocks
/// that match sets HostName. Where a Match (other than "Match all") or CanonicalizeHostname occurs, or anything that is
/// not understood for sure, no host is like another.
class ConfigScan
{
public:
    /// The user's and the system's files; or @p only.
    static ConfigScan read(const std::filesystem::path &home, const std::optional<std::filesystem::path> &only);

    /// Equal for hosts that resolve alike; nothing if only ssh can tell.
    std::optional<std::string> likeness(const std::string &host) const;
    /// Whether there is any configuration file.
    bool anyFile() const { return m_anyFile; }

    /// ssh's patterns: '*' and '?'.
    static bool matches(std::string_view pattern, std::string_view text);

private:
    struct Block {
        std::vector<std::string> patterns;
        bool setsHostName = false;
    };
    void readFile(const std::filesystem::path &file, const std::filesystem::path &home,
                  const std::filesystem::path &folder, int depth);
    void readLine(std::string_view line, const std::filesystem::path &home, const std::filesystem::path &folder,
                  int depth);
    void include(const std::vector<std::string> &patterns, const std::filesystem::path &home,
                 const std::filesystem::path &folder, int depth);
    bool applies(const Block &block, const std::string &host) const;

    std::vector<Block> m_blocks{{{"*"}, false}}; ///< the first is what stands before any Host line
    bool m_undecidable = false;
    bool m_anyFile = false;
};

} // namespace seatrial::remote
