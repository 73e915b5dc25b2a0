// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/print.h"

#include "core/analysis/judge.h"
#include "core/protocol/stream_reader.h"
#include "core/report/verdict_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
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
    std::vector<protocol::StreamLine> lines;
};

Failure notAStream(const std::string &what)
{
    return {Stage::Input, FailureKind::Invalid, what, {}, "name a stream as seatrialctl stream writes it"};
}

/// How far a file is read in search of a first record: what has none by then is no stream, however long it is.
constexpr std::size_t kFirstRecordWithin = 1 << 20;

domain::Result<std::vector<protocol::StreamLine>> readLines(const std::string &file)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        return std::unexpected(notAStream(file + " is a folder"));
    std::ifstream input(file, std::ios::binary);
    if (!input)
        return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "cannot read " + file + ": " + std::strerror(errno), {}, "name a stream as seatrialctl stream writes it"});
    std::vector<protocol::StreamLine> lines;
    protocol::StreamReader reader;
    std::string chunk(1 << 16, '\0');
    std::size_t bytes = 0;
    bool records = false;
    const auto take = [&](std::vector<protocol::StreamLine> more) {
        records = records || std::ranges::any_of(more, [](const auto &line) { return !std::holds_alternative<protocol::Malformed>(line.content); });
        std::ranges::move(more, std::back_inserter(lines));
    };
    while (input.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || input.gcount() > 0) {
        take(reader.feed(std::string_view(chunk.data(), static_cast<std::size_t>(input.gcount()))));
        bytes += static_cast<std::size_t>(input.gcount());
        if (!records && bytes > kFirstRecordWithin)
            break;
    }
    take(reader.finish());
    if (bytes == 0)
        return std::unexpected(notAStream(file + " is empty"));
    if (!records)
        return std::unexpected(notAStream(file + " is not a stream: no line of it is a record"));
    return lines;
}

/// Says how many lines cannot count, and where the first of them is.
void tellUnreadable(const Recording &recording)
{
    std::size_t unreadable = 0, first = 0;
    std::string reason;
    for (std::size_t i = 0; i < recording.lines.size(); ++i) {
        const auto *malformed = std::get_if<protocol::Malformed>(&recording.lines[i].content);
        if (malformed && unreadable++ == 0) {
            first = i + 1;
            reason = malformed->reason;
        }
    }
    if (unreadable)
        print(stderr, "{}: {} of {} lines could not be read, first line {}: {}\n", recording.file, unreadable, recording.lines.size(), first, report::printable(reason));
}

domain::Result<Recording> readRecording(const std::string &file)
{
    auto lines = readLines(file);
    if (!lines)
        return std::unexpected(std::move(lines.error()));
    Recording recording{file, {}, std::move(*lines)};
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

domain::Result<std::vector<Recording>> readRecordings(const std::vector<std::string> &streams)
{
    std::vector<Recording> recordings;
    for (const auto &file : streams) {
        auto recording = readRecording(file);
        if (!recording)
            return std::unexpected(std::move(recording.error()));
        const bool twice = std::ranges::any_of(recordings, [&](const auto &other) { return other.node == recording->node; });
        if (twice)
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
        for (const auto &line : recording.lines) {
            const auto *record = std::get_if<protocol::Record>(&line.content);
            if (!record)
                continue;
            if (info.startedWall == 0)
                info.startedWall = record->stamp.wallSeconds;
            info.finishedWall = std::max(info.finishedWall, record->stamp.wallSeconds);
        }
    }
    return info;
}

domain::Result<domain::RunId> storeRun(store::Store &store, domain::RunInfo info, std::vector<Recording> recordings)
{
    const double finished = info.finishedWall;
    auto begun = store.beginRun(std::move(info));
    if (!begun)
        return std::unexpected(std::move(begun.error()));
    for (auto &recording : recordings)
        store.append(begun->id, recording.node, std::move(recording.lines));
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
    auto run = storeRun(**store, std::move(info), std::move(*recordings));
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
