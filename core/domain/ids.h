// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace seatrial::domain {

/// A name that cannot be mistaken for another kind of name.
template<typename Tag>
class Id
{
public:
    Id() = default;
    explicit Id(std::string text) : m_text(std::move(text)) {}

    const std::string &text() const { return m_text; }
    bool empty() const { return m_text.empty(); }
    auto operator<=>(const Id &) const = default;
    bool operator==(const Id &) const = default;

private:
    std::string m_text;
};

using NodeId = Id<struct NodeTag>;   ///< name of a node in the inventory
using RackId = Id<struct RackTag>;
using RunId = Id<struct RunTag>;     ///< "41": the number of a run in its store, as text
using StepId = Id<struct StepTag>;   ///< name of a step in a plan
using CheckId = Id<struct CheckTag>; ///< "host.memory"

} // namespace seatrial::domain

template<typename Tag>
struct std::hash<seatrial::domain::Id<Tag>> {
    std::size_t operator()(const seatrial::domain::Id<Tag> &id) const noexcept { return std::hash<std::string>{}(id.text()); }
};
