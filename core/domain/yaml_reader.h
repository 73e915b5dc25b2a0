// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "core/domain/yaml_tree.h"

#include <concepts>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::domain {

/// Reads a file of ours and keeps the first thing that is wrong with it as "file:line:column: …, expected …".
/// What is read after that is worthless but harmless, so a loader reads straight on and asks failure() at the end.
class YamlReader
{
public:
    /// @p subject is what is read, for the person: "inventory".
    YamlReader(std::filesystem::path source, std::string subject);

    /// The text of @p file, or a failure that says why it cannot be read.
    static Result<std::string> readFile(const std::filesystem::path &file, const std::string &subject);

    const YamlTree &parse(const std::string &yaml);
    void fail(const YamlTree &at, std::string what, std::string advice = {});
    bool ok() const { return !m_failure; }
    const std::optional<Failure> &failure() const { return m_failure; }

private:
    std::filesystem::path m_source;
    std::string m_subject;
    YamlTree m_root;
    std::optional<Failure> m_failure;
};

/// A map of a file with the keys that it may have, read with their types and bounds. A key without a value counts as
/// not being there.
class YamlMap
{
public:
    /// @p what is the map for the person: "a rack".
    YamlMap(YamlReader &reader, const YamlTree &tree, std::string what, std::initializer_list<std::string_view> keys);

    bool has(std::string_view key) const { return find(key) != nullptr; }
    /// The value under @p key, or the map itself if there is none: a place to point at.
    const YamlTree &place(std::string_view key) const;

    std::string text(std::string_view key); ///< must be there and not empty
    std::string text(std::string_view key, std::string otherwise);
    double number(std::string_view key, double lowest, double highest, std::optional<double> otherwise = std::nullopt);
    std::optional<double> optionalNumber(std::string_view key, double lowest, double highest);
    int integer(std::string_view key, int lowest, int highest, std::optional<int> otherwise = std::nullopt);
    bool boolean(std::string_view key, bool otherwise);
    const std::vector<YamlTree> &list(std::string_view key);           ///< empty if it is not there
    const YamlTree &map(std::string_view key);                         ///< an empty map if it is not there
    std::map<std::string, std::string> texts(std::string_view key);    ///< empty if it is not there

    /// The word under @p key through @p fromText; @p choices are named when it is another.
    template<typename T, std::invocable<const std::string &> FromText>
    T word(std::string_view key, FromText fromText, std::string_view choices, std::optional<T> otherwise = std::nullopt)
    {
        const std::string word = otherwise && !has(key) ? std::string() : text(key);
        if (const auto value = fromText(word))
            return *value;
        if (!otherwise || has(key))
            fail(key, "found \"" + word + "\" as " + std::string(key) + ", expected " + std::string(choices));
        return otherwise.value_or(T{});
    }

    /// Checks that the file is of version 1, the only one there is.
    void requireVersion();
    void fail(std::string_view key, std::string what, std::string advice = {});

private:
    const YamlTree *find(std::string_view key) const;
    const YamlTree *require(std::string_view key);
    void refuseUnknownKeys(std::initializer_list<std::string_view> keys);

    YamlReader &m_reader;
    const YamlTree &m_tree;
    std::string m_what;
};

/// What a person who wrote @p word may have meant, or nothing.
std::optional<std::string> nearestWord(std::string_view word, const std::vector<std::string_view> &choices);

} // namespace seatrial::domain
