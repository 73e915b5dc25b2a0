// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/criteria.h"

#include "core/domain/yaml_reader.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace seatrial::analysis {

using domain::Result;
using domain::YamlMap;
using domain::YamlReader;
using domain::YamlTree;
using protocol::Unit;

namespace {

constexpr double kLargest = 1e18;
constexpr std::size_t kMaxCriteria = 10'000;
/// Of what is possible. A limit below is met by nearly everything: mostly a slip of the unit.
constexpr double kLeastUsefulFraction = 0.25;

std::optional<Criterion::Kind> kindFromText(const std::string &text)
{
    if (text == "absolute")
        return Criterion::Kind::Absolute;
    if (text == "ratio")
        return Criterion::Kind::Ratio;
    if (text == "fleet")
        return Criterion::Kind::Fleet;
    if (text == "delta")
        return Criterion::Kind::Delta;
    if (text == "apart")
        return Criterion::Kind::Apart;
    if (text == "uniform")
        return Criterion::Kind::Uniform;
    if (text == "sku")
        return Criterion::Kind::Sku;
    if (text == "common")
        return Criterion::Kind::Common;
    return std::nullopt;
}

std::optional<Direction> directionFromText(const std::string &text)
{
    if (text == "at least")
        return Direction::AtLeast;
    if (text == "at most")
        return Direction::AtMost;
    if (text == "equal")
        return Direction::Equal;
    return std::nullopt;
}

std::optional<Unit> unitOf(const std::string &text)
{
    return text == "none" ? Unit::None : text.empty() ? std::nullopt : protocol::unitFromText(text);
}

std::string units()
{
    std::string text = "none";
    for (int unit = static_cast<int>(Unit::Count); unit <= static_cast<int>(Unit::Lanes); ++unit)
        text += ", " + std::string(protocol::unitText(static_cast<Unit>(unit)));
    return "one of " + text;
}

/// Whether any value of the unit can lie below zero.
bool mayBeNegative(const Criterion &criterion)
{
    return criterion.unit == Unit::Celsius || criterion.kind == Criterion::Kind::Delta;
}

/// Checks one level, marginal or failed, against what can be missed at all.
void checkLevel(YamlMap &map, const Criterion &criterion, std::string_view key, double level)
{
    const bool fraction = criterion.kind == Criterion::Kind::Fleet;
    const bool absolute = criterion.kind == Criterion::Kind::Absolute;
    const std::string limit = "the limit " + std::string(key);
    const bool ofModel = criterion.kind == Criterion::Kind::Sku;
    if (ofModel && criterion.direction == Direction::AtLeast && (level <= 0 || level > 1))
        map.fail(key, limit + " must be a fraction of what the model promises, expected a number above 0 and up to 1, like 0.88");
    else if (ofModel && criterion.direction == Direction::AtLeast && level < kLeastUsefulFraction)
        map.fail(key, limit + " is less than a quarter of what the model promises, so hardly anything misses it; expected a higher one",
                 "look for a slip of the unit or of a decimal");
    if (ofModel && criterion.possibleMaximum && level > *criterion.possibleMaximum)
        map.fail(key, limit + " is beyond possible_maximum, expected a fraction that a value can reach");
    if (fraction && criterion.direction == Direction::AtLeast && (level <= 0 || level >= 1))
        map.fail(key, limit + " must be a fraction of the fleet's median, expected a number between 0 and 1, like 0.85");
    else if (fraction && criterion.direction == Direction::AtMost && level <= 1)
        map.fail(key, limit + " must be a multiple of the fleet's median, expected a number above 1, like 1.5");
    else if (criterion.direction == Direction::AtLeast && level <= 0 && !mayBeNegative(criterion))
        map.fail(key, limit + " can never be missed, expected more than 0 for 'at least'");
    else if (absolute && criterion.direction == Direction::AtMost && criterion.unit == Unit::Percent && level >= 100)
        map.fail(key, limit + " can never be missed, expected less than 100 % for 'at most'");
    if (!criterion.possibleMaximum || !absolute)
        return;
    const double possible = *criterion.possibleMaximum;
    if (level > possible)
        map.fail(key, limit + " is beyond possible_maximum, expected a number that a value can reach");
    else if (criterion.direction == Direction::AtMost && level >= possible)
        map.fail(key, limit + " can never be missed, expected less than possible_maximum for 'at most'");
    else if (criterion.direction == Direction::AtLeast && level < kLeastUsefulFraction * possible)
        map.fail(key, limit + " is less than a quarter of possible_maximum, so hardly anything misses it; expected a higher one",
                 "look for a slip of the unit or of a decimal");
}

void checkLevels(YamlMap &map, const Criterion &criterion)
{
    if (criterion.kind == Criterion::Kind::Uniform) {
        if (criterion.marginal || criterion.failed || criterion.possibleMaximum)
            map.fail("kind", "found a number for kind uniform, expected none: who differs from the others is marginal");
        return;
    }
    if (!criterion.marginal && !criterion.failed && !criterion.possibleMaximum)
        map.fail("metric", "the criterion has no limit, expected marginal, failed or possible_maximum");
    if (criterion.marginal)
        checkLevel(map, criterion, "marginal", *criterion.marginal);
    if (criterion.failed)
        checkLevel(map, criterion, "failed", *criterion.failed);
    if (!criterion.marginal || !criterion.failed)
        return;
    if (criterion.direction == Direction::Equal)
        map.fail("failed", "found marginal and failed for 'equal', expected one of them: a value is equal or it is not");
    else if (criterion.direction == Direction::AtLeast && *criterion.failed >= *criterion.marginal)
        map.fail("failed", "failed is not below marginal, expected it on the worse side: lower for 'at least'");
    else if (criterion.direction == Direction::AtMost && *criterion.failed <= *criterion.marginal)
        map.fail("failed", "failed is not above marginal, expected it on the worse side: higher for 'at most'");
}

void checkKind(YamlMap &map, const Criterion &criterion)
{
    using Kind = Criterion::Kind;
    if (criterion.kind == Kind::Ratio && criterion.of.empty())
        map.fail("kind", "a ratio has no \"of\", expected the metric that it is a fraction of");
    if (criterion.kind == Kind::Sku && criterion.of.empty())
        map.fail("kind", "kind sku has no \"of\", expected the value of the model that it is a fraction of, like pcie_width");
    if (criterion.kind != Kind::Ratio && criterion.kind != Kind::Sku && !criterion.of.empty())
        map.fail("of", "only kinds ratio and sku have \"of\", expected none here");
    if (criterion.kind != Kind::Common && !criterion.among.empty())
        map.fail("among", "only kind common has \"among\", expected none here");
    if (criterion.kind != Kind::Ratio && !criterion.cappedBy.empty())
        map.fail("capped_by", "only a ratio has \"capped_by\", expected none here");
    if (criterion.kind != Kind::Fleet && criterion.ofHost)
        map.fail("of_host", "only kind fleet has \"of_host\", expected none here");
    if (criterion.kind != Kind::Fleet && criterion.sameSubject)
        map.fail("same_subject", "only kind fleet has \"same_subject\", expected none here");
    if (criterion.kind == Kind::Fleet && criterion.direction == Direction::Equal)
        map.fail("direction", "found equal for kind fleet, expected at least or at most: no two nodes are equal");
    if ((criterion.kind == Kind::Uniform) == criterion.part.empty())
        map.fail("kind", "kind uniform, and no other, has \"part\", expected the kind of part, like board");
    if (criterion.kind == Kind::Uniform && (criterion.direction != Direction::Equal || criterion.unit != Unit::None))
        map.fail("kind", "kind uniform compares words, expected direction equal and unit none");
    if (criterion.kind == Kind::Apart && criterion.direction != Direction::AtMost)
        map.fail("direction", "found " + map.text("direction") + " for kind apart, expected at most: it is a distance");
    if (criterion.kind != Kind::Apart && criterion.otherwise)
        map.fail("otherwise", "only kind apart has \"otherwise\", expected none here");
    if (criterion.kind == Kind::Delta && criterion.direction != Direction::AtMost)
        map.fail("direction", "found " + map.text("direction") + " for kind delta, expected at most: counters only grow");
}

Criterion readCriterion(YamlMap &map)
{
    Criterion criterion;
    criterion.check = map.text("check");
    criterion.subject = map.text("subject", std::string("*"));
    criterion.kind = map.word<Criterion::Kind>("kind", kindFromText, "absolute, ratio, fleet, delta, apart, uniform, sku or common");
    criterion.direction = map.word<Direction>("direction", directionFromText, "at least, at most or equal");
    criterion.part = map.text("part", std::string());
    criterion.otherwise = map.optionalNumber("otherwise", -kLargest, kLargest);
    criterion.of = map.text("of", std::string());
    criterion.among = map.text("among", std::string());
    criterion.cappedBy = map.text("capped_by", std::string());
    criterion.sameSubject = map.boolean("same_subject", false);
    criterion.ofHost = map.boolean("of_host", false);
    criterion.unit = map.word<Unit>("unit", unitOf, units());
    criterion.marginal = map.optionalNumber("marginal", -kLargest, kLargest);
    criterion.failed = map.optionalNumber("failed", -kLargest, kLargest);
    criterion.possibleMaximum = map.optionalNumber("possible_maximum", -kLargest, kLargest);
    criterion.source = map.text("source");
    criterion.advice = map.text("advice", std::string());
    checkKind(map, criterion);
    checkLevels(map, criterion);
    return criterion;
}

/// One metric, or a list of them that share the limits.
std::vector<std::string> readMetrics(YamlReader &reader, YamlMap &map)
{
    if (map.place("metric").kind != YamlTree::Kind::List)
        return {map.text("metric")};
    std::vector<std::string> metrics;
    for (const YamlTree &metric : map.list("metric")) {
        if (metric.kind != YamlTree::Kind::Text || metric.text.empty())
            reader.fail(metric, "found something else in the list of metrics, expected names of metrics");
        metrics.push_back(metric.text);
    }
    if (metrics.empty())
        map.fail("metric", "found an empty list as metric, expected the names of metrics");
    return metrics;
}

/// Reads one file of criteria.
class CriteriaReader
{
public:
    explicit CriteriaReader(const std::filesystem::path &source) : m_reader(source, "criteria") { m_criteria.source = source.string(); }

