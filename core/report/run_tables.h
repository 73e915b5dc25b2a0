// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/domain/verdict.h"
#include "core/report/table.h"

namespace seatrial::report {

/// One row a measurement, with its spread and the part that it is of: what `seatrialctl results` prints and the window's tables show.
Table resultsTable(const domain::RunData &run);
/// The same of these observations of @p run, in this order.
Table resultsTable(const domain::RunData &run, const std::vector<const domain::Observation *> &observations);

/// One row a node: verdict, coverage, the worst reason.
Table nodesTable(const domain::FleetVerdict &verdict);

} // namespace seatrial::report
