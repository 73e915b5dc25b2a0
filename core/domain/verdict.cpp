// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/verdict.h"

#include <algorithm>
#include <array>

namespace seatrial::domain {

namespace {

constexpr std::array<const char *, 4> kVerdicts{"qualified", "marginal", "unknown", "failed"};

} // namespace

std::string verdictText(Verdict verdict)
{
    return kVerdicts.at(static_cast<std::size_t>(verdict));
}

std::optional<Verdict> verdictFromText(const std::string &text)
{
    const auto found = std::ranges::find(kVerdicts, text);
    if (found == kVerdicts.end())
        return std::nullopt;
    return static_cast<Verdict>(found - kVerdicts.begin());
}

int FleetVerdict::count(Verdict verdict) const
{
    return static_cast<int>(std::ranges::count(nodes, verdict, &NodeVerdict::verdict));
}

const NodeVerdict *FleetVerdict::find(const NodeId &node) const
{
    const auto found = std::ranges::find(nodes, node, &NodeVerdict::node);
    return found == nodes.end() ? nullptr : &*found;
}

} // namespace seatrial::domain