    Result<Criteria> read(const std::string &yaml)
    {
        const YamlTree &root = m_reader.parse(yaml);
        YamlMap file(m_reader, root, "a set of criteria", {"version", "name", "revision", "fleet", "criteria", "acceptances"});
        file.requireVersion();
        m_criteria.name = file.text("name");
        m_criteria.revision = file.text("revision");
        readFleet(file.map("fleet"));
        for (const YamlTree &tree : file.list("criteria")) {
            addCriteria(tree);
            if (!m_reader.ok())
                break;
        }
        for (const YamlTree &tree : file.list("acceptances"))
            addAcceptance(tree);
        if (m_criteria.criteria.empty())
            m_reader.fail(file.place("criteria"), "the set has no criteria, expected at least one");
        if (m_reader.failure())
            return std::unexpected(*m_reader.failure());
        return std::move(m_criteria);
    }

private:
    void readFleet(const YamlTree &tree)
    {
        YamlMap map(m_reader, tree, "fleet", {"minimum", "z", "floor"});
        m_criteria.fleetMinimum = map.integer("minimum", 3, 1000, m_criteria.fleetMinimum);
        m_criteria.fleetZ = map.number("z", 1, 100, m_criteria.fleetZ);
        m_criteria.fleetFloor = map.number("floor", 0.0001, 0.5, m_criteria.fleetFloor);
    }

