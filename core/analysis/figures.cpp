// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/figures.h"

#include "core/analysis/statistics.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <unordered_set>

namespace seatrial::analysis {

namespace {

constexpr std::string_view kArrow = "→";

/// Texts by number, each kept once.
class Words
{
public:
    std::uint32_t number(const std::string &text)
    {
        return m_numbers.try_emplace(text, static_cast<std::uint32_t>(m_numbers.size())).first->second;
    }

private:
    std::unordered_map<std::string, std::uint32_t> m_numbers;
};

struct FigureKey {
    int node = 0;
    std::uint32_t step = 0, metric = 0, subject = 0, size = 0;
    bool operator==(const FigureKey &) const = default;
};

struct FigureKeyHash {
    std::size_t operator()(const FigureKey &key) const noexcept
    {
        std::uint64_t hash = static_cast<std::uint32_t>(key.node);
        for (const std::uint32_t part : {key.step, key.metric, key.subject, key.size})
            hash = (hash ^ part) * 0x9E3779B97F4A7C15ull + (hash >> 29);
        return static_cast<std::size_t>(hash);
    }
};

/// Of the CPU. What had less while it was measured says how busy others were, not how fast the hardware is.
constexpr double kCalmShare = 0.9;

bool isDisturbed(const protocol::Measurement &measurement)
{
    const auto text = measurement.parameters.find("cpu_share_least");
    if (text == measurement.parameters.end())
        return false;
    double share = 1;
    const auto [end, error] = std::from_chars(text->second.data(), text->second.data() + text->second.size(), share);
    return error == std::errc{} && share < kCalmShare;
}

/// What a group's measurement says of its size: "8 MiB" for bytes=8388608; empty if it has none that makes sense.
std::string sizeOf(const domain::Observation &observation)
{
    const auto text = observation.measurement.parameters.find("bytes");
    if (observation.key.group <= 0 || text == observation.measurement.parameters.end())
        return {};
    std::uint64_t bytes = 0;
    const char *const end = text->second.data() + text->second.size();
    if (const auto [stopped, error] = std::from_chars(text->second.data(), end, bytes); error != std::errc{} || stopped != end)
        return {};
    const bool whole = bytes > 0;
    if (whole && bytes % (1u << 20) == 0)
        return std::to_string(bytes >> 20) + " MiB";
    return whole && bytes % 1024 == 0 ? std::to_string(bytes >> 10) + " KiB" : std::to_string(bytes) + " B";
}

struct Attempt {
    std::size_t figure = 0; ///< its place
    std::pair<int, int> number; ///< by group, if it is one's, and attempt
    bool disturbed = false;
    double value = 0;
};

/// The median of what was measured of each figure, of the attempts that nobody disturbed, if there are any.
void foldAttempts(std::vector<Figure> &figures, std::vector<Attempt> attempts)
{
    std::ranges::stable_sort(attempts, {}, [](const Attempt &attempt) { return std::pair(attempt.figure, attempt.number); });
    std::vector<Attempt> own;
    const auto fold = [&](Figure &figure) {
        figure.disturbed = std::ranges::all_of(own, &Attempt::disturbed);
        std::vector<double> values;
        for (const Attempt &attempt : own) {
            if (figure.disturbed || !attempt.disturbed)
                values.push_back(attempt.value);
        }
        figure.attempts = static_cast<int>(values.size());
        figure.value = median(std::move(values));
        own.clear();
    };
    for (std::size_t at = 0; at < attempts.size(); ++at) {
        const bool last = at + 1 == attempts.size() || attempts[at + 1].figure != attempts[at].figure;
        if (last || attempts[at + 1].number != attempts[at].number)
            own.push_back(attempts[at]); // an attempt that says a thing twice counts with what it said last
        if (last)
            fold(figures[attempts[at].figure]);
    }
}

} // namespace

NodeTable::NodeTable(const domain::RunInfo &info)
{
    const std::unordered_set<domain::NodeId> chosen(info.nodes.begin(), info.nodes.end());
    for (const domain::Node &node : info.fleet.nodes) {
        if (chosen.empty() || chosen.contains(node.id))
            add(node.id, node.rack);
    }
    for (const domain::NodeId &node : info.nodes)
        add(node, {});
    for (int index = 0; index < size(); ++index)
        m_hosts.push_back(index);
    for (const domain::SharedResource &resource : info.fleet.shared) {
        if (resource.kind == "physical-host")
            shareHost(resource.nodes);
    }
}

void NodeTable::shareHost(const std::vector<domain::NodeId> &nodes)
{
    std::optional<int> first;
    for (const domain::NodeId &node : nodes) {
        const auto index = find(node.text());
        if (!index)
            continue;
        if (!first)
            first = index;
        m_hosts[static_cast<std::size_t>(*index)] = *first;
    }
}

void NodeTable::add(const domain::NodeId &node, const domain::RackId &rack)
{
    if (!m_indices.try_emplace(node.text(), size()).second)
        return;
    m_nodes.push_back(node);
    m_racks.push_back(rack);
}

std::optional<int> NodeTable::find(std::string_view name) const
{
    const auto found = m_indices.find(std::string(name));
    return found == m_indices.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::pair<std::string_view, std::string_view>> pairEnds(std::string_view subject)
{
    const std::size_t arrow = subject.find(kArrow);
    if (arrow == std::string_view::npos)
        return std::nullopt;
    return std::pair{subject.substr(0, arrow), subject.substr(arrow + kArrow.size())};
}

std::vector<Figure> foldFigures(const domain::RunData &run, const NodeTable &nodes)
{
    std::unordered_map<std::string, const domain::PlanStep *> steps;
    for (const domain::PlanStep &step : run.info.plan.steps)
        steps.emplace(step.id.text(), &step);

    std::vector<Figure> figures;
    std::vector<Attempt> attempts;
    std::unordered_map<FigureKey, std::size_t, FigureKeyHash> places;
    Words words;
    for (const domain::Observation &observation : run.observations) {
        const auto node = nodes.find(observation.node.text());
        if (!node)
            continue;
        const protocol::Measurement &measurement = observation.measurement;
        const std::string &stepId = observation.key.step.text();
        const std::string size = sizeOf(observation);
        const FigureKey key{*node, words.number(stepId), words.number(measurement.metric), words.number(measurement.subject), words.number(size)};
        const auto [place, isNew] = places.try_emplace(key, figures.size());
        if (isNew) {
            const auto step = steps.find(stepId);
            Figure figure;
            figure.node = *node;
            figure.step = step == steps.end() ? nullptr : step->second;
            figure.stepId = stepId;
            figure.check = measurement.check;
            figure.metric = measurement.metric;
            figure.subject = measurement.subject;
            figure.size = size;
            figure.unit = measurement.unit;
            figure.parameters = &measurement.parameters;
            if (const auto phase = measurement.parameters.find("phase"); phase != measurement.parameters.end())
                figure.phase = phase->second;
            if (const auto ends = pairEnds(measurement.subject); ends && !observation.key.peer.empty()) {
                const auto from = nodes.find(ends->first), to = nodes.find(ends->second);
                if (from && to && from != to)
                    figure.ends = std::pair{*from, *to};
            }
            figures.push_back(std::move(figure));
        }
        attempts.push_back({place->second, {observation.key.group, observation.key.attempt}, isDisturbed(measurement), measurement.value});
        figures[place->second].simulated |= observation.simulated;
    }
    foldAttempts(figures, std::move(attempts));
    return figures;
}

bool globMatches(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0, t = 0;
    std::size_t star = std::string_view::npos, resume = 0; // where the last * stands, and what it has eaten
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

} // namespace seatrial::analysis
