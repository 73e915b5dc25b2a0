// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/yaml_reader.h"

#include "core/protocol/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace seatrial::domain {

namespace {

constexpr std::size_t kMaxTextBytes = 4096;

const YamlTree kEmptyMap{.kind = YamlTree::Kind::Map, .text = {}, .keys = {}, .items = {}};

std::string plainNumber(double number)
{
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
    return error == std::errc{} ? std::string(buffer, end) : std::string("?");
}

/// How long a pipe may say nothing. Who makes an inventory by a program may take a while; a pipe without one says nothing ever.
constexpr int kPipePatienceMilliseconds = 5000;

/// Up to @p most bytes of a pipe; nothing if it was silent for too long.
std::optional<std::string> readPipe(const std::filesystem::path &file, std::size_t most)
{
    const int pipe = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); // opening one that nobody writes to would wait
    std::string text;
    char buffer[65536];
    bool silent = pipe < 0;
    while (!silent && text.size() < most) {
        pollfd waiting{pipe, POLLIN, 0};
        silent = ::poll(&waiting, 1, kPipePatienceMilliseconds) <= 0;
        const ssize_t got = silent ? -1 : ::read(pipe, buffer, std::min(sizeof buffer, most - text.size()));
        if (got == 0)
            break;
        if (got > 0)
            text.append(buffer, static_cast<std::size_t>(got));
    }
    if (pipe >= 0)
        ::close(pipe);
    return silent ? std::nullopt : std::optional(std::move(text));
}

/// A text of the file as it may be shown: short, and without anything that moves a cursor.
std::string shown(const std::string &text)
{
    if (!protocol::isPrintable(text))
        return "a text that cannot be printed";
    return "\"" + protocol::clipped(text, 80) + "\"";
}

std::string found(const YamlTree &tree)
{
    switch (tree.kind) {
    case YamlTree::Kind::Null:
        return "nothing";
    case YamlTree::Kind::List:
        return "a list";
    case YamlTree::Kind::Map:
        return "a map";
    case YamlTree::Kind::Text:
        break;
    }
    return shown(tree.text);
}

/// Lines of a folded text become one; the reader's texts are single lines.
std::string joined(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    while (text.ends_with(' '))
        text.pop_back();
    return text;
}

std::string listed(const std::vector<std::string_view> &words)
{
    std::string text;
    for (const std::string_view word : words)
        text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

std::size_t editDistance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

} // namespace

std::optional<std::string> nearestWord(std::string_view word, const std::vector<std::string_view> &choices)
{
    constexpr std::size_t kLongestWord = 64;
    if (word.size() > kLongestWord)
        return std::nullopt;
    std::optional<std::string> best;
    std::size_t bestDistance = std::max<std::size_t>(1, (word.size() + 1) / 3) + 1;
    for (const std::string_view choice : choices) {
        const std::size_t distance = editDistance(word, choice);
        if (distance < bestDistance) {
            bestDistance = distance;
            best = choice;
        }
    }
    return best;
}

YamlReader::YamlReader(std::filesystem::path source, std::string subject)
    : m_source(std::move(source)), m_subject(std::move(subject))
{
}

