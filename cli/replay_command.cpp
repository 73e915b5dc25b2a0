// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/print.h"

#include "core/analysis/judge.h"
#include "core/protocol/stream_reader.h"
#include "core/report/verdict_writer.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>

namespace seatrial::cli {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

/// A recorded stream of one node.
struct Recording {
    std::string file;
    domain::NodeId node;
    std::string address;
    std::vector<protocol::StreamLine> lines;
};

domain::Result<Recording> readRecording(const std::string &file)
{
    std::ifstream input(file, std::ios::binary);
    if (!input)
        return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "cannot read " + file, {}, "name a stream as seatrialctl stream writes it"});
    Recording recording{file, {}, {}, {}};
    protocol::StreamReader reader;
    std::string chunk(1 << 16, '\0');
    const auto take = [&](std::vector<protocol::StreamLine> lines) {
        std::ranges::move(lines, std::back_inserter(recording.lines));
    };
    while (input.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || input.gcount() > 0)
        take(reader.feed(std::string_view(chunk.data(), static_cast<std::size_t>(input.gcount()))));
    take(reader.finish());
    for (std::size_t i = 0; i < recording.lines.size(); ++i) {
        const auto &content = recording.lines[i].content;
        if (const auto *newer = std::get_if<protocol::TooNew>(&content)) {
            return std::unexpected(Failure{Stage::Input, FailureKind::Unsupported,
                                           fmt::format("{}:{}: engine {} speaks protocol {}, which is newer than this program", file, i + 1, newer->engineVersion, newer->protocol),
                                           {}, "update this program"});
        }
        if (const auto *record = std::get_if<protocol::Record>(&content)) {
            if (const auto *hello = std::get_if<protocol::Hello>(&record->body); hello && recording.node.empty())
                recording.node = domain::NodeId(hello->node);
        }
    }
    if (recording.node.empty())
        return std::unexpected(Failure{Stage::Input, FailureKind::Invalid, file + ": no hello in it, so nobody knows whose stream it is", {},
                                       "give the whole stream from its first line"});
    return recording;
}

/// A plan that asks for what the streams hold: every step once, required, in the order of the streams. A built-in
/// plan that knows all of these steps is used instead, so that a replay is judged as its run was.
domain::Plan planOf(const std::vector<Recording> &recordings, const resources::Installation &installation)
{
    domain::Plan plan{.name = "replay", .title = "Replay", .description = "The steps of the recorded streams", .source = {}, .steps = {}};
    for (const auto &recording : recordings) {
        for (const auto &line : recording.lines) {
            const auto *record = std::get_if<protocol::Record>(&line.content);
            const auto *started = record ? std::get_if<protocol::StepStarted>(&record->body) : nullptr;
            const auto key = started ? domain::StepKey::fromText(started->step) : std::nullopt;
            if (!key || plan.find(key->step))
                continue;
            domain::PlanStep step;
            step.id = key->step;
            step.check = domain::CheckId(started->check);
            step.title = started->check;
            step.scope = key->peer.empty() ? domain::Scope::Node : domain::Scope::Pair;
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

} // namespace

int replayCommand(const Tools &tools, const std::vector<std::string> &streams, const HistoryOptions &options)
{
    std::vector<Recording> recordings;
    for (const auto &file : streams) {
        auto recording = readRecording(file);
        if (!recording)
            return complain(recording.error());
        const bool twice = std::ranges::any_of(recordings, [&](const auto &other) { return other.node == recording->node; });
        if (twice)
            return complain({Stage::Input, FailureKind::Invalid, file + ": a second stream of node " + recording->node.text(), {}, "replay one stream a node"});
        recordings.push_back(std::move(*recording));
    }
    const std::string file = options.store.empty() ? resources::Installation::defaultStore().string() : options.store;
    auto store = tools.openStore(file);
    if (!store)
        return complain(store.error());
    domain::RunInfo info;
    info.plan = planOf(recordings, tools.installation);
    info.fleet.name = "replay of " + streams.front();
    info.operatorName = resources::Installation::operatorName();
    for (const auto &recording : recordings) {
        domain::Node node;
        node.id = recording.node;
        node.address = recording.node.text();
        info.fleet.nodes.push_back(node);
        info.nodes.push_back(recording.node);
        for (const auto &line : recording.lines) {
            const auto *record = std::get_if<protocol::Record>(&line.content);
            if (!record)
                continue;
            if (info.startedWall == 0)
                info.startedWall = record->stamp.wallSeconds;
            info.finishedWall = std::max(info.finishedWall, record->stamp.wallSeconds);
        }
    }
    const double finished = info.finishedWall;
    auto begun = (*store)->beginRun(std::move(info));
    if (!begun)
        return complain(begun.error());
    for (auto &recording : recordings)
        (*store)->append(begun->id, recording.node, std::move(recording.lines));
    if (auto flushed = (*store)->flush(); !flushed)
        return complain(flushed.error());
    if (auto state = (*store)->setRunState(begun->id, domain::RunState::Finished, finished); !state)
        return complain(state.error());
    print(stderr, "Stored as run {} in {}.\n", begun->id.text(), file);

    HistoryOptions verdict = options;
    verdict.store = file;
    verdict.run = begun->id.text();
    const int code = verdictCommand(tools, verdict);
    if (code != 0)
        return code;
    auto data = (*store)->runData(begun->id);
    auto criteriaFile = tools.installation.criteria(options.criteria);
    auto criteria = criteriaFile ? analysis::loadCriteria(*criteriaFile) : domain::Result<analysis::Criteria>(std::unexpected(criteriaFile.error()));
    if (data && criteria) {
        if (auto saved = (*store)->saveVerdict(analysis::judge(*data, *criteria)); !saved)
            return complain(saved.error());
    }
    return 0;
}

} // namespace seatrial::cli
