// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"

#include <string_view>
#include <unordered_map>

namespace seatrial::domain {

/// Finds many nodes of a fleet by their names. The fleet outlives it and stays as it is.
class FleetIndex
{
public:
    explicit FleetIndex(const Fleet &fleet);
    explicit FleetIndex(Fleet &&) = delete;
    const Node *find(const NodeId &id) const;

private:
    std::unordered_map<std::string_view, const Node *> m_nodes;
};

} // namespace seatrial::domain
