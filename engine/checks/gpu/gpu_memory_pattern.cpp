// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_memory_pattern.h"

#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/device_miscompare.h"
#include "engine/measure/random_seed.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr std::uint64_t granule = 2 << 20;
constexpr std::uint64_t sliceBytes = 4ull << 30; ///< between two looks at the time and at the stop flag

struct Wanted {
    GpuOptions common;
    double share = 0.9;
    std::uint64_t mostBytes = 0;
    double seconds = 60;
    std::int64_t rounds = 1;
};

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::SideBySide, context);
    wanted.share = options.number("share", 0.9, 0.01, 0.98);
    wanted.mostBytes = std::uint64_t(options.integer("max_bytes", 0, 0, std::int64_t(1) << 50));
    wanted.seconds = std::min(options.number("seconds", 60, 0.01, 604800), context.deadlineSeconds * 0.8);
    wanted.rounds = options.integer("rounds", 1, 1, 1'000'000);
    return wanted;
}

struct Pattern {
    std::string name;
    std::uint64_t seed;
};

/// Each bit of each word is 0 and 1 once by the random words, and each address line shows by the addresses.
std::vector<Pattern> patternsOf(std::uint64_t random)
{
    return {{"random words", random}, {"their complement", ~random}, {"addresses", 0}, {"complement of addresses", ~std::uint64_t(0)}};
}

struct Totals {
    std::uint64_t wrong = 0;
    std::uint64_t sweeps = 0; ///< patterns written over all and read back
    double bytesMoved = 0;
    double deviceSeconds = 0;
    std::int64_t rounds = 0;
    std::optional<CheckResult> first; ///< the first miscompare
    std::optional<CheckResult> problem;
    const char *stoppedBy = "rounds";
};

class PatternSweeps
{
public:
    PatternSweeps(Bench &bench, Device &device, const Wanted &wanted) : m_bench(bench), m_device(device), m_wanted(wanted) {}

    /// As much as was asked for in pieces, or what of it can be had.
    std::optional<CheckResult> allocate()
    {
        m_bench.stage("allocating memory");
        m_free = m_device.freeBytes();
        auto left = std::uint64_t(m_wanted.share * double(m_free));
        if (m_wanted.mostBytes > 0)
            left = std::min(left, m_wanted.mostBytes);
        for (left -= left % granule; left > 0;) {
            const auto bytes = std::min(left, sliceBytes);
            auto memory = m_device.allocate(bytes, MemoryPlace::Device);
            if (!memory.ok() && memory.problem().trouble == DeviceTrouble::OutOfMemory && !m_slices.empty())
                break;
            if (!memory.ok())
                return resultOf(memory.problem(), "allocating memory");
            m_slices.push_back(std::move(*memory));
            m_bytes += bytes;
            left -= bytes;
        }
        return m_slices.empty() ? std::optional(CheckResult::error("there is no room to test: " + std::to_string(m_free) + " bytes are free")) : std::nullopt;
    }

    Totals run()
    {
        m_began = m_bench.machine().now();
        for (; m_totals.rounds < m_wanted.rounds; ++m_totals.rounds) {
            for (const auto &pattern : patternsOf(randomSeed() | 1)) {
                if (!sweep(pattern))
                    return m_totals;
                ++m_totals.sweeps;
            }
        }
        return m_totals;
    }

    std::uint64_t bytes() const { return m_bytes; }
    double share() const { return m_free > 0 ? double(m_bytes) / double(m_free) : 0; }

private:
    bool goOn()
    {
        if (m_bench.stopped())
            m_totals.stoppedBy = "request";
        else if (m_bench.machine().now() - m_began >= m_wanted.seconds)
            m_totals.stoppedBy = "time";
        else
            return true;
        return false;
    }

