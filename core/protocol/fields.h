// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace seatrial::protocol {

/// The fields of one JSON object of a stream, and of the objects directly in it, read with their bounds.
/// The first thing that is wrong is kept as the reason; what is read after it is worthless but harmless.
class Fields
{
public:
    static constexpr std::size_t kMaxFields = 64; ///< of one object
    static constexpr std::size_t kMaxTextBytes = 4096;
    static constexpr std::size_t kMaxIdBytes = 128;

    using Value = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string>;

    Fields() { m_fields.reserve(24); }

    // Filling, in the order of the line. False once something is wrong.
    bool add(std::string_view key, Value value);
    bool beginObject(std::string_view key);
    void endObject() { m_inside = kTop; }

    // Reading.
    std::string id(std::string_view key);         ///< printable, must be there and not empty
    std::string optionalId(std::string_view key); ///< "" if it is not there
    std::string text(std::string_view key);       ///< "" if it is not there
    double number(std::string_view key, double lowest, double highest);
    std::uint64_t integer(std::string_view key, std::uint64_t lowest, std::uint64_t highest);
    bool boolean(std::string_view key); ///< false if it is not there
    std::map<std::string, std::string> texts(std::string_view key); ///< empty if it is not there
    /// The number under @p key of the object under @p object.
    double numberIn(std::string_view object, std::string_view key);
    bool has(std::string_view key) { return find(key, kTop) != nullptr; }

    void fail(std::string_view key, std::string_view what);
    void fail(std::string reason);
    bool ok() const { return m_reason.empty(); }
    const std::string &reason() const { return m_reason; }

private:
    static constexpr int kTop = -1;
    struct Field {
        int inside; ///< index of the object it stands in, or kTop
        bool isObject;
        std::string key;
        Value value;
    };

    Field *find(std::string_view key, int inside);
    Field *findObject(std::string_view key);
    bool store(std::string_view key, Value value, bool isObject);
    std::string takeText(std::string_view key, std::size_t maximum);
    double toNumber(std::string_view key, const Field *field, double lowest, double highest);

    std::vector<Field> m_fields;
    std::size_t m_next = 0; ///< where the next field is looked for first: lines are mostly read in their order
    int m_inside = kTop;
    std::size_t m_topCount = 0;
    std::size_t m_objectCount = 0;
    std::string m_reason;
};

} // namespace seatrial::protocol
