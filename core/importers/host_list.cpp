// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/importers/host_list.h"

#include "core/domain/names.h"
#include "core/domain/node_set.h"
#include "core/protocol/text.h"

#include <charconv>
#include <set>

namespace seatrial::importers {

using namespace domain;

namespace {

/// One word of the list: "ops@n[01-16]:2222".
struct Entry {
    std::string hosts;
    SshAccess ssh;
};

class HostListReader
{
public:
    explicit HostListReader(const std::filesystem::path &source) : m_named(source.string())
    {
        std::error_code error;
        m_opened.fleet.source = std::filesystem::absolute(source, error).lexically_normal();
        m_opened.fleet.name = m_opened.fleet.source.stem().string();
    }

    Result<OpenedFleet> read(const std::string &text)
    {
        for (std::size_t from = 0; from < text.size() && !m_failure; ++m_line) {
            const std::size_t to = std::min(text.find('\n', from), text.size());
            readLine(std::string_view(text).substr(from, to - from));
            from = to + 1;
        }
        m_line = 1;
        if (!m_failure && m_opened.fleet.nodes.empty())
            fail(1, "the list has no hosts", "expected a host or a node set like n[01-16] a line");
        if (m_failure)
            return std::unexpected(*m_failure);
        if (m_repeated > 0)
            m_opened.notes.push_back(std::to_string(m_repeated) + " repeated hosts were taken once.");
        return std::move(m_opened);
    }

private:
    void readLine(std::string_view line)
    {
        line = line.substr(0, line.find('#'));
        const auto blank = [](char character) { return character == ' ' || character == '\t' || character == '\r'; };
        for (std::size_t at = 0; at < line.size() && !m_failure;) {
            if (blank(line[at])) {
                ++at;
                continue;
            }
            std::size_t end = at;
            while (end < line.size() && !blank(line[end]))
                ++end;
            readWord(line.substr(at, end - at), at + 1);
            at = end;
        }
    }

    void readWord(std::string_view word, std::size_t column)
    {
        if (word.starts_with("slots=") || word.starts_with("max_slots=") || word.starts_with("max-slots="))
            return;
        if (word.contains('='))
            return fail(column, "found \"" + protocol::excerptOf(word) + "\"",
                        "expected only hosts; what else is known of nodes goes into an inventory (docs/inventory.md)");
        const auto entry = entryOf(word, column);
        if (!entry)
            return;
        const auto names = expandNodeSet(entry->hosts);
        if (!names)
            return fail(column, "\"" + protocol::excerptOf(word) + "\", " + names.error().what, {});
        for (const std::string &name : *names)
            addNode(name, entry->ssh, column);
    }

    std::optional<Entry> entryOf(std::string_view word, std::size_t column)
    {
        Entry entry;
        if (const auto at = word.find('@'); at != std::string_view::npos) {
            entry.ssh.user = word.substr(0, at);
            word.remove_prefix(at + 1);
            if (!isSafeArgument(entry.ssh.user)) {
                fail(column, "found \"" + protocol::excerptOf(entry.ssh.user) + "\" as user", "expected the name of an account");
                return std::nullopt;
            }
        }
        if (const auto colon = word.rfind(':'); colon != std::string_view::npos) {
            const std::string_view digits = word.substr(colon + 1);
            std::uint16_t port = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
            if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
                fail(column, "found \"" + protocol::excerptOf(digits) + "\" as port", "expected a number from 1 to 65535");
                return std::nullopt;
            }
            entry.ssh.port = port;
            word = word.substr(0, colon);
        }
        entry.hosts = word;
        return entry;
    }

    void addNode(const std::string &name, const SshAccess &ssh, std::size_t column)
    {
        if (m_failure)
            return;
        if (!isNodeName(name))
            return fail(column, "found \"" + protocol::excerptOf(name) + "\" as a host",
                        "expected at most 64 letters, digits, '.', '_' or '-', beginning with a letter or a digit");
        if (!m_names.insert(name).second) {
            ++m_repeated;
            return;
        }
        if (m_names.size() > kMaxExpandedNodes)
            return fail(column, "the list has more than " + std::to_string(kMaxExpandedNodes) + " hosts", "expected fewer");
        m_opened.fleet.nodes.push_back({.id = NodeId(name), .address = name, .rack = {}, .ssh = ssh});
    }

    void fail(std::size_t column, const std::string &what, const std::string &expected)
    {
        if (m_failure)
            return;
        m_failure = Failure{.stage = Stage::Input,
                            .kind = FailureKind::Invalid,
                            .what = m_opened.fleet.source.filename().string() + ":" + std::to_string(m_line) + ":"
                                  + std::to_string(column) + ": " + what + (expected.empty() ? "" : ", " + expected),
                            .attempted = "reading " + m_named + " as a list of hosts",
                            .advice = "Correct the list, or give an inventory (docs/inventory.md)"};
    }

    const std::string m_named; ///< as the person named it
    OpenedFleet m_opened;
    std::set<std::string, std::less<>> m_names;
    std::optional<Failure> m_failure;
    std::size_t m_line = 1;
    std::size_t m_repeated = 0;
};

} // namespace

Result<OpenedFleet> parseHostList(const std::string &text, const std::filesystem::path &source)
{
    return HostListReader(source).read(text);
}

} // namespace seatrial::importers
