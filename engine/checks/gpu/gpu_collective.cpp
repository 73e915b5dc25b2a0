// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_collective.h"

#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/rounds.h"
#include "engine/measure/clock.h"

#include <algorithm>
#include <set>

namespace seatrial::engine {

namespace {

using protocol::StepStatus;
using protocol::Unit;

constexpr std::uint64_t latencyBytes = 8;
constexpr int runsOfARepetition = 5;
constexpr std::size_t comparedSize = 8;
constexpr int trialRuns = 5;
constexpr std::uint64_t trialBytes = 1 << 20;
constexpr double longestTrial = 20; ///< of a pair that is asked whether it hangs, s

struct Wanted {
    GpuOptions common;
    double seconds = 10;
    std::uint64_t least = 1 << 20;
    std::uint64_t most = 8ull << 30;
    int factor = 8;

    /// Ascending; the last one is the figure.
    std::vector<std::uint64_t> sizes() const
    {
        std::vector<std::uint64_t> all;
        for (auto bytes = least; bytes < most; bytes *= std::uint64_t(factor))
            all.push_back(bytes);
        all.push_back(most);
        return all;
    }
};

std::string sizeText(std::uint64_t bytes)
{
    constexpr const char *units[] = {"B", "KiB", "MiB", "GiB"};
    std::size_t unit = 0;
    while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++unit;
    }
    return std::to_string(bytes) + units[unit];
}

std::vector<int> indexesOf(const std::vector<SurveyedGpu> &gpus)
{
    std::vector<int> indexes;
    for (const auto &gpu : gpus)
        indexes.push_back(gpu.index);
    return indexes;
}

/// All sizes over the GPUs of one group.
class GroupRun
{
public:
    GroupRun(Bench &bench, const Wanted &wanted) : m_bench(bench), m_wanted(wanted), m_gpus(indexesOf(bench.gpus())) {}

    CheckResult run()
    {
        if (!m_bench.turn())
            return stoppedEarly();
        m_bench.share("gpus", std::to_string(m_gpus.size()));
        const auto sizes = m_wanted.sizes();
        const double budget = m_wanted.seconds / double(sizes.size() + 1);
        auto result = latency(budget);
        for (std::size_t i = 0; i < sizes.size() && result.status == StepStatus::Completed && !m_full; ++i)
            result = measure(sizes[i], budget);
        if (result.status == StepStatus::Completed && m_largest)
            tellLargest();
        return result;
    }

private:
    Series repeat(std::uint64_t bytes, double budget, const std::function<double(double)> &figure)
    {
        StoppingRule rule = gpuRule(budget);
        return m_bench.repeat("all-reduce of " + sizeText(bytes), rule, 0, [&]() -> Outcome<double> {
            const auto seconds = m_bench.machine().allReduce(m_gpus, bytes, runsOfARepetition);
            if (!seconds.ok())
                return seconds.problem();
            if (!(*seconds > 0))
                return DeviceProblem{DeviceTrouble::Broken, "the collective library says that it took no time at all"};
            return figure(*seconds);
        });
    }

    CheckResult latency(double budget)
    {
        const auto series = repeat(latencyBytes, budget, [](double seconds) { return seconds * 1e6; });
        if (series.problem)
            return resultOf(*series.problem, "an all-reduce of 8 bytes");
        m_bench.measured("all_reduce_latency", Unit::Microseconds, "node", series, {{"bytes", std::to_string(latencyBytes)}});
        return m_bench.stopped() ? stoppedEarly() : CheckResult::completed();
    }

    CheckResult measure(std::uint64_t bytes, double budget)
    {
        const double n = double(m_gpus.size());
        const double factor = 2 * (n - 1) / n;
        auto series = repeat(bytes, budget, [&](double seconds) { return double(bytes) * factor * 1e-9 / seconds; });
        if (series.problem && series.problem->trouble == DeviceTrouble::OutOfMemory && m_largest) {
            m_bench.report().event(protocol::Severity::Info, "gpu.collective_memory", "node",
                                   "An all-reduce of " + sizeText(bytes) + " does not fit: " + series.problem->text + ".");
            m_full = true;
            return CheckResult::completed();
        }
        if (series.problem)
            return resultOf(*series.problem, "an all-reduce of " + sizeText(bytes));
        m_bench.measured("all_reduce_bus_bandwidth_" + sizeText(bytes), Unit::GigabytesPerSecond, "node", series, about(bytes));
        m_largest = {bytes, std::move(series)};
        return m_bench.stopped() ? stoppedEarly() : CheckResult::completed();
    }

