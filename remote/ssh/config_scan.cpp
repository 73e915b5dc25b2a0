// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/config_scan.h"

#include "remote/text.h"

#include <glob.h>

#include <algorithm>
#include <fstream>

namespace seatrial::remote {

namespace {

constexpr int kMaxDepth = 16; // as ssh
constexpr std::uintmax_t kMaxFileBytes = 16u << 20;

std::string lowered(std::string_view text)
{
    std::string result(text);
    for (char &character : result) {
        if (character >= 'A' && character <= 'Z')
            character = static_cast<char>(character - 'A' + 'a');
    }
    return result;
}

bool hasCapitals(const std::string &text)
{
    return lowered(text) != text;
}

} // namespace

bool ConfigScan::matches(std::string_view pattern, std::string_view text)
{
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos;
    std::size_t mark = 0;
    while (in < text.size()) {
        if (at < pattern.size() && (pattern[at] == '?' || (pattern[at] == text[in] && pattern[at] != '*'))) {
            ++at;
            ++in;
        } else if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            mark = in;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in = ++mark;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*')
        ++at;
    return at == pattern.size();
}

ConfigScan ConfigScan::read(const std::filesystem::path &home, const std::optional<std::filesystem::path> &only)
{
    ConfigScan scan;
    if (only) {
        scan.readFile(*only, home, home / ".ssh", 0);
        return scan;
    }
    scan.readFile(home / ".ssh/config", home, home / ".ssh", 0);
    scan.m_blocks.push_back({{"*"}, false}); // the next file starts outside of any Host
    scan.readFile("/etc/ssh/ssh_config", home, "/etc/ssh", 0);
    return scan;
}

void ConfigScan::readFile(const std::filesystem::path &file, const std::filesystem::path &home,
                          const std::filesystem::path &folder, int depth)
{
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        return;
    m_anyFile = true;
    std::ifstream in(file);
    if (!in || depth > kMaxDepth || std::filesystem::file_size(file, error) > kMaxFileBytes) {
        m_undecidable = true;
        return;
    }
    for (std::string line; std::getline(in, line);)
        readLine(line, home, folder, depth);
}

void ConfigScan::readLine(std::string_view line, const std::filesystem::path &home, const std::filesystem::path &folder,
                          int depth)
{
    std::string text(line);
    // "Host=n01" is as good as "Host n01".
    if (const std::size_t equals = text.find('='); equals != std::string::npos && equals <= text.find_first_of("\"#"))
        text[equals] = ' ';
    auto parts = words(text);
    if (parts.empty() || parts[0].starts_with('#'))
        return;
    const std::string keyword = lowered(parts[0]);
    parts.erase(parts.begin());
    const bool plain = text.find_first_of("\"'\\#$%") == std::string::npos;

    if (keyword == "host") {
        m_blocks.push_back({parts, false});
        // ssh minds the case of patterns, but not everywhere the case of names.
        m_undecidable |= !plain || std::any_of(parts.begin(), parts.end(), hasCapitals);
    } else if (keyword == "match") {
        m_blocks.push_back({{"*"}, false});
        m_undecidable |= parts.size() != 1 || lowered(parts[0]) != "all";
    } else if (keyword == "include") {
        m_undecidable |= !plain;
        include(parts, home, folder, depth);
    } else if (keyword == "hostname") {
        m_blocks.back().setsHostName = true;
    } else if (keyword == "canonicalizehostname") {
        m_undecidable |= parts.size() != 1 || lowered(parts[0]) != "no";
    }
}

void ConfigScan::include(const std::vector<std::string> &patterns, const std::filesystem::path &home,
                         const std::filesystem::path &folder, int depth)
{
    // What follows an Include belongs again to the block around it, whatever blocks the included file opens.
    const Block around = m_blocks.back();
    for (const std::string &pattern : patterns) {
        std::filesystem::path path = pattern;
        if (pattern.starts_with("~/"))
            path = home / pattern.substr(2);
        else if (pattern.starts_with('~'))
            m_undecidable = true;
        else if (path.is_relative())
            path = folder / path;
        glob_t found{};
        if (glob(path.c_str(), 0, nullptr, &found) == 0) {
            for (std::size_t i = 0; i < found.gl_pathc; ++i) {
                m_blocks.push_back(around);
                readFile(found.gl_pathv[i], home, folder, depth + 1);
            }
        }
        globfree(&found);
    }
    m_blocks.push_back(around);
}

bool ConfigScan::applies(const Block &block, const std::string &host) const
{
    bool found = false;
    for (const std::string &pattern : block.patterns) {
        const bool negated = pattern.starts_with('!');
        if (!matches(negated ? pattern.substr(1) : pattern, host))
            continue;
        if (negated)
            return false;
        found = true;
    }
    return found;
}

std::optional<std::string> ConfigScan::likeness(const std::string &host) const
{
    if (m_undecidable || hasCapitals(host))
        return std::nullopt;
    std::string bits;
    for (const Block &block : m_blocks) {
        const bool applied = applies(block, host);
        if (applied && block.setsHostName)
            return std::nullopt;
        bits += applied ? '1' : '0';
    }
    return bits;
}

} // namespace seatrial::remote
