// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/fields.h"

#include "core/protocol/text.h"

#include <cmath>
#include <limits>

namespace seatrial::protocol {

namespace {

std::string quoted(std::string_view key)
{
    return '"' + std::string(key.substr(0, Fields::kMaxIdBytes)) + '"';
}

} // namespace

void Fields::fail(std::string reason)
{
    if (m_reason.empty())
        m_reason = std::move(reason);
}

void Fields::fail(std::string_view key, std::string_view what)
{
    if (m_reason.empty())
        m_reason = quoted(key) + ' ' + std::string(what);
}

bool Fields::store(std::string_view key, Value value, bool isObject)
{
    for (const Field &field : m_fields) {
        if (field.inside == m_inside && field.key == key) {
            fail(key, "stands there twice");
            return false;
        }
    }
    std::size_t &count = m_inside == kTop ? m_topCount : m_objectCount;
    if (++count > kMaxFields) {
        fail("an object has more than " + std::to_string(kMaxFields) + " fields");
        return false;
    }
    m_fields.push_back({m_inside, isObject, std::string(key), std::move(value)});
    return true;
}

bool Fields::add(std::string_view key, Value value)
{
    return store(key, std::move(value), false);
}

bool Fields::beginObject(std::string_view key)
{
    if (!store(key, {}, true))
        return false;
    m_inside = static_cast<int>(m_fields.size()) - 1;
    m_objectCount = 0;
    return true;
}

Fields::Field *Fields::find(std::string_view key, int inside)
{
    for (std::size_t step = 0; step < m_fields.size(); ++step) {
        std::size_t index = m_next + step;
        if (index >= m_fields.size())
            index -= m_fields.size();
        Field &field = m_fields[index];
        if (field.inside != inside || field.key != key)
            continue;
        m_next = index + 1 == m_fields.size() ? 0 : index + 1;
        return &field;
    }
    return nullptr;
}

Fields::Field *Fields::findObject(std::string_view key)
{
    Field *field = find(key, kTop);
    if (!field || field->isObject)
        return field;
    fail(key, "is not an object");
    return nullptr;
}

std::string Fields::takeText(std::string_view key, std::size_t maximum)
{
    Field *field = find(key, kTop);
    if (!field)
        return {};
    auto *text = std::get_if<std::string>(&field->value);
    if (!text) {
        fail(key, "is not a text");
        return {};
    }
    if (text->size() > maximum)
        fail(key, "is longer than " + std::to_string(maximum) + " bytes");
    return std::move(*text);
}

std::string Fields::optionalId(std::string_view key)
{
    std::string text = takeText(key, kMaxIdBytes);
    if (!isPrintable(text))
        fail(key, "has characters that cannot be printed");
    return text;
}

std::string Fields::id(std::string_view key)
{
    std::string text = optionalId(key);
    if (text.empty())
        fail(key, "is missing or empty");
    return text;
}

std::string Fields::text(std::string_view key)
{
    std::string text = takeText(key, kMaxTextBytes);
    if (text.find('\0') != std::string::npos)
        fail(key, "has a NUL in it");
    return text;
}

double Fields::toNumber(std::string_view key, const Field *field, double lowest, double highest)
{
    double number = std::numeric_limits<double>::quiet_NaN();
    if (!field)
        fail(key, "is missing");
    else if (const auto *real = std::get_if<double>(&field->value))
        number = *real;
    else if (const auto *natural = std::get_if<std::uint64_t>(&field->value))
        number = static_cast<double>(*natural);
    else if (const auto *whole = std::get_if<std::int64_t>(&field->value))
        number = static_cast<double>(*whole);
    if (!std::isfinite(number))
        fail(key, "is not a finite number");
    else if (number < lowest || number > highest)
        fail(key, "is out of bounds");
    return number;
}

double Fields::number(std::string_view key, double lowest, double highest)
{
    return toNumber(key, find(key, kTop), lowest, highest);
}

double Fields::numberIn(std::string_view object, std::string_view key)
{
    const Field *parent = findObject(object);
    if (!parent)
        return 0;
    constexpr double kHighest = std::numeric_limits<double>::max();
    return toNumber(key, find(key, static_cast<int>(parent - m_fields.data())), -kHighest, kHighest);
}

std::uint64_t Fields::integer(std::string_view key, std::uint64_t lowest, std::uint64_t highest)
{
    const Field *field = find(key, kTop);
    if (!field) {
        fail(key, "is missing");
        return 0;
    }
    const auto *value = std::get_if<std::uint64_t>(&field->value);
    if (value && *value >= lowest && *value <= highest)
        return *value;
    fail(key, "is not a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
    return 0;
}

bool Fields::boolean(std::string_view key)
{
    const Field *field = find(key, kTop);
    if (!field)
        return false;
    if (const auto *value = std::get_if<bool>(&field->value))
        return *value;
    fail(key, "is neither true nor false");
    return false;
}

std::map<std::string, std::string> Fields::texts(std::string_view key)
{
    const Field *object = findObject(key);
    if (!object)
        return {};
    const int inside = static_cast<int>(object - m_fields.data());
    std::map<std::string, std::string> values;
    for (std::size_t index = inside + 1; index < m_fields.size() && m_fields[index].inside == inside; ++index) {
        Field &field = m_fields[index];
        auto *value = std::get_if<std::string>(&field.value);
        if (field.isObject || !value)
            fail(key, "has a value that is not a text");
        else if (value->size() > kMaxTextBytes || value->find('\0') != std::string::npos)
            fail(key, "has a value that is too long or has a NUL in it");
        else if (field.key.empty() || field.key.size() > kMaxIdBytes || !isPrintable(field.key))
            fail(key, "has a name that is empty, too long or not printable");
        else
            values.emplace(std::move(field.key), std::move(*value));
    }
    return values;
}

} // namespace seatrial::protocol
