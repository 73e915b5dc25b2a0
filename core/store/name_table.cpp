// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/name_table.h"

#include "core/store/database.h"
#include "core/store/phrase.h"


namespace seatrial::store {

namespace {
constexpr std::size_t kMostRemembered = 200'000; // a node that invents names must not fill the memory
}

NameWriter::NameWriter(SQLite::Database &database)
    : m_find(database, "SELECT id FROM names WHERE text = ?"), m_insert(database, "INSERT INTO names (text) VALUES (?) RETURNING id")
{
}

std::int64_t NameWriter::id(std::string_view text)
{
    if (const auto known = m_ids.find(text); known != m_ids.end())
        return known->second;
    if (m_ids.size() >= kMostRemembered)
        m_ids.clear();

    const std::string name(text);
    prepare(m_find, name);
    SQLite::Statement *found = &m_find;
    if (!m_find.executeStep()) {
        found = &m_insert;
        prepare(m_insert, name);
        m_insert.executeStep();
    }
    const std::int64_t id = found->getColumn(0).getInt64();
    m_find.reset();
    m_insert.reset();
    m_ids.emplace(name, id);
    return id;
}

NameReader::NameReader(SQLite::Database &database) : m_find(database, "SELECT text FROM names WHERE id = ?") {}

const std::string &NameReader::text(std::int64_t id)
{
    const auto known = m_texts.find(id);
    if (known != m_texts.end())
        return known->second;
    prepare(m_find, id);
    if (!m_find.executeStep())
        throw DamagedStore(phrase("the name {} is missing", id));
    std::string text = Row(m_find).text();
    m_find.reset();
    return m_texts.emplace(id, std::move(text)).first->second;
}

} // namespace seatrial::store
