// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/importers/open_fleet.h"

namespace seatrial::importers {

/// Reads a list of hosts: each line has node sets (see expandNodeSet), with "user@" before and ":port" after it if
/// they are needed; '#' begins a comment. "slots=8" of MPI's host files means nothing here and is passed over.
/// The same host twice is one node, as ranks are repeated in MPI's files.
domain::Result<OpenedFleet> parseHostList(const std::string &text, const std::filesystem::path &source);

} // namespace seatrial::importers
