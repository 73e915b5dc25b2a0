// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/print.h"
#include "cli/recording.h"

#include "core/analysis/judge.h"
#include "core/report/verdict_writer.h"

#include <algorithm>
#include <set>

namespace seatrial::cli {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

/// Says how many lines cannot count, and where the first of them is.
void tellUnreadable(const Recording &recording)
{
    if (recording.unreadable)
        print(stderr, "{}: {} of {} lines could not be read, first line {}: {}\n", recording.file, recording.unreadable, recording.lines, recording.firstUnreadable,
              report::printable(recording.unreadableReason));
}

/// A plan that asks for what the streams hold: every step once, required, in the order of the streams. A built-in
/// plan that knows all of these steps is used instead, so that a replay is judged as its run was.
domain::Plan planOf(const std::vector<Recording> &recordings, const resources::Installation &installation)
{
    domain::Plan plan{.name = "replay", .title = "Replay", .description = "The steps of the recorded streams", .source = {}, .steps = {}};
    std::set<domain::StepId> known;
    for (const auto &recording : recordings) {
        for (const auto &[key, check] : recording.steps) {
            if (!known.insert(key.step).second)
                continue;
            domain::PlanStep step;
            step.id = key.step;
            step.check = check;
            step.title = check.text();
            step.scope = key.group > 0 ? domain::Scope::Group : key.peer.empty() ? domain::Scope::Node : domain::Scope::Pair;
            step.retests = 0;
            plan.steps.push_back(std::move(step));
        }
    }
    for (const auto &name : installation.planNames()) {
        const auto file = installation.plan(name);
        const auto builtIn = file ? domain::loadPlan(*file) : domain::Result<domain::Plan>(std::unexpected(file.error()));
        if (builtIn && std::ranges::all_of(plan.steps, [&](const auto &step) { return builtIn->find(step.id) && builtIn->find(step.id)->check == step.check; }))
            return *builtIn;
    }
    return plan;
}

domain::Result<std::vector<Recording>> readRecordings(const std::vector<std::string> &streams)
{
    std::vector<Recording> recordings;
    std::set<domain::NodeId> nodes;
    for (const auto &file : streams) {
        auto recording = surveyRecording(file);
        if (!recording)
            return std::unexpected(std::move(recording.error()));
        if (!nodes.insert(recording->node).second)
            return std::unexpected(Failure{Stage::Input, FailureKind::Invalid, file + ": a second stream of node " + recording->node.text(), {}, "replay one stream a node"});
        recordings.push_back(std::move(*recording));
    }
    return recordings;
}

/// The run that the recordings are of.
domain::RunInfo runOf(const std::vector<Recording> &recordings, const resources::Installation &installation)
{
    domain::RunInfo info;
    info.plan = planOf(recordings, installation);
    info.fleet.name = "replay of " + recordings.front().file;
    info.operatorName = resources::Installation::operatorName();
    for (const auto &recording : recordings) {
        domain::Node node;
        node.id = recording.node;
        node.address = recording.node.text();
        info.fleet.nodes.push_back(node);
        info.nodes.push_back(recording.node);
        if (info.startedWall == 0)
            info.startedWall = recording.startedWall;
        info.finishedWall = std::max(info.finishedWall, recording.finishedWall);
    }
    return info;
}

domain::Result<domain::RunId> storeRun(store::Store &store, domain::RunInfo info, const std::vector<Recording> &recordings)
{
    const double finished = info.finishedWall;
    auto begun = store.beginRun(std::move(info));
    if (!begun)
        return std::unexpected(std::move(begun.error()));
    for (const auto &recording : recordings) {
        const auto read = readAgain(recording, [&](auto lines) { store.append(begun->id, recording.node, std::move(lines)); });
        if (!read)
            return std::unexpected(read.error());
    }
    if (auto flushed = store.flush(); !flushed)
        return std::unexpected(std::move(flushed.error()));
    if (auto state = store.setRunState(begun->id, domain::RunState::Finished, finished); !state)
        return std::unexpected(std::move(state.error()));
    return begun->id;
}

} // namespace

int replayCommand(const Tools &tools, const std::vector<std::string> &streams, const HistoryOptions &options)
{
    auto recordings = readRecordings(streams);
    if (!recordings)
        return complain(recordings.error());
    auto criteria = criteriaFrom(tools, options.criteria);
    if (!criteria)
        return complain(criteria.error());
    const std::string file = storeFile(options.store);
    auto store = tools.openStore(file);
    if (!store)
        return complain(store.error());
    std::ranges::for_each(*recordings, tellUnreadable);
    auto info = runOf(*recordings, tools.installation);
    auto run = storeRun(**store, std::move(info), *recordings);
    if (!run)
        return complain(run.error());
    print(stderr, "Stored as run {} in {}.\n", run->text(), file);

    auto data = (*store)->runData(*run);
    if (!data)
        return complain(data.error());
    const auto verdict = analysis::judge(*data, *criteria);
    if (auto saved = (*store)->saveVerdict(verdict); !saved)
        return complain(saved.error());
    print(stdout, "{}", report::writeVerdict(data->info, verdict, options.format));
    return 0;
}

} // namespace seatrial::cli
