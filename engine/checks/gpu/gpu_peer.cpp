// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_peer.h"

#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/device_miscompare.h"
#include "engine/checks/gpu/rounds.h"
#include "engine/measure/clock.h"
#include "engine/measure/random_seed.h"

#include <algorithm>
#include <map>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr std::uint64_t usualBytes = 256ull << 20;
constexpr double repetitionSeconds = 0.01;

struct Wanted {
    GpuOptions common;
    double seconds = 0.5;
    std::uint64_t bytes = usualBytes;
};

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::SideBySide, context); // pairs without a common GPU
    wanted.seconds = options.number("seconds", 0.5, 0.01, 604800);
    wanted.bytes = std::uint64_t(options.integer("bytes", usualBytes, 4096, std::int64_t(8) << 30)) / 8 * 8;
    return wanted;
}

std::string arrow(const SurveyedGpu &from, const SurveyedGpu &to)
{
    return from.subject() + "→" + to.subject();
}

/// One of the two GPUs of a pair.
struct End {
    std::unique_ptr<Device> device;
    std::unique_ptr<DeviceMemory> source, target;
};

class PairRun
{
public:
    PairRun(Bench &bench, const Wanted &wanted) : m_bench(bench), m_wanted(wanted) {}

    CheckResult run()
    {
        for (std::size_t which : {0u, 1u}) {
            if (auto result = prepare(which); result.status != protocol::StepStatus::Completed)
                return result;
        }
        if (!m_bench.turn())
            return stoppedEarly();
        m_bench.share("bytes", std::to_string(m_wanted.bytes));
        tellRelation();
        auto result = oneWay(0, 1);
        return result.status == protocol::StepStatus::Completed ? oneWay(1, 0) : result;
    }

private:
    CheckResult prepare(std::size_t which)
    {
        auto device = m_bench.open(which);
        const auto name = m_bench.gpu(which).subject();
        if (!device.ok())
            return resultOf(device.problem(), "opening " + name);
        m_ends[which].device = std::move(*device);
        m_bench.stage("allocating memory of " + name);
        for (auto *memory : {&m_ends[which].source, &m_ends[which].target}) {
            auto made = m_ends[which].device->allocate(m_wanted.bytes, MemoryPlace::Device);
            if (!made.ok())
                return resultOf(made.problem(), "allocating memory of " + name);
            *memory = std::move(*made);
        }
        return CheckResult::completed();
    }

    void tellRelation()
    {
        const auto relation = m_bench.machine().management().relation(m_bench.gpu(0).index, m_bench.gpu(1).index);
        if (!relation.ok())
            return;
        m_bench.share("relation", relation->word);
        m_bench.share("nvlinks", std::to_string(relation->links));
    }

    CheckResult oneWay(std::size_t from, std::size_t to)
    {
        const auto name = arrow(m_bench.gpu(from), m_bench.gpu(to));
        auto &source = m_ends[from];
        auto &target = m_ends[to];
        m_bench.stage("a verified copy " + name);
        const auto direct = source.device->reaches(*target.device);
        if (!direct.ok())
            return resultOf(direct.problem(), "asking whether " + name + " is direct");
        const auto seed = randomSeed() | 1;
        if (const auto filled = source.device->fill(*source.source, seed); !filled.ok())
            return resultOf(filled.problem(), "filling memory for " + name);
        const auto copy = [&](int times) { return source.device->copyToPeer(*target.device, *target.target, *source.source, m_wanted.bytes, times); };
        const auto first = copy(1);
        if (!first.ok())
            return resultOf(first.problem(), "copying " + name);
        const auto report = target.device->verify(*target.target, seed);
        if (!report.ok())
            return resultOf(report.problem(), "verifying " + name);
        if (report->wrong > 0)
            return tellMiscompares(m_bench.report(), name, *report, "what was copied " + name, seed);
        const int times = timesFor(*first, repetitionSeconds);
        const auto series = m_bench.repeat(name, gpuRule(m_wanted.seconds), 0, [&] { return rateOf(double(m_wanted.bytes) * times, copy(times)); });
        if (series.problem)
            return resultOf(*series.problem, "copying " + name);
        // Two metrics: nobody shall compare a way over NVLink with one through the host.
        m_bench.measured(*direct ? "peer_direct" : "peer_through_host", Unit::GigabytesPerSecond, name, series,
                         {{"kernel", "copy engine"}, {"path", *direct ? "direct" : "through the host"}, {"runs_of_a_repetition", std::to_string(times)}});
        return m_bench.stopped() ? stoppedEarly() : CheckResult::completed();
    }

