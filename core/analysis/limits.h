// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/criteria.h"
#include "core/analysis/figures.h"
#include "core/analysis/population.h"
#include "core/domain/verdict.h"

#include <optional>
#include <string>

namespace seatrial::analysis {

/// The numbers that a criterion comes to for one figure.
struct Limits {
    Direction direction = Direction::AtLeast;
    std::optional<double> marginal;
    std::optional<double> failed;
    std::string unjudged; ///< why there is no number, for the person; empty if there is one

    /// The one that must be met to be qualified.
    std::optional<double> first() const { return marginal ? marginal : failed; }
    domain::Verdict judge(double value) const;
};

/// The numbers of the criterion as they stand.
Limits absoluteLimits(const Criterion &criterion);
/// Fractions of @p whole.
Limits ratioLimits(const Criterion &criterion, double whole);
/// Fractions of the middle of the others, but nothing that lies within their scatter.
Limits fleetLimits(const Criterion &criterion, const Criteria &criteria, const Centre &others);

/// "criteria host 2026-11: fleet, …", where a limit comes from.
std::string provenance(const Criteria &criteria, const Criterion &criterion);

/// Which test a criterion belongs to.
domain::Judgement judgementOf(const Criterion &criterion);

/// What is wrong with a figure before any limit: no number, another unit, beyond what is possible. Empty if nothing.
std::string unusable(const Figure &figure, const Criterion &criterion);

/// A finding of @p figure without a verdict yet.
domain::Finding findingOf(const Figure &figure);
/// The same with the verdict, limit and margin that @p limits give; text and advice are left to the caller.
domain::Finding findingOf(const Figure &figure, const Criteria &criteria, const Criterion &criterion, const Limits &limits);

} // namespace seatrial::analysis
