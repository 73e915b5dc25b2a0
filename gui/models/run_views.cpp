// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/run_views.h"

#include "core/domain/node_set.h"
#include "gui/models/words.h"

#include <algorithm>

namespace seatrial::gui {

namespace {

// A row while it is being gathered.
struct Group {
    NodesRow row;
    std::vector<domain::NodeId> nodes;
};

std::vector<NodesRow> singleRows(const campaign::Snapshot& run)
{
    const NodeLookup lookup(run);
    const auto& info = run.data->info;
    std::unordered_map<std::string, domain::RackId> rackOf;
    for (const auto& node : info.fleet.nodes)
        rackOf.emplace(node.id.text(), node.rack);
    std::vector<NodesRow> rows;
    rows.reserve(run.nodes.size());
    for (const auto& progress : run.nodes) {
        const auto* verdict = lookup.verdict(progress.node);
        NodesRow& row = rows.emplace_back();
        row.hosts = shown(progress.node.text());
        row.nodes = QStringList(row.hosts);
        row.rack = shown(rackOf[progress.node.text()].text());
        row.state = stateOf(run, progress, verdict);
        row.track = trackOf(run, progress, verdict, row.state);
        row.now = nowText(run, progress, row.state);
        if (row.state == State::Running || row.state == State::Stuck)
            row.since = progress.sinceWall;
    }
    return rows;
}

// Racks in their own order, nodes of one rack by name.
void sortRows(std::vector<NodesRow>& rows)
{
    std::ranges::stable_sort(rows, [](const NodesRow& a, const NodesRow& b) {
        if (a.rack != b.rack)
            return domain::naturalLess(a.rack.toStdString(), b.rack.toStdString());
        return domain::naturalLess(a.nodes.front().toStdString(), b.nodes.front().toStdString());
    });
}

void markRackBegins(std::vector<NodesRow>& rows)
{
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].beginsRack = i > 0 && rows[i].rack != rows[i - 1].rack;
}

std::string keyOf(const NodesRow& row)
{
    std::string key = row.rack.toStdString() + '\n' + row.now.toStdString() + '\n' + static_cast<char>('a' + indexOf(row.state));
    for (const auto& state : row.track)
        key += state ? static_cast<char>('a' + indexOf(*state)) : '-';
    return key;
}

std::vector<NodesRow> foldedRows(const std::vector<NodesRow>& single)
{
    std::vector<Group> groups; // in the order of their first node
    std::unordered_map<std::string, std::size_t> known;
    for (const NodesRow& row : single) {
        const auto [found, fresh] = known.emplace(keyOf(row), groups.size());
        if (fresh) {
            groups.push_back({row, {}});
        } else {
            NodesRow& group = groups[found->second].row;
            group.nodes << row.hosts;
            group.since = std::min(group.since, row.since);
        }
        groups[found->second].nodes.emplace_back(row.hosts.toStdString());
    }
    std::vector<NodesRow> rows;
    rows.reserve(groups.size());
    for (Group& group : groups) {
        group.row.hosts = foldedNames(group.nodes);
        rows.push_back(std::move(group.row));
    }
    return rows;
}

std::vector<StepRow> stepRows(const domain::Plan& plan, const std::vector<NodesRow>& rows)
{
    std::vector<StepRow> steps;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        StepRow step;
        step.title = shown(plan.steps[i].title);
        for (const NodesRow& row : rows) {
            const auto& cell = row.track[i];
            if (cell == State::Unreachable)
                continue;
            ++step.total;
            if (cell == State::Running || cell == State::Stuck) {
                ++step.inWork;
            } else if (cell) {
                ++step.done;
                step.worst = *cell == State::NotTested ? step.worst : worseOf(step.worst, *cell);
            }
        }
        steps.push_back(std::move(step));
    }
    return steps;
}

} // namespace

std::vector<NodesRow> plannedRows(const domain::Fleet& fleet, const domain::Plan& plan, const std::vector<domain::NodeId>& nodes)
{
    std::unordered_map<std::string, domain::RackId> rackOf;
    for (const auto& node : fleet.nodes)
        rackOf.emplace(node.id.text(), node.rack);
    std::vector<NodesRow> rows;
    for (const auto& node : nodes) {
        NodesRow& row = rows.emplace_back();
        row.hosts = shown(node.text());
        row.nodes = QStringList(row.hosts);
        row.rack = shown(rackOf[node.text()].text());
        row.track.resize(plan.steps.size());
        row.now = QStringLiteral("not begun");
    }
    sortRows(rows);
    rows = foldedRows(rows);
    markRackBegins(rows);
    return rows;
}

std::shared_ptr<const RunViews> makeRunViews(std::shared_ptr<const campaign::Snapshot> snapshot, ShownFigure figure)
{
    auto views = std::make_shared<RunViews>();
    if (snapshot->verdict)
        views->figures = figuresOf(*snapshot->verdict);
    views->figure = figure.check.empty() ? usualFigure(views->figures) : std::move(figure);
    views->fleet = fleetFromRun(*snapshot, views->figure);
    views->single = singleRows(*snapshot);
    sortRows(views->single);
    views->folded = foldedRows(views->single);
    markRackBegins(views->single);
    markRackBegins(views->folded);
    views->steps = stepRows(snapshot->data->info.plan, views->single);
    for (const NodesRow& row : views->single)
        views->counts.add(row.state);
    views->notInPlan = static_cast<int>(snapshot->data->info.fleet.nodes.size()) - static_cast<int>(snapshot->nodes.size());
    views->snapshot = std::move(snapshot);
    return views;
}

} // namespace seatrial::gui
