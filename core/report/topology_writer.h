// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/topology.h"
#include "core/domain/ids.h"

#include <string>

namespace seatrial::report {

/// The matrix in the words and the shape of `nvidia-smi topo -m`, then which part each of its names is.
std::string topologyText(const analysis::NodeTopology &topology);
/// The same for programs; docs/cli.md.
std::string topologyJson(const domain::RunId &run, const domain::NodeId &node, const analysis::NodeTopology &topology);

} // namespace seatrial::report
