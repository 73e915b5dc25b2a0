// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace seatrial::engine {

/// What was read, and by which way: "direct", "journal", "group" or "sudo".
struct PrivilegedText {
    std::string content;
    std::string by;
};

/// Reads what not everybody may: first as we are, then, where the inventory allows it, through `sudo -n` of the engine's
/// read-only helper. sudo is asked at most once, and never for a word.
class PrivilegedReads
{
public:
    /// @p sudo: the inventory allows it for this node. @p helperRoot: what the helper reads; a recorded tree is nothing
    /// that it could help with.
    PrivilegedReads(std::filesystem::path sysroot, bool sudo, const std::filesystem::path &helperRoot = "/")
        : m_sysroot(std::move(sysroot)), m_sudo(sudo), m_recorded(m_sysroot != helperRoot)
    {
    }

    /// A file below the root ("sys/firmware/dmi/tables/DMI"); nothing if it is not there, or not for us (then refused() says so).
    std::optional<PrivilegedText> read(const std::string &file, std::size_t most = 4096);
    /// One line of it; placeholders of the makers of boards count as nothing.
    std::optional<PrivilegedText> field(const std::string &file);
    /// What sudo's helper says of a file that cannot be read by ourselves for another reason than its mode.
    std::optional<PrivilegedText> bySudo(const std::string &file);

    /// Whether @p file is there, but may be read neither by us nor through sudo.
    bool refused(const std::string &file) const { return m_refused.contains(file); }
    /// Why not, and what was tried: "Permission denied; sudo: a password is required".
    std::string whyNot(const std::string &file) const;
    /// Why sudo did not help; empty if it was not asked, or did.
    const std::string &sudoRefusal() const { return m_sudoRefusal; }
    /// What would allow it, a sentence.
    std::string remedy() const;

    const std::filesystem::path &sysroot() const { return m_sysroot; }

private:
    void askSudo();
    void take(std::string_view answer);

    const std::filesystem::path m_sysroot;
    const bool m_sudo;
    const bool m_recorded;
    bool m_asked = false;
    std::string m_sudoRefusal; ///< "a password is required"
    std::map<std::string, std::string> m_files;   ///< that the helper read
    std::map<std::string, std::string> m_refused; ///< file to what the operating system said
};

} // namespace seatrial::engine