    void tellLargest()
    {
        const auto &[bytes, series] = *m_largest;
        m_bench.measured("all_reduce_bus_bandwidth", Unit::GigabytesPerSecond, "node", series, about(bytes));
        if (m_gpus.size() == comparedSize) // published figures are of so many
            m_bench.measured("all_reduce_bus_bandwidth_of_8", Unit::GigabytesPerSecond, "node", series, about(bytes));
        const double n = double(m_gpus.size());
        m_bench.report().read("all_reduce_algorithm_bandwidth", Unit::GigabytesPerSecond, "node", series.samples.median() * n / (2 * (n - 1)), about(bytes));
    }

    protocol::Parameters about(std::uint64_t bytes) const
    {
        return {{"bytes", std::to_string(bytes)}, {"operation", "sum of float"}, {"runs_of_a_repetition", std::to_string(runsOfARepetition)},
                {"formula", "algorithm bandwidth x 2(n-1)/n"}};
    }

    Bench &m_bench;
    const Wanted &m_wanted;
    std::vector<int> m_gpus;
    std::optional<std::pair<std::uint64_t, Series>> m_largest;
    bool m_full = false;
};

/// Finds at whose GPU a group hangs: pairs are tried, then each of a pair that hangs with one of a pair that does not.
class HangSearch
{
public:
    HangSearch(const CheckContext &context, const GpuOptions &options, std::vector<SurveyedGpu> gpus)
        : m_context(context), m_options(options), m_gpus(std::move(gpus))
    {
        m_options.patience.stall = std::min({m_options.patience.stall, longestTrial, context.deadlineSeconds * 0.1});
        m_options.patience.grace = std::min(m_options.patience.grace, longestTrial / 4);
        m_options.patience.total = m_options.patience.stall + m_options.patience.grace + m_options.patience.afterKill + 1;
    }

    /// Those at fault; the others of the group work together.
    std::set<int> culprits()
    {
        const auto rounds = disjointRounds(indexesOf(m_gpus));
        std::set<int> suspects, good;
        for (const auto &[pair, works] : tryPairs(rounds.front()))
            (works ? good : suspects).insert({pair.first, pair.second});
        for (const auto &gpu : m_gpus) { // the one without a partner in the first round
            if (suspects.count(gpu.index) == 0 && good.count(gpu.index) == 0)
                suspects.insert(gpu.index);
        }
        if (suspects.empty() || good.empty())
            return {};
        // Each with a good one of its own, so that one that hangs takes no other's partner with it.
        std::set<int> guilty;
        while (!suspects.empty()) {
            std::vector<IntPair> pairs;
            auto partner = good.begin();
            for (; partner != good.end() && !suspects.empty(); ++partner) {
                pairs.emplace_back(*suspects.begin(), *partner);
                suspects.erase(suspects.begin());
            }
            for (const auto &[pair, works] : tryPairs(pairs)) {
                if (!works)
                    guilty.insert(pair.first);
            }
        }
        return guilty;
    }

private:
    std::vector<std::pair<IntPair, bool>> tryPairs(const std::vector<IntPair> &pairs)
    {
        std::vector<Task> tasks;
        for (const auto &[a, b] : pairs) {
            const std::vector<int> pair{a, b};
            tasks.push_back({"gpu/" + std::to_string(a) + " with gpu/" + std::to_string(b), [this, pair](ChildSide &side) {
                                 side.stage("a trial all-reduce");
                                 if (!side.waitForTurn(m_context.stop))
                                     return stoppedEarly();
                                 const auto seconds = m_context.machine->allReduce(pair, trialBytes, trialRuns);
                                 return seconds.ok() ? CheckResult::completed() : resultOf(seconds.problem(), "a trial all-reduce");
                             }});
        }
        const auto ends = runTasks(std::move(tasks), Order::SideBySide, m_options.patience, m_context.stop, [](const protocol::Body &) {});
        std::vector<std::pair<IntPair, bool>> answers;
        for (std::size_t i = 0; i < ends.size(); ++i)
            answers.emplace_back(pairs[i], ends[i].result.status == StepStatus::Completed);
        return answers;
    }

