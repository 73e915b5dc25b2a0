// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/node_query.h"
#include "core/domain/run_data.h"
#include "core/domain/verdict.h"

namespace seatrial::report {

/// @p verdict with the nodes that @p query means; the notes stay.
domain::FleetVerdict nodesWhere(const domain::FleetVerdict &verdict, const domain::RunInfo &run, const domain::NodeQuery &query);

} // namespace seatrial::report
