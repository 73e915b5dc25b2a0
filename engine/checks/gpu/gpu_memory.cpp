// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_memory.h"

#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/device_miscompare.h"
#include "engine/measure/random_seed.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr std::uint64_t leastArray = 2ull << 30; ///< half a millisecond and more: the start of a kernel is lost in it
constexpr std::uint64_t cacheMultiple = 4; ///< an array is so many times the second-level cache: nothing of it is left there
constexpr std::uint64_t granule = 1 << 20;
constexpr double repetitionSeconds = 0.01; ///< long against the launch of a kernel
constexpr int pieces = 16; ///< of what a kernel left, another one is compared after each repetition

struct Loop {
    StreamKernel kernel;
    const char *name;
    int arraysMoved;
    const char *verified;
};

constexpr const char *everyResult = "a sixteenth of the result after each repetition, another one each time; all of it, and the sources, after the last";

constexpr Loop loops[] = {
    {StreamKernel::Read, "read", 1, "the array is unharmed"}, // leaves no result
    {StreamKernel::Write, "write", 1, everyResult},
    {StreamKernel::Copy, "copy", 2, everyResult},
    {StreamKernel::Scale, "scale", 2, everyResult},
    {StreamKernel::Add, "add", 3, everyResult},
    {StreamKernel::Triad, "triad", 3, everyResult},
};

struct Wanted {
    GpuOptions common;
    double seconds = 3;
    std::uint64_t arrayBytes = 0;
};

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::SideBySide, context);
    wanted.seconds = options.number("seconds", 3, 0.01, 604800);
    wanted.arrayBytes = std::uint64_t(options.integer("array_bytes", 0, 0, std::int64_t(1) << 40));
    return wanted;
}

struct Arrays {
    std::unique_ptr<DeviceMemory> to, a, b;
    std::uint64_t bytes = 0;
};

Outcome<Arrays> makeArrays(Device &device, std::uint64_t wanted)
{
    Arrays arrays;
    const auto usual = std::max(leastArray, cacheMultiple * device.facts().cacheBytes);
    arrays.bytes = std::min(wanted > 0 ? wanted : usual, device.freeBytes() / 4);
    arrays.bytes -= arrays.bytes % granule;
    if (arrays.bytes == 0 || (wanted == 0 && arrays.bytes < cacheMultiple * device.facts().cacheBytes))
        return DeviceProblem{DeviceTrouble::OutOfMemory, std::to_string(device.freeBytes()) + " bytes are free, three arrays of "
                                                             + std::to_string(std::max(wanted, usual)) + " do not fit"};
    for (auto *array : {&arrays.to, &arrays.a, &arrays.b}) {
        auto memory = device.allocate(arrays.bytes, MemoryPlace::Device);
        if (!memory.ok())
            return memory.problem();
        *array = std::move(*memory);
    }
    return arrays;
}