    const CheckContext &m_context;
    GpuOptions m_options;
    std::vector<SurveyedGpu> m_gpus;
};

std::string namesOf(const std::set<int> &gpus)
{
    std::string text;
    for (const int gpu : gpus)
        text += (text.empty() ? "" : ", ") + ("gpu/" + std::to_string(gpu));
    return text;
}

/// Those that began fewer collectives than the others.
std::set<int> behindOthers(const std::vector<RankProgress> &ranks)
{
    std::set<int> behind;
    std::uint64_t most = 0;
    for (const auto &rank : ranks)
        most = std::max(most, rank.entered);
    for (const auto &rank : ranks) {
        if (rank.entered < most)
            behind.insert(rank.gpu);
    }
    return behind;
}

TaskEnd runGroup(const CheckContext &context, std::string_view check, const GpuOptions &common, const Wanted &wanted, const std::vector<SurveyedGpu> &gpus)
{
    const auto emit = [&](protocol::Body body) {
        if (context.out)
            context.out->emit(std::move(body));
    };
    const auto work = [&](ChildSide &side) {
        CheckContext own = context;
        own.out = &side.out();
        Bench bench(side, own, check, common, gpus);
        return GroupRun(bench, wanted).run();
    };
    return runTasks({{"the all-reduce of " + std::to_string(gpus.size()) + " GPUs", work}}, Order::SideBySide, common.patience, context.stop, emit).front();
}

/// The group died or hung: says by whom, where that can be told.
void accuse(const CheckContext &context, std::string_view check, const GpuOptions &common, const std::vector<SurveyedGpu> &gpus, TaskEnd &end)
{
    auto guilty = behindOthers(context.machine->ranks());
    const bool told = !guilty.empty();
    if (!told)
        guilty = HangSearch(context, common, gpus).culprits();
    if (stopRequested(context.stop))
        return;
    const Reporter reporter(context, check);
    if (guilty.empty()) {
        end.result.reason += "; smaller groups do not tell by which GPU";
        return;
    }
    for (const int gpu : guilty)
        reporter.event(protocol::Severity::Error, "gpu.hung_rank", "gpu/" + std::to_string(gpu),
                       told ? "gpu/" + std::to_string(gpu) + " did not begin the collective that all others wait in."
                            : "An all-reduce does not end with gpu/" + std::to_string(gpu) + ", and ends without it.",
                       {{"stage", end.stage}, {"found_by", told ? "progress of the ranks" : "smaller groups"}});
    end.result = CheckResult::failed(end.result.reason + "; " + namesOf(guilty)
                                     + (told ? " did not begin the collective that all others wait in" : " is where pairs hang as well, and pairs without end well"));
}

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::SideBySide, context);
    wanted.common.patience.stall = std::min(wanted.common.patience.stall, context.deadlineSeconds * 0.35); // the rest is for finding by whom it hangs
    wanted.seconds = options.number("seconds", 10, 0.01, 604800);
    wanted.least = std::uint64_t(options.integer("min_bytes", 1 << 20, 4, std::int64_t(1) << 40));
    wanted.most = std::uint64_t(options.integer("max_bytes", std::int64_t(8) << 30, std::int64_t(wanted.least), std::int64_t(1) << 40));
    wanted.factor = int(options.integer("factor", 8, 2, 1024));
    return wanted;
}

} // namespace

std::vector<std::string> GpuCollective::parameterHelp() const
{
    auto help = GpuOptions::help(Order::SideBySide);
    help.insert(help.begin(), {"seconds=10 (for all sizes, s)", "min_bytes=1048576 (smallest size)", "max_bytes=8589934592 (largest size: the figure)",
                               "factor=8 (from size to size)"});
    return help;
}

std::string GpuCollective::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuCollective::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    if (options.bad())
        return CheckResult::error(options.problem());
    const auto &common = wanted.common;
    const auto survey = surveyGpus(context, common);
    if (survey.refusal)
        return *survey.refusal;
    const auto gpus = survey.fit();
    auto ends = survey.unfit();
    if (gpus.size() < 2)
        return ends.empty() ? CheckResult::notPresent("there is one GPU, and a collective takes two") : conclude(ends);
    auto end = runGroup(context, id(), common, wanted, gpus);
    if ((end.kind == TaskEnd::Kind::Hung || end.kind == TaskEnd::Kind::LeftBehind || end.kind == TaskEnd::Kind::Died) && gpus.size() > 2)
        accuse(context, id(), common, gpus, end);
    ends.push_back(std::move(end));
    return conclude(ends);
}

} // namespace seatrial::engine
