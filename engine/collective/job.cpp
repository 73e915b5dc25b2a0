// SPDX-License-Identifier: Apache-2.0
#include "engine/collective/job.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace seatrial::engine::collective {

namespace {

constexpr std::array operations{std::pair{Operation::AllReduce, std::string_view("all_reduce")},
                                std::pair{Operation::AllGather, std::string_view("all_gather")},
                                std::pair{Operation::ReduceScatter, std::string_view("reduce_scatter")},
                                std::pair{Operation::Broadcast, std::string_view("broadcast")},
                                std::pair{Operation::Reduce, std::string_view("reduce")},
                                std::pair{Operation::AllToAll, std::string_view("all_to_all")},
                                std::pair{Operation::SendRecv, std::string_view("send_recv")}};
constexpr const char *allOperations = "all_reduce,all_gather,reduce_scatter,broadcast,reduce,all_to_all,send_recv";
constexpr const char *usualSizes = "8,65536,8388608";
constexpr std::int64_t largestBytes = std::int64_t(1) << 30;
constexpr std::size_t mostSizes = 16;

std::vector<Operation> readOperations(Options &options)
{
    std::vector<Operation> wanted;
    const auto text = options.text("operations", allOperations);
    for (const auto word : split(text, ',')) {
        const auto found = std::ranges::find(operations, trimmed(word), &std::pair<Operation, std::string_view>::second);
        if (found == operations.end()) {
            options.reject("operations", std::string("words of ") + allOperations + ", with a comma between two");
            return {};
        }
        if (std::ranges::find(wanted, found->first) == wanted.end())
            wanted.push_back(found->first);
    }
    return wanted;
}

std::vector<std::uint64_t> readSizes(Options &options)
{
    std::vector<std::uint64_t> wanted;
    const auto text = options.text("bytes", usualSizes);
    for (const auto word : split(text, ',')) {
        const auto bytes = parseInteger(trimmed(word));
        if (!bytes || *bytes < 1 || *bytes > largestBytes || wanted.size() == mostSizes) {
            options.reject("bytes", "at most " + std::to_string(mostSizes) + " numbers of bytes from 1 to " + std::to_string(largestBytes)
                                        + ", with a comma between two");
            return {};
        }
        wanted.push_back(std::uint64_t(*bytes));
    }
    return wanted;
}

bool isToken(const std::string &token)
{
    return token.size() >= 8 && token.size() <= 128 && token.find_first_not_of("0123456789abcdefABCDEF") == token.npos;
}

std::string joined(const std::vector<Stage> &stages, bool ofBytes)
{
    std::string text;
    std::vector<std::string> seen;
    for (const auto &stage : stages) {
        auto word = ofBytes ? std::to_string(stage.bytes) : std::string(nameOf(stage.operation));
        if (std::ranges::find(seen, word) != seen.end())
            continue;
        text += (seen.empty() ? "" : ",") + word;
        seen.push_back(std::move(word));
    }
    return text;
}

} // namespace

std::string_view nameOf(Operation operation)
{
    return std::ranges::find(operations, operation, &std::pair<Operation, std::string_view>::first)->second;
}

std::string sizeText(std::uint64_t bytes)
{
    constexpr const char *units[] = {"B", "KiB", "MiB", "GiB"};
    std::size_t unit = 0;
    while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++unit;
    }
    return std::to_string(bytes) + ' ' + units[unit];
}

std::uint64_t Shape::bytes() const
{
    return std::max(input, output) * elementBytes;
}

Shape shapeOf(const Stage &stage, int ranks)
{
    const auto n = std::uint64_t(std::max(1, ranks));
    const auto elements = std::max<std::uint64_t>(1, (stage.bytes + elementBytes - 1) / elementBytes);
    const auto piece = (elements + n - 1) / n; // every rank has one of the same size, and not none
    const double others = double(n - 1) / double(n);
    switch (stage.operation) {
    case Operation::AllReduce: return {elements, elements, elements, 2 * others, true};
    case Operation::AllGather: return {piece, piece, piece * n, others, false};
    case Operation::ReduceScatter: return {piece, piece * n, piece, others, true};
    case Operation::AllToAll: return {piece, piece * n, piece * n, others, false};
    case Operation::Broadcast:
    case Operation::SendRecv: return {elements, elements, elements, 1, false};
    case Operation::Reduce: return {elements, elements, elements, 1, true};
    }
    return {};
}

Job Job::ofPlan(Options &options)
{
    Job job;
    const auto sizes = readSizes(options);
    for (const auto operation : readOperations(options)) {
        for (const auto bytes : sizes)
            job.stages.push_back({operation, bytes});
    }
    job.seconds = options.number("seconds", job.seconds, 0.01, 3600);
    job.mostIterations = std::uint64_t(options.integer("iterations_most", std::int64_t(job.mostIterations), 1, 10'000'000));
    job.stageDeadline = options.number("stage_deadline", job.stageDeadline, 1, 600);
    return job;
}

Job Job::ofSchedule(Options &options)
{
    auto job = ofPlan(options);
    const auto role = options.needed("role");
    if (role != "root" && role != "member" && !role.empty())
        options.reject("role", "root or member");
    for (const auto *name : {"rank", "size"})
        options.needed(name);
    job.size = int(options.integer("size", 2, 2, mostRanks));
    job.rank = role == "root" ? int(options.integer("rank", 0, 0, 0)) : int(options.integer("rank", 1, 1, job.size - 1));
    job.token = options.needed("token");
    if (!job.token.empty() && !isToken(job.token))
        options.reject("token", "8 to 128 hexadecimal digits");
    if (role == "member") {
        job.root = options.needed("root");
        options.needed("port");
        job.port = std::uint16_t(options.integer("port", 1, 1, 65535));
    }
    return job;
}

protocol::Parameters Job::parameters() const
{
    protocol::Parameters all{{"role", rank == 0 ? "root" : "member"},
                             {"rank", std::to_string(rank)},
                             {"size", std::to_string(size)},
                             {"token", token},
                             {"operations", joined(stages, false)},
                             {"bytes", joined(stages, true)},
                             {"seconds", numberText(seconds)},
                             {"iterations_most", std::to_string(mostIterations)},
                             {"stage_deadline", numberText(stageDeadline)}};
    if (rank > 0) {
        all["root"] = root;
        all["port"] = std::to_string(port);
    }
    return all;
}

std::string Job::stageName(int stage) const
{
    if (stage <= 0)
        return "rendezvous";
    if (stage == 1)
        return "connect";
    if (stage >= lastStage())
        return "done";
    const auto &wanted = stages[std::size_t(stage - 2)];
    return std::string(nameOf(wanted.operation)) + " of " + sizeText(wanted.bytes);
}

std::uint64_t Job::largestBuffer() const
{
    std::uint64_t largest = 0;
    for (const auto &stage : stages)
        largest = std::max(largest, shapeOf(stage, size).bytes());
    return largest;
}

std::uint64_t Job::fingerprint() const
{
    auto words = parameters();
    for (const auto *own : {"role", "rank", "root", "port", "token"})
        words.erase(own);
    std::uint64_t hash = 14695981039346656037ull; // FNV-1a
    for (const auto &[name, value] : words) {
        for (const char letter : name + '=' + value + ';')
            hash = (hash ^ std::uint8_t(letter)) * 1099511628211ull;
    }
    return hash;
}

} // namespace seatrial::engine::collective
