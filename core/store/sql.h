// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace seatrial::store {

/// Bytes that are no text.
struct Blob {
    const std::string &bytes;
};

inline void bindValue(SQLite::Statement &statement, int index, double value)
{
    statement.bind(index, value); // SQLite keeps NaN as NULL; Row reads it back as NaN
}

inline void bindValue(SQLite::Statement &statement, int index, std::integral auto value)
{
    statement.bind(index, static_cast<std::int64_t>(value));
}

inline void bindValue(SQLite::Statement &statement, int index, const std::string &value)
{
    statement.bindNoCopy(index, value);
}

inline void bindValue(SQLite::Statement &statement, int index, Blob value)
{
    statement.bindNoCopy(index, value.bytes.data(), static_cast<int>(value.bytes.size()));
}

template<typename T>
void bindValue(SQLite::Statement &statement, int index, const std::optional<T> &value)
{
    if (value)
        bindValue(statement, index, *value);
    else
        statement.bind(index);
}

/// Makes @p statement ready with @p values as its parameters, in their order. Texts must live until it is stepped.
template<typename... Values>
void prepare(SQLite::Statement &statement, const Values &...values)
{
    statement.tryReset(); // says again what went wrong the last time, which was told already
    int index = 0;
    (bindValue(statement, ++index, values), ...);
}

/// Runs @p statement, which has no rows to give.
template<typename... Values>
void execute(SQLite::Statement &statement, const Values &...values)
{
    prepare(statement, values...);
    statement.exec();
    statement.reset();
}

/// The columns of the present row, one after the other.
class Row
{
public:
    explicit Row(SQLite::Statement &statement) : m_statement(statement) {}

    std::int64_t integer() { return m_statement.getColumn(m_next++).getInt64(); }
    std::uint64_t sequence() { return static_cast<std::uint64_t>(integer()); }
    bool boolean() { return integer() != 0; }
    std::string text() { return m_statement.getColumn(m_next++).getString(); }

    double real()
    {
        const SQLite::Column column = m_statement.getColumn(m_next++);
        return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
    }

    std::optional<double> optionalReal()
    {
        const double value = real();
        return std::isnan(value) ? std::nullopt : std::optional(value);
    }

    std::optional<std::int64_t> optionalInteger()
    {
        const SQLite::Column column = m_statement.getColumn(m_next++);
        return column.isNull() ? std::nullopt : std::optional(column.getInt64());
    }

private:
    SQLite::Statement &m_statement;
    int m_next = 0;
};

} // namespace seatrial::store
