// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/importers/open_fleet.h"

namespace seatrial::importers {

/// Whether @p text reads like an ssh configuration: it has a Host, Match or Include line.
bool isSshConfig(const std::string &text);

/// The hosts that an ssh configuration names: each Host without wildcards is a node, reached as ssh would reach it
/// with that very file. Included files are read as well. What else the file says is left to ssh.
domain::Result<OpenedFleet> parseSshConfigHosts(const std::string &text, const std::filesystem::path &source);

} // namespace seatrial::importers