    void addCriteria(const YamlTree &tree)
    {
        YamlMap map(m_reader, tree, "a criterion",
                    {"check", "metric", "subject", "kind", "direction", "of", "among", "capped_by", "same_subject", "of_host", "marginal", "failed",
                     "possible_maximum", "unit", "source", "advice", "part", "otherwise"});
        const Criterion common = readCriterion(map);
        for (const std::string &metric : readMetrics(m_reader, map)) {
            Criterion criterion = common;
            criterion.metric = metric;
            if (!m_figures.insert({criterion.check, criterion.part + " " + metric, criterion.subject, criterion.kind, criterion.direction}).second)
                map.fail("metric", "there is a criterion of this kind for " + criterion.check + " " + metric
                                       + " already, expected one for each figure");
            m_criteria.criteria.push_back(std::move(criterion));
        }
        if (m_criteria.criteria.size() > kMaxCriteria)
            m_reader.fail(tree, "the set has more than 10000 criteria, expected fewer");
    }

    void addAcceptance(const YamlTree &tree)
    {
        YamlMap map(m_reader, tree, "an acceptance", {"check", "reason", "accepted_by"});
        m_criteria.acceptances.push_back({map.text("check"), map.text("reason"), map.text("accepted_by")});
    }

    YamlReader m_reader;
    Criteria m_criteria;
    std::set<std::tuple<std::string, std::string, std::string, Criterion::Kind, Direction>> m_figures;
};

} // namespace

Result<Criteria> loadCriteria(const std::filesystem::path &file)
{
    const auto text = YamlReader::readFile(file, "criteria");
    if (!text)
        return std::unexpected(text.error());
    return parseCriteria(*text, file);
}

Result<Criteria> parseCriteria(const std::string &yaml, const std::filesystem::path &source)
{
    return CriteriaReader(source).read(yaml);
}

} // namespace seatrial::analysis