    /// All is written before anything is read: a write that goes astray hits what was written before.
    bool sweep(const Pattern &pattern)
    {
        m_bench.stage("writing " + pattern.name);
        for (std::size_t i = 0; i < m_slices.size(); ++i) {
            if (!goOn())
                return false;
            m_bench.repetition(i + 1);
            const auto seconds = m_device.fill(*m_slices[i], pattern.seed);
            if (!seconds.ok())
                return give(resultOf(seconds.problem(), "writing " + pattern.name));
            m_totals.deviceSeconds += *seconds;
            m_totals.bytesMoved += double(m_slices[i]->bytes());
        }
        m_bench.stage("reading " + pattern.name);
        for (std::size_t i = 0; i < m_slices.size(); ++i) {
            if (m_bench.stopped())
                return goOn();
            m_bench.repetition(i + 1);
            auto report = m_device.verify(*m_slices[i], pattern.seed);
            if (!report.ok())
                return give(resultOf(report.problem(), "reading " + pattern.name));
            if (report->wrong > 0)
                tell(*report, pattern, i);
        }
        return true;
    }

    void tell(VerifyReport &report, const Pattern &pattern, std::size_t slice)
    {
        for (auto &wrong : report.first)
            wrong.offset += slice * sliceBytes;
        m_totals.wrong += report.wrong;
        auto result = tellMiscompares(m_bench.report(), m_bench.subject(), report, "the memory under test after writing " + pattern.name, pattern.seed);
        if (!m_totals.first)
            m_totals.first = std::move(result);
    }

    bool give(CheckResult problem)
    {
        m_totals.problem = std::move(problem);
        return false;
    }

    Bench &m_bench;
    Device &m_device;
    const Wanted &m_wanted;
    std::vector<std::unique_ptr<DeviceMemory>> m_slices;
    std::uint64_t m_bytes = 0, m_free = 0;
    double m_began = 0;
    Totals m_totals;
};

CheckResult measurePatterns(Bench &bench, const Wanted &wanted)
{
    auto device = bench.open();
    if (!device.ok())
        return resultOf(device.problem(), "opening it");
    PatternSweeps sweeps(bench, **device, wanted);
    if (const auto problem = sweeps.allocate())
        return *problem;
    if (!bench.turn())
        return stoppedEarly();
    Sampler sampler(bench.machine(), bench.gpu().index);
    sampler.begin();
    const auto totals = sweeps.run();
    auto parameters = sampler.end().parameters();
    parameters["bytes"] = std::to_string(sweeps.bytes());
    parameters["rounds"] = std::to_string(totals.rounds);
    parameters["stopped_by"] = totals.stoppedBy;
    const auto &report = bench.report();
    if (totals.sweeps > 0 || totals.wrong > 0) {
        report.read("pattern_bytes", Unit::Bytes, bench.subject(), double(sweeps.bytes()), parameters);
        report.read("pattern_share", Unit::None, bench.subject(), sweeps.share(), parameters);
        report.read("pattern_sweeps", Unit::Count, bench.subject(), double(totals.sweeps), parameters);
        report.read("pattern_miscompares", Unit::Count, bench.subject(), double(totals.wrong), parameters);
        if (totals.deviceSeconds > 0)
            report.read("pattern_rate", Unit::GigabytesPerSecond, bench.subject(), totals.bytesMoved * 1e-9 / totals.deviceSeconds, parameters);
    }
    if (totals.first) // a wrong bit is wrong, whatever happened afterwards
        return *totals.first;
    if (totals.problem)
        return *totals.problem;
    if (bench.stopped())
        return stoppedEarly();
    if (totals.sweeps == 0)
        return CheckResult::error(std::to_string(sweeps.bytes()) + " bytes could not be written and read back once in the time given; ask for a "
                                  "smaller share or more seconds");
    return CheckResult::completed();
}

} // namespace

std::vector<std::string> GpuMemoryPattern::parameterHelp() const
{
    auto help = GpuOptions::help(Order::SideBySide);
    help.insert(help.begin(), {"share=0.9 (of the GPU's free memory, from 0.01 to 0.98)", "max_bytes=0 (upper bound, bytes; 0: none)",
                               "seconds=60 (longest time of one GPU, s)", "rounds=1 (of all patterns, each with random words of its own)"});
    return help;
}

std::string GpuMemoryPattern::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuMemoryPattern::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    if (options.bad())
        return CheckResult::error(options.problem());
    return measureEachGpu(context, id(), wanted.common, [&](Bench &bench) { return measurePatterns(bench, wanted); });
}

} // namespace seatrial::engine
