// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/sql.h"

#include <string>
#include <string_view>
#include <unordered_map>

namespace seatrial::store {

/// Numbers for the words that repeat in every row: checks, metrics, subjects, steps, nodes.
class NameWriter
{
public:
    explicit NameWriter(SQLite::Database &database);

    /// The number of @p text, given now if it has none. Inside of a write transaction only.
    std::int64_t id(std::string_view text);
    void forget() { m_ids.clear(); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    SQLite::Statement m_find;
    SQLite::Statement m_insert;
    std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> m_ids;
};

/// The way back.
class NameReader
{
public:
    explicit NameReader(SQLite::Database &database);

    const std::string &text(std::int64_t id);

private:
    SQLite::Statement m_find;
    std::unordered_map<std::int64_t, std::string> m_texts;
};

} // namespace seatrial::store
