// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/sku.h"
#include "core/domain/failure.h"
#include "core/protocol/unit.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::analysis {

/// Which way a limit points.
enum class Direction { AtLeast, AtMost, Equal };

/// A limit with its provenance. Two levels: worse than @c marginal is marginal, worse than @c failed is failed.
struct Criterion {
    /// What the figure is compared with.
    enum class Kind {
        Absolute, ///< a number in the unit of the metric
        Ratio,    ///< a fraction of another metric of the same step and subject, e.g. pcie_width of pcie_width_max
        Fleet,    ///< a fraction of the median over the fleet, and robustly far from it (see judge.h)
        Delta,    ///< change between phase=before and phase=after of the same subject
        Apart,    ///< distance from the median over the fleet, in the unit of the metric
        Uniform,  ///< a property of parts (metric) that equal parts of other nodes share: no number, who differs is marginal
        Sku,      ///< a fraction of what the model of the GPU promises (sku.h): of names the value
        Common,   ///< a fraction of the value that more than half of the nodes have
    };

    std::string check;
    std::string metric;
    std::string subject; ///< glob over subjects, "*" for all
    Kind kind = Kind::Absolute;
    Direction direction = Direction::AtLeast;
    std::string part;    ///< Uniform only: the kind of part
    std::optional<double> otherwise; ///< Apart only: what counts as the median where too few nodes have the figure
    std::string of;      ///< Ratio: the other metric; Sku: the value of the model
    std::string among;   ///< Common only: parameter of the measurement that is equal on nodes that are compared, e.g. board
    std::string cappedBy; ///< Ratio only: parameter of the measurement that the other metric cannot exceed, e.g. slot_width_max
    bool sameSubject = false; ///< Fleet only: compared with the same subject of other nodes (nic/eth0), not with all of them
    /// Fleet only: the figure is one of the machine below, so nodes that are declared to share a physical host are not
    /// compared with each other, only with nodes of other hosts.
    bool ofHost = false;
    std::optional<double> marginal;
    std::optional<double> failed;
    std::optional<double> possibleMaximum; ///< a value above is an error of measurement or of the criteria, never a pass; a fraction if Sku
    protocol::Unit unit = protocol::Unit::None; ///< unit of the metric; a measurement with another unit is an error
    std::string source;  ///< document, formula, date: never empty
    std::string advice;  ///< what to do when it is missed
};

/// "A waiver of this check for want of permission is accepted", by name and with a reason.
struct Acceptance {
    std::string check;
    std::string reason;
    std::string acceptedBy;
};

/// A set of criteria, checked for sanity when loaded.
struct Criteria {
    std::string name;
    std::string revision;
    std::string source; ///< file
    std::vector<Criterion> criteria;
    std::vector<Acceptance> acceptances;
    int fleetMinimum = 4;     ///< nodes below which the fleet test is off
    double fleetZ = 4;        ///< robust z beyond which a figure is an outlier
    double fleetFloor = 0.02; ///< spread (fraction of median) assumed at least, for fleets whose values are equal
    SkuCatalog skus;          ///< what models promise, for kind sku; comes beside the file of criteria
};

/// Reads criteria (YAML, version 1; docs/criteria.md). Refused with file:line:column: an unknown unit, a source that
/// is empty, marginal on the wrong side of failed, a limit that no value can miss (0 for AtLeast on a rate), a
/// limit beyond the possible maximum, two criteria for the same figure and kind.
domain::Result<Criteria> loadCriteria(const std::filesystem::path &file);
domain::Result<Criteria> parseCriteria(const std::string &yaml, const std::filesystem::path &source);

} // namespace seatrial::analysis
