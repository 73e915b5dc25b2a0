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

struct Loop {
    StreamKernel kernel;
    const char *name;
    int arraysMoved;
    const char *verified;
};

constexpr Loop loops[] = {
    {StreamKernel::Read, "read", 1, "the array is unharmed"},
    {StreamKernel::Write, "write", 1, "no: what is written is the kernel's own"},
    {StreamKernel::Copy, "copy", 2, "every word"},
    {StreamKernel::Scale, "scale", 2, "the source is unharmed"},
    {StreamKernel::Add, "add", 3, "the sources are unharmed"},
    {StreamKernel::Triad, "triad", 3, "the sources are unharmed"},
};

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
        : m_bench(bench), m_device(device), m_arrays(std::move(arrays)), m_seconds(seconds), m_seed(randomSeed() | 1)
    {
    }

    CheckResult run()
    {
        for (auto *array : {m_arrays.a.get(), m_arrays.b.get(), m_arrays.to.get()}) {
            if (const auto filled = m_device.fill(*array, m_seed); !filled.ok())
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
        const auto series = m_bench.repeat(loop.name, gpuRule(m_seconds / std::size(loops)), std::min(m_seconds / std::size(loops), 0.25),
                                           [&] { return rateOf(bytes * times, once()); });
        if (series.problem)
            return resultOf(*series.problem, loop.name);
        m_bench.measured(loop.name, Unit::GigabytesPerSecond, m_bench.subject(), series,
                         {{"kernel", loop.name}, {"runs_of_a_repetition", std::to_string(times)}, {"verified", loop.verified}});
        if (m_bench.stopped())
            return stoppedEarly();
        return verify(loop);
    }

    CheckResult verify(const Loop &loop)
    {
        m_bench.stage(std::string("verifying ") + loop.name);
        std::vector<std::pair<const char *, DeviceMemory *>> known{{"array a", m_arrays.a.get()}, {"array b", m_arrays.b.get()}};
        if (loop.kernel == StreamKernel::Copy)
            known.push_back({"the copy", m_arrays.to.get()});
        for (const auto &[name, memory] : known) {
            const auto report = m_device.verify(*memory, m_seed);
            if (!report.ok())
                return resultOf(report.problem(), std::string("verifying ") + loop.name);
            if (report->wrong > 0)
                return tellMiscompares(m_bench.report(), m_bench.subject(), *report, std::string(name) + " after " + loop.name, m_seed);
        }
        return CheckResult::completed();
    }

    Bench &m_bench;
    Device &m_device;
    Arrays m_arrays;
    double m_seconds;
    std::uint64_t m_seed;
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

CheckResult GpuMemory::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto common = GpuOptions::read(options, Order::SideBySide, context);
    const double seconds = options.number("seconds", 3, 0.01, 604800);
    const auto wanted = options.integer("array_bytes", 0, 0, std::int64_t(1) << 40);
    if (options.bad())
        return CheckResult::error(options.problem());
    return measureEachGpu(context, id(), common, [&](Bench &bench) { return measureMemory(bench, seconds, std::uint64_t(wanted)); });
}

} // namespace seatrial::engine
