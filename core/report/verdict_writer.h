// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/domain/verdict.h"
#include "core/report/table.h"

#include <string>

namespace seatrial::report {

/// The verdict of a run in the format asked for. JSON is the contract of docs/cli.md; JUnit has one suite a node and
/// one case a step or figure.
std::string writeVerdict(const domain::RunInfo &run, const domain::FleetVerdict &verdict, Format format);

/// "5 qualified, 0 marginal, 1 failed, 2 unknown".
std::string countsSentence(const domain::FleetVerdict &verdict);

} // namespace seatrial::report