Result<std::string> YamlReader::readFile(const std::filesystem::path &file, const std::string &subject)
{
    const auto refused = [&](FailureKind kind, const std::string &why, std::string advice) {
        return std::unexpected(Failure{.stage = Stage::Input,
                                       .kind = kind,
                                       .what = file.string() + ": " + why,
                                       .attempted = "reading the " + subject,
                                       .advice = std::move(advice)});
    };
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!std::filesystem::exists(status))
        return refused(FailureKind::NotFound, "there is no such file", "check the path");
    if (std::filesystem::is_directory(status))
        return refused(FailureKind::Invalid, "this is a folder, expected a file", "name the file in it");
    if (std::filesystem::is_fifo(status)) {
        auto text = readPipe(file, kMaxYamlBytes + 1);
        if (!text)
            return refused(FailureKind::Timeout, "this is a pipe, and nothing came out of it for " + std::to_string(kPipePatienceMilliseconds / 1000) + " s", "name a file, or start what writes to the pipe first");
        return std::move(*text);
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return refused(FailureKind::Refused, std::string("it cannot be opened: ") + std::strerror(errno), "check its permissions");

    // One byte more than allowed is read, so that what is too large is seen without being loaded.
    std::string text(kMaxYamlBytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad())
        return refused(FailureKind::Broken, "reading it failed", "check the disk it lies on");
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

const YamlTree &YamlReader::parse(const std::string &yaml)
{
    auto tree = parseYaml(yaml);
    if (tree) {
        m_root = std::move(*tree);
        return m_root;
    }
    YamlTree at;
    at.line = tree.error().line;
    at.column = tree.error().column;
    fail(at, tree.error().what);
    return kEmptyMap;
}

void YamlReader::fail(const YamlTree &at, std::string what, std::string advice)
{
    if (!protocol::isPrintable(what)) // words of the file are in it, and they may be anything
        what = protocol::excerptOf(what);
    if (m_failure)
        return;
    m_failure = Failure{.stage = Stage::Input,
                        .kind = FailureKind::Invalid,
                        .what = m_source.string() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + what,
                        .attempted = "reading the " + m_subject,
                        .advice = advice.empty() ? "correct the " + m_subject + " there" : std::move(advice)};
}

YamlMap::YamlMap(YamlReader &reader, const YamlTree &tree, std::string what, std::initializer_list<std::string_view> keys)
    : m_reader(reader), m_tree(tree.kind == YamlTree::Kind::Map ? tree : kEmptyMap), m_what(std::move(what))
{
    if (tree.kind != YamlTree::Kind::Map) {
        const std::vector<std::string_view> known(keys);
        m_reader.fail(tree, "found " + found(tree) + ", expected " + m_what + ": a map with " + listed(known));
        return;
    }
    refuseUnknownKeys(keys);
}

void YamlMap::refuseUnknownKeys(std::initializer_list<std::string_view> keys)
{
    const std::vector<std::string_view> known(keys);
    for (const YamlTree &key : m_tree.keys) {
        if (std::ranges::find(known, key.text) != known.end())
            continue;
        const auto meant = nearestWord(key.text, known);
        m_reader.fail(key, m_what + " has no key " + shown(key.text) + ", expected one of: " + listed(known),
                      meant ? "did you mean \"" + *meant + "\"?" : std::string());
    }
}

const YamlTree *YamlMap::find(std::string_view key) const
{
    for (std::size_t index = 0; index < m_tree.keys.size(); ++index) {
        if (m_tree.keys[index].text == key)
            return m_tree.items[index].kind == YamlTree::Kind::Null ? nullptr : &m_tree.items[index];
    }
    return nullptr;
}

const YamlTree *YamlMap::require(std::string_view key)
{
    const YamlTree *const tree = find(key);
    if (!tree)
        m_reader.fail(m_tree, m_what + " has no \"" + std::string(key) + "\", expected one");
    return tree;
}

const YamlTree &YamlMap::place(std::string_view key) const
{
    const YamlTree *const tree = find(key);
    return tree ? *tree : m_tree;
}

std::string YamlMap::text(std::string_view key)
{
    const YamlTree *const tree = require(key);
    if (!tree)
        return {};
    std::string text = joined(tree->text);
    if (tree->kind != YamlTree::Kind::Text || text.empty())
        fail(key, "found " + found(*tree) + " as " + std::string(key) + ", expected a text");
    else if (text.size() > kMaxTextBytes)
        fail(key, std::string(key) + " is longer than 4096 bytes");
    else if (!protocol::isPrintable(text))
        fail(key, std::string(key) + " has a character that cannot be printed, expected a text without control characters");
    return text;
}

std::string YamlMap::text(std::string_view key, std::string otherwise)
{
    return has(key) ? text(key) : otherwise;
}

double YamlMap::number(std::string_view key, double lowest, double highest, std::optional<double> otherwise)
{
    if (otherwise && !has(key))
        return *otherwise;
    const YamlTree *const tree = require(key);
    if (!tree)
        return lowest;
    double number = 0;
    const char *const end = tree->text.data() + tree->text.size();
    const auto [stopped, error] = std::from_chars(tree->text.data(), end, number);
    const bool isNumber = tree->kind == YamlTree::Kind::Text && error == std::errc{} && stopped == end;
    if (isNumber && number >= lowest && number <= highest)
        return number;
    fail(key, "found " + found(*tree) + " as " + std::string(key) + ", expected a number from " + plainNumber(lowest) + " to "
                  + plainNumber(highest));
    return lowest;
}

std::optional<double> YamlMap::optionalNumber(std::string_view key, double lowest, double highest)
{
    if (!has(key))
        return std::nullopt;
    return number(key, lowest, highest);
}

int YamlMap::integer(std::string_view key, int lowest, int highest, std::optional<int> otherwise)
{
    const auto fallback = otherwise ? std::optional<double>(*otherwise) : std::nullopt;
    const double value = number(key, lowest, highest, fallback);
    if (value != std::floor(value))
        fail(key, "found \"" + plainNumber(value) + "\" as " + std::string(key) + ", expected a whole number");
    return static_cast<int>(value);
}

bool YamlMap::boolean(std::string_view key, bool otherwise)
{
    const YamlTree *const tree = find(key);
    if (!tree)
        return otherwise;
    if (tree->text != "true" && tree->text != "false")
        fail(key, "found " + found(*tree) + " as " + std::string(key) + ", expected true or false");
    return tree->text == "true";
}

const std::vector<YamlTree> &YamlMap::list(std::string_view key)
{
    const YamlTree *const tree = find(key);
    if (!tree)
        return kEmptyMap.items;
    if (tree->kind != YamlTree::Kind::List) {
        fail(key, "found " + found(*tree) + " as " + std::string(key) + ", expected a list");
        return kEmptyMap.items;
    }
    return tree->items;
}

const YamlTree &YamlMap::map(std::string_view key)
{
    const YamlTree *const tree = find(key);
    return tree ? *tree : kEmptyMap;
}

std::map<std::string, std::string> YamlMap::texts(std::string_view key)
{
    std::map<std::string, std::string> texts;
    const YamlTree &tree = map(key);
    if (tree.kind != YamlTree::Kind::Map) {
        fail(key, "found " + found(tree) + " as " + std::string(key) + ", expected a map of names to values");
        return texts;
    }
    for (std::size_t index = 0; index < tree.keys.size(); ++index) {
        const YamlTree &value = tree.items[index];
        const std::string text = joined(value.text);
        if (value.kind != YamlTree::Kind::Text || text.size() > kMaxTextBytes || !protocol::isPrintable(text))
            m_reader.fail(value, "found " + found(value) + " as " + tree.keys[index].text + ", expected a number or a text");
        texts.emplace(tree.keys[index].text, text);
    }
    return texts;
}

void YamlMap::requireVersion()
{
    const YamlTree *const tree = require("version");
    if (tree && tree->text != "1")
        fail("version", "found version " + found(*tree) + ", expected 1",
             "read it with a newer Seatrial, or write it for version 1");
}

void YamlMap::fail(std::string_view key, std::string what, std::string advice)
{
    m_reader.fail(place(key), std::move(what), std::move(advice));
}

} // namespace seatrial::domain
