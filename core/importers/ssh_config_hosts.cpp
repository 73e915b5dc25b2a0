// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/importers/ssh_config_hosts.h"

#include "core/domain/names.h"
#include "core/domain/yaml_reader.h"
#include "core/protocol/text.h"

#include <glob.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace seatrial::importers {

using namespace domain;

namespace {

constexpr int kMaxDepth = 16; ///< of included files, as ssh
constexpr std::size_t kMaxFiles = 1000;

/// A line of an ssh configuration: keyword in small letters, and its arguments without quotes.
struct Line {
    std::string keyword;
    std::vector<std::string> arguments;
};

Line lineOf(std::string_view text)
{
    std::vector<std::string> words;
    bool inWord = false;
    bool quoted = false;
    for (const char character : text) {
        const bool blank = character == ' ' || character == '\t' || character == '\r' || character == '\f'
            || (character == '=' && words.size() <= 1 && !quoted);
        if (character == '"') {
            quoted = !quoted;
            if (quoted && !inWord)
                words.emplace_back();
            inWord = true;
        } else if (blank && !quoted) {
            inWord = false;
        } else if (character == '#' && !quoted && !inWord) {
            break;
        } else {
            if (!inWord)
                words.emplace_back();
            inWord = true;
            words.back() += character;
        }
    }
    Line line;
    if (words.empty())
        return line;
    line.keyword = words.front();
    std::ranges::transform(line.keyword, line.keyword.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    line.arguments.assign(words.begin() + 1, words.end());
    return line;
}

template<typename Take>
void forEachLine(const std::string &text, Take take)
{
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t to = std::min(text.find('\n', from), text.size());
        if (!take(lineOf(std::string_view(text).substr(from, to - from))))
            return;
        from = to + 1;
    }
}

class ConfigReader
{
public:
    explicit ConfigReader(const std::filesystem::path &source)
    {
        std::error_code error;
        m_source = std::filesystem::absolute(source, error).lexically_normal();
        const char *const home = std::getenv("HOME");
        m_home = home ? home : "/";
    }

    Result<OpenedFleet> read(const std::string &text)
    {
        readText(text, 0);
        if (m_fleet.nodes.empty())
            return std::unexpected(Failure{.stage = Stage::Input,
                                           .kind = FailureKind::Invalid,
                                           .what = m_source.string() + ": no Host of this ssh configuration names a host without wildcards",
                                           .attempted = "reading it as an ssh configuration",
                                           .advice = "Add a Host line for each node, or list the nodes in a file of their own"});
        m_fleet.source = m_source;
        m_fleet.name = m_source.filename().string();
        return OpenedFleet{std::move(m_fleet), notes()};
    }

private:
    void readText(const std::string &text, int depth)
    {
        forEachLine(text, [&](const Line &line) {
            if (line.keyword == "host")
                readHosts(line.arguments);
            else if (line.keyword == "include")
                include(line.arguments, depth);
            else if (line.keyword == "match")
                m_executes |= std::ranges::any_of(line.arguments, [](const std::string &word) { return word == "exec" || word == "!exec"; });
            return m_fleet.nodes.size() < kMaxExpandedHosts;
        });
    }

    /// Negated patterns take something away from wildcards, and name nobody.
    void readHosts(const std::vector<std::string> &patterns)
    {
        for (const std::string &pattern : patterns) {
            if (pattern.starts_with('!'))
                continue;
            if (pattern.find_first_of("*?") != std::string::npos)
                ++m_patterns;
            else if (!isNodeName(pattern))
                m_unusable.insert(protocol::excerptOf(pattern));
            else if (m_names.insert(pattern).second)
                m_fleet.nodes.push_back({.id = NodeId(pattern), .address = pattern, .rack = {}, .ssh = access()});
        }
    }

    SshAccess access() const
    {
        // The user's own file is what ssh reads anyway, together with the system's.
        SshAccess ssh;
        if (m_source != m_home / ".ssh/config")
            ssh.config = m_source;
        return ssh;
    }

    /// As ssh: relative to ~/.ssh, or to /etc/ssh for the system's files.
    void include(const std::vector<std::string> &patterns, int depth)
    {
        for (const std::string &pattern : patterns) {
            std::filesystem::path path = pattern;
            if (pattern.starts_with("~/"))
                path = m_home / pattern.substr(2);
            else if (path.is_relative())
                path = (m_source.string().starts_with("/etc/ssh/") ? "/etc/ssh" : m_home / ".ssh") / path;
            glob_t found{};
            if (glob(path.c_str(), 0, nullptr, &found) == 0) {
                for (std::size_t i = 0; i < found.gl_pathc; ++i)
                    includeFile(found.gl_pathv[i], depth + 1);
            }
            globfree(&found);
        }
    }

    void includeFile(const std::filesystem::path &file, int depth)
    {
        if (depth > kMaxDepth || ++m_files > kMaxFiles) {
            m_tooDeep = true;
            return;
        }
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error)) // a pipe would be waited for
            m_unread.insert(file.string() + ": it is no file");
        else if (const auto text = YamlReader::readFile(file, "ssh configuration"))
            readText(*text, depth);
        else
            m_unread.insert(text.error().what);
    }

    std::vector<std::string> notes() const
    {
        std::vector<std::string> notes;
        const auto listed = [](const std::set<std::string> &items) {
            std::string text;
            std::size_t shown = 0;
            for (const std::string &item : items) {
                if (++shown > 5)
                    return text + ", …";
                text += (text.empty() ? "" : ", ") + item;
            }
            return text;
        };
        if (m_patterns > 0)
            notes.push_back(std::to_string(m_patterns) + " Host patterns with wildcards name no single node and were passed over.");
        if (!m_unusable.empty())
            notes.push_back("These hosts cannot be names of nodes and were passed over: " + listed(m_unusable) + ".");
        if (!m_unread.empty())
            notes.push_back("Included files that could not be read: " + listed(m_unread) + ".");
        if (m_tooDeep)
            notes.push_back("Files were included deeper than " + std::to_string(kMaxDepth) + " levels or more than " + std::to_string(kMaxFiles)
                            + " times; the rest was not read.");
        if (m_executes)
            notes.push_back("This configuration has \"Match exec\": ssh runs the command written there whenever it is asked about a host.");
        return notes;
    }

    static constexpr std::size_t kMaxExpandedHosts = 100'000;

    std::filesystem::path m_source;
    std::filesystem::path m_home;
    Fleet m_fleet;
    std::set<std::string, std::less<>> m_names;
    std::set<std::string> m_unusable;
    std::set<std::string> m_unread;
    std::size_t m_patterns = 0;
    std::size_t m_files = 0;
    bool m_tooDeep = false;
    bool m_executes = false;
};

} // namespace

bool isSshConfig(const std::string &text)
{
    bool found = false;
    forEachLine(text, [&](const Line &line) {
        found = (line.keyword == "host" || line.keyword == "match" || line.keyword == "include") && !line.arguments.empty();
        return !found;
    });
    return found;
}

Result<OpenedFleet> parseSshConfigHosts(const std::string &text, const std::filesystem::path &source)
{
    return ConfigReader(source).read(text);
}

} // namespace seatrial::importers