    Bench &m_bench;
    const Wanted &m_wanted;
    End m_ends[2];
};

const SurveyedGpu &find(const std::vector<SurveyedGpu> &gpus, int index)
{
    return *std::find_if(gpus.begin(), gpus.end(), [&](const auto &gpu) { return gpu.index == index; });
}

/// All pairs, round by round.
class PeerRounds
{
public:
    PeerRounds(const CheckContext &context, std::string_view check, const GpuOptions &options, const Wanted &wanted, std::vector<SurveyedGpu> gpus)
        : m_context(context), m_check(check), m_options(options), m_wanted(wanted), m_gpus(std::move(gpus)), m_deadline(Deadline::after(options.patience.total))
    {
    }

    void run(std::vector<TaskEnd> &ends)
    {
        std::vector<int> members;
        for (const auto &gpu : m_gpus)
            members.push_back(gpu.index);
        for (auto round : disjointRounds(members)) {
            std::erase_if(round, [&](const IntPair &pair) { return m_troubles[pair.first] >= mostTroubles || m_troubles[pair.second] >= mostTroubles; });
            measure(round, ends);
            if (stopRequested(m_context.stop))
                return;
        }
    }

private:
    void measure(const std::vector<IntPair> &round, std::vector<TaskEnd> &ends)
    {
        std::vector<Task> tasks;
        for (const auto &[a, b] : round) {
            const std::vector<SurveyedGpu> pair{find(m_gpus, a), find(m_gpus, b)};
            tasks.push_back({arrow(pair[0], pair[1]), [this, pair](ChildSide &side) {
                                 CheckContext own = m_context;
                                 own.out = &side.out();
                                 Bench bench(side, own, m_check, m_options, pair);
                                 return PairRun(bench, m_wanted).run();
                             }});
        }
        auto patience = m_options.patience;
        patience.total = m_deadline.remainingSeconds();
        auto ended = runTasks(std::move(tasks), m_options.order, patience, m_context.stop, [this](protocol::Body body) {
            if (m_context.out)
                m_context.out->emit(std::move(body));
        });
        for (std::size_t i = 0; i < ended.size(); ++i) {
            const bool well = ended[i].kind == TaskEnd::Kind::Answered && ended[i].result.status != protocol::StepStatus::Failed;
            m_troubles[round[i].first] += !well;
            m_troubles[round[i].second] += !well;
            ends.push_back(std::move(ended[i]));
        }
    }

    static constexpr int mostTroubles = 2;

    const CheckContext &m_context;
    std::string_view m_check;
    const GpuOptions &m_options;
    const Wanted &m_wanted;
    std::vector<SurveyedGpu> m_gpus;
    Deadline m_deadline;
    std::map<int, int> m_troubles; ///< pairs of a GPU that died or hung: with two of them it is not tried with all others as well
};

} // namespace

std::vector<std::string> GpuPeer::parameterHelp() const
{
    auto help = GpuOptions::help(Order::SideBySide);
    help.insert(help.begin(), {"seconds=0.5 (longest time of one direction of a pair, s)", "bytes=268435456 (of each copy)"});
    return help;
}

std::string GpuPeer::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuPeer::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    if (options.bad())
        return CheckResult::error(options.problem());
    const auto &common = wanted.common;
    const auto survey = surveyGpus(context, common);
    if (survey.refusal)
        return *survey.refusal;
    auto ends = survey.unfit();
    const auto gpus = survey.fit();
    if (gpus.size() < 2 && ends.empty())
        return CheckResult::notPresent("there is one GPU, and a pair takes two");
    PeerRounds(context, id(), common, wanted, gpus).run(ends);
    if (stopRequested(context.stop))
        return stoppedEarly();
    return conclude(ends);
}

} // namespace seatrial::engine