class MemoryRun
{
public:
    MemoryRun(Bench &bench, Device &device, Arrays arrays, double seconds)
        : m_bench(bench), m_device(device), m_arrays(std::move(arrays)), m_seconds(seconds), m_seed(randomSeed() | 1), m_otherSeed(m_seed ^ 0x5ea7'0000'0000'0000)
    {
    }

    CheckResult run()
    {
        for (const auto &[array, seed] : {std::pair{m_arrays.a.get(), m_seed}, {m_arrays.b.get(), m_otherSeed}, {m_arrays.to.get(), m_seed}}) {
            if (const auto filled = m_device.fill(*array, seed); !filled.ok())
                return resultOf(filled.problem(), "filling arrays");
        }
        for (const auto &loop : loops) {
            if (const auto result = measure(loop); result.status != protocol::StepStatus::Completed)
                return result;
        }
        return CheckResult::completed();
    }

private:
    CheckResult measure(const Loop &loop)
    {
        int times = 1;
        const auto once = [&] { return m_device.stream(loop.kernel, *m_arrays.to, *m_arrays.a, *m_arrays.b, m_arrays.bytes, times); };
        m_bench.stage(loop.name);
        const auto first = once();
        if (!first.ok())
            return resultOf(first.problem(), loop.name);
        times = timesFor(*first, repetitionSeconds);
        const double bytes = double(loop.arraysMoved) * double(m_arrays.bytes);
        std::uint64_t wrong = 0;
        int piece = 0;
        const auto onceCompared = [&]() -> Outcome<double> {
            const auto seconds = once();
            if (!seconds.ok())
                return seconds;
            const auto found = wrongIn(loop, piece++ % pieces, pieces); // outside of what is timed
            if (!found.ok())
                return found.problem();
            wrong += *found;
            return rateOf(bytes * times, seconds);
        };
        const auto series = m_bench.repeat(loop.name, gpuRule(m_seconds / std::size(loops)), std::min(m_seconds / std::size(loops), 0.25), onceCompared);
        if (series.problem)
            return resultOf(*series.problem, loop.name);
        if (wrong > 0) { // no figure of it; said also when there is no time left
            const auto named = loop.kernel == StreamKernel::Copy ? verify(loop) : CheckResult::completed(); // words that stay wrong have an address
            const std::string where = "in the parts that were compared after " + std::to_string(piece) + " repetitions";
            return named.status == protocol::StepStatus::Completed ? tellWrong(loop, wrong, where) : named;
        }
        m_bench.measured(loop.name, Unit::GigabytesPerSecond, m_bench.subject(), series,
                         {{"kernel", loop.name}, {"runs_of_a_repetition", std::to_string(times)}, {"verified", loop.verified}});
        if (m_bench.stopped())
            return stoppedEarly();
        return verify(loop);
    }

    Outcome<std::uint64_t> wrongIn(const Loop &loop, int piece, int of)
    {
        return m_device.wrongWords(loop.kernel, *m_arrays.to, *m_arrays.a, *m_arrays.b, m_arrays.bytes, piece, of);
    }

    CheckResult tellWrong(const Loop &loop, std::uint64_t wrong, const std::string &where)
    {
        const std::string text = std::string("the kernel ") + loop.name + " left " + std::to_string(wrong) + " wrong words " + where
            + ": its arithmetic or its memory is wrong";
        m_bench.report().event(protocol::Severity::Error, "gpu.wrong_result", m_bench.subject(), text + ".",
                               {{"kernel", loop.name}, {"wrong_words", std::to_string(wrong)}});
        return CheckResult::failed(text);
    }

    CheckResult verify(const Loop &loop)
    {
        m_bench.stage(std::string("verifying ") + loop.name);
        struct Known {
            const char *name;
            DeviceMemory *memory;
            std::uint64_t seed;
        };
        std::vector<Known> known{{"array a", m_arrays.a.get(), m_seed}, {"array b", m_arrays.b.get(), m_otherSeed}};
        if (loop.kernel == StreamKernel::Copy) // the words that are wrong can be named
            known.push_back({"the copy", m_arrays.to.get(), m_seed});
        for (const auto &[name, memory, seed] : known) {
            const auto report = m_device.verify(*memory, seed);
            if (!report.ok())
                return resultOf(report.problem(), std::string("verifying ") + loop.name);
            if (report->wrong > 0)
                return tellMiscompares(m_bench.report(), m_bench.subject(), *report, std::string(name) + " after " + loop.name, seed);
        }
        const auto wrong = wrongIn(loop, 0, 1);
        if (!wrong.ok())
            return resultOf(wrong.problem(), std::string("verifying ") + loop.name);
        return *wrong > 0 ? tellWrong(loop, *wrong, "of " + std::to_string(m_arrays.bytes / 8)) : CheckResult::completed();
    }

    Bench &m_bench;
    Device &m_device;
    Arrays m_arrays;
    double m_seconds;
    std::uint64_t m_seed, m_otherSeed; ///< of the arrays a (and what it is copied to) and b
};

CheckResult measureMemory(Bench &bench, double seconds, std::uint64_t wanted)
{
    auto device = bench.open();
    if (!device.ok())
        return resultOf(device.problem(), "opening it");
    bench.stage("allocating arrays");
    auto arrays = makeArrays(**device, wanted);
    if (!arrays.ok())
        return resultOf(arrays.problem(), "allocating arrays");
    if (!bench.turn())
        return stoppedEarly();
    bench.share("array_bytes", std::to_string(arrays->bytes));
    if (const double ceiling = (*device)->facts().memoryCeiling(); ceiling > 0)
        bench.report().read("memory_ceiling", Unit::GigabytesPerSecond, bench.subject(), ceiling,
                            {{"memory_clock_max_mhz", std::to_string(int((*device)->facts().memoryClockMhz))},
                             {"bus_bits", std::to_string((*device)->facts().memoryBusBits)}});
    return MemoryRun(bench, **device, std::move(*arrays), seconds).run();
}

} // namespace

std::vector<std::string> GpuMemory::parameterHelp() const
{
    auto help = GpuOptions::help(Order::SideBySide);
    help.insert(help.begin(), {"seconds=3 (longest time of all loops of one GPU, s)", "array_bytes=0 (of each of three arrays; 0: four times the cache, 2 GiB at least)"});
    return help;
}

std::string GpuMemory::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuMemory::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    if (options.bad())
        return CheckResult::error(options.problem());
    return measureEachGpu(context, id(), wanted.common, [&](Bench &bench) { return measureMemory(bench, wanted.seconds, wanted.arrayBytes); });
}

} // namespace seatrial::engine
