// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "core/domain/ids.h"

#include <string>
#include <string_view>
#include <vector>

namespace seatrial::domain {

/// Most nodes that one expression may stand for; more is refused before anything is allocated.
inline constexpr std::size_t kMaxExpandedNodes = 100'000;

/// The nodes that an expression of host lists stands for, in the order written, each once.
/// Reads the union of ClusterShell, Slurm and pdsh: "n[01-16]", "r[1-2]n[1-2]", "n[1-10/3]", "n[1-3]-ib",
/// "n[001-3]", lists with commas or blanks, and the difference "a[1-4]!a2".
/// Errors name the column and what was expected.
Result<std::vector<std::string>> expandNodeSet(std::string_view expression);

/// @p names folded into the plain form that ClusterShell, Slurm and pdsh all read: "login1,n[01-03,07]".
/// Names keep their padding; natural order.
std::string foldNodeSet(std::vector<std::string> names);
std::string foldNodeSet(const std::vector<NodeId> &nodes);

/// Natural order of names: n2 before n10.
bool naturalLess(std::string_view a, std::string_view b);

} // namespace seatrial::domain
