// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/limits.h"

#include "core/analysis/sentences.h"
#include "core/analysis/statistics.h"

#include <algorithm>
#include <cmath>

namespace seatrial::analysis {

using domain::Finding;
using domain::Judgement;
using domain::Verdict;
using protocol::Unit;

namespace {

bool misses(Direction direction, double value, std::optional<double> limit)
{
    if (!limit)
        return false;
    switch (direction) {
    case Direction::AtLeast:
        return value < *limit;
    case Direction::AtMost:
        return value > *limit;
    case Direction::Equal:
        return value != *limit;
    }
    return true;
}

std::optional<double> margin(Direction direction, double value, double limit)
{
    if (limit == 0)
        return std::nullopt;
    const double room = direction == Direction::AtLeast ? value - limit
        : direction == Direction::AtMost                ? limit - value
                                                        : -std::abs(value - limit);
    return room / std::abs(limit);
}

} // namespace

Verdict Limits::judge(double value) const
{
    if (misses(direction, value, failed))
        return Verdict::Failed;
    return misses(direction, value, marginal) ? Verdict::Marginal : Verdict::Qualified;
}

Limits absoluteLimits(const Criterion &criterion)
{
    Limits limits{criterion.direction, criterion.marginal, criterion.failed, {}};
    if (!limits.first())
        limits.unjudged = "only what is impossible is judged";
    return limits;
}

Limits ratioLimits(const Criterion &criterion, double whole)
{
    const auto part = [&](std::optional<double> fraction) { return fraction ? std::optional(*fraction * whole) : std::nullopt; };
    return {criterion.direction, part(criterion.marginal), part(criterion.failed), {}};
}

Limits fleetLimits(const Criterion &criterion, const Criteria &criteria, const Centre &others)
{
    Limits limits{.direction = criterion.direction, .marginal = {}, .failed = {}, .unjudged = {}};
    if (others.median <= 0) {
        limits.unjudged = "the median of the other nodes is 0: nothing to compare with";
        return limits;
    }
    const bool atLeast = criterion.direction == Direction::AtLeast;
    const double reach = criteria.fleetZ * std::max(others.mad, criteria.fleetFloor * others.median) / kMadToSigma;
    const auto level = [&](std::optional<double> fraction) -> std::optional<double> {
        if (!fraction)
            return std::nullopt;
        const double byEffect = *fraction * others.median;
        return atLeast ? std::min(byEffect, others.median - reach) : std::max(byEffect, others.median + reach);
    };
    limits.marginal = level(criterion.marginal);
    limits.failed = level(criterion.failed);
    if (atLeast && limits.first().value_or(0) <= 0) {
        limits.marginal = limits.failed = std::nullopt;
        limits.unjudged = "the other nodes scatter too much to compare with";
    }
    return limits;
}

std::string provenance(const Criteria &criteria, const Criterion &criterion)
{
    const char *kind = criterion.kind == Criterion::Kind::Fleet ? "against the fleet"
        : criterion.kind == Criterion::Kind::Ratio              ? "as a fraction"
        : criterion.kind == Criterion::Kind::Delta              ? "before and after"
        : criterion.kind == Criterion::Kind::Apart              ? "from the fleet"
        : criterion.kind == Criterion::Kind::Uniform            ? "the same everywhere"
        : criterion.kind == Criterion::Kind::Sku                ? "against the model"
        : criterion.kind == Criterion::Kind::Common             ? "as on most nodes"
                                                                : "absolute";
    return "criteria " + criteria.name + " " + criteria.revision + ", " + kind + ": " + criterion.source;
}

Judgement judgementOf(const Criterion &criterion)
{
    if (criterion.kind == Criterion::Kind::Fleet || criterion.kind == Criterion::Kind::Apart || criterion.kind == Criterion::Kind::Uniform
        || criterion.kind == Criterion::Kind::Common)
        return Judgement::Fleet;
    const bool countable = criterion.unit == Unit::None || criterion.unit == Unit::Count || criterion.unit == Unit::Lanes;
    return countable || criterion.kind == Criterion::Kind::Delta ? Judgement::State : Judgement::Ceiling;
}

std::string unusable(const Figure &figure, const Criterion &criterion)
{
    if (!std::isfinite(figure.value))
        return "the value is no number";
    if (figure.unit != criterion.unit) {
        const auto name = [](Unit unit) { return unit == Unit::None ? std::string("no unit") : std::string(protocol::unitText(unit)); };
        return "measured in " + name(figure.unit) + ", but the criteria expect " + name(criterion.unit);
    }
    if (criterion.possibleMaximum && figure.value > *criterion.possibleMaximum)
        return "impossible value: more than " + shownValue(*criterion.possibleMaximum, criterion.unit)
            + " cannot be, so the measurement or the criteria are wrong";
    return {};
}

Finding findingOf(const Figure &figure)
{
    Finding finding;
    finding.check = figure.check;
    finding.metric = figure.metric;
    finding.subject = figure.subject;
    finding.value = figure.value;
    finding.unit = figure.unit;
    finding.limit = "—";
    return finding;
}

Finding findingOf(const Figure &figure, const Criteria &criteria, const Criterion &criterion, const Limits &limits)
{
    Finding finding = findingOf(figure);
    finding.judgement = judgementOf(criterion);
    finding.source = provenance(criteria, criterion);
    if (const std::string why = unusable(figure, criterion); !why.empty()) {
        finding.verdict = Verdict::Unknown;
        finding.text = why;
        finding.advice = "check the measurement with another tool, then the criteria";
        return finding;
    }
    finding.verdict = limits.judge(figure.value);
    finding.limitValue = limits.first();
    if (finding.limitValue) {
        finding.limit = shownLimit(limits.direction, *finding.limitValue, figure.unit);
        finding.margin = margin(limits.direction, figure.value, *finding.limitValue);
    }
    if (finding.verdict != Verdict::Qualified)
        finding.advice = criterion.advice;
    return finding;
}

} // namespace seatrial::analysis
