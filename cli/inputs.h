// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/commands.h"
#include "core/analysis/criteria.h"
#include "core/campaign/ramp.h"
#include "core/domain/inventory.h"

namespace seatrial::cli {

/// The store that is meant: the one named, or a person's own.
std::string storeFile(const std::string &named);

/// A store that is there already. Looking must not create an empty history where a name was mistyped.
domain::Result<std::unique_ptr<store::Store>> openExistingStore(const Tools &tools, const std::string &file);

/// The limits of @p file, or the built-in ones if it is empty.
domain::Result<analysis::Criteria> criteriaFrom(const Tools &tools, const std::string &file);

/// The fleet that --inventory or --hosts names; what should be known of how it was read goes to standard error.
domain::Result<domain::Fleet> fleetFrom(const RunOptions &options);

/// How load comes onto the fleet, by --ramp and --ramp-pause.
domain::Result<campaign::RampTerms> rampTerms(const std::string &ramp, double pauseSeconds);

/// The nodes that --nodes names, at least one; all of the fleet if it was not given.
domain::Result<std::vector<domain::NodeId>> chosenNodes(const domain::Fleet &fleet, const std::string &expression);

} // namespace seatrial::cli
