// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_host_link.h"

#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/device_miscompare.h"
#include "engine/checks/gpu/near_host.h"
#include "engine/measure/random_seed.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr std::uint64_t usualBytes = 256ull << 20;
constexpr double repetitionSeconds = 0.02;

struct Buffers {
    std::unique_ptr<DeviceMemory> host, hostBack, device, deviceBack;
};

Outcome<Buffers> makeBuffers(Device &device, std::uint64_t bytes)
{
    Buffers buffers;
    const auto make = [&](std::unique_ptr<DeviceMemory> &kept, MemoryPlace place) -> std::optional<DeviceProblem> {
        auto memory = device.allocate(bytes, place);
        if (!memory.ok())
            return memory.problem();
        kept = std::move(*memory);
        return std::nullopt;
    };
    for (auto *host : {&buffers.host, &buffers.hostBack}) {
        if (const auto problem = make(*host, MemoryPlace::PinnedHost))
            return *problem;
    }
    for (auto *own : {&buffers.device, &buffers.deviceBack}) {
        if (const auto problem = make(*own, MemoryPlace::Device))
            return *problem;
    }
    return buffers;
}

class HostLinkRun
{
public:
    HostLinkRun(Bench &bench, Device &device, Buffers buffers, double seconds)
        : m_bench(bench), m_device(device), m_buffers(std::move(buffers)), m_bytes(m_buffers.host->bytes()), m_seconds(seconds)
    {
    }

    CheckResult run()
    {
        if (auto result = roundTrip(); result.status != protocol::StepStatus::Completed)
            return result;
        auto &own = *m_buffers.device, &ownBack = *m_buffers.deviceBack, &host = *m_buffers.host, &hostBack = *m_buffers.hostBack;
        const std::tuple<const char *, int, std::function<Outcome<double>(int)>> directions[] = {
            {"h2d", 1, [&](int times) { return m_device.copy(own, host, m_bytes, times); }},
            {"d2h", 1, [&](int times) { return m_device.copy(host, own, m_bytes, times); }},
            {"both", 2, [&](int times) { return m_device.copyBoth(own, host, hostBack, ownBack, m_bytes, times); }},
        };
        for (const auto &[name, ways, copy] : directions) {
            if (auto result = measure(name, ways, copy); result.status != protocol::StepStatus::Completed)
                return result;
        }
        return CheckResult::completed();
    }

private:
    /// What went to the host and back is what was written.
    CheckResult roundTrip()
    {
        m_bench.stage("a verified round trip to the host");
        const auto seed = randomSeed() | 1;
        auto done = m_device.fill(*m_buffers.device, seed);
        if (done.ok())
            done = m_device.copy(*m_buffers.host, *m_buffers.device, m_bytes, 1);
        if (done.ok())
            done = m_device.copy(*m_buffers.deviceBack, *m_buffers.host, m_bytes, 1);
        if (!done.ok())
            return resultOf(done.problem(), "copying to the host and back");
        const auto report = m_device.verify(*m_buffers.deviceBack, seed);
        if (!report.ok())
            return resultOf(report.problem(), "verifying what came back from the host");
        if (report->wrong > 0)
            return tellMiscompares(m_bench.report(), m_bench.subject(), *report, "a copy that went to the host and back", seed);
        return CheckResult::completed();
    }

    CheckResult measure(const char *name, int ways, const std::function<Outcome<double>(int)> &copy)
    {
        m_bench.stage(name);
        const auto first = copy(1);
        if (!first.ok())
            return resultOf(first.problem(), name);
        const int times = timesFor(*first, repetitionSeconds);
        const auto series = m_bench.repeat(name, gpuRule(m_seconds / 3), std::min(m_seconds / 3, 0.25),
                                           [&] { return rateOf(double(ways) * double(m_bytes) * times, copy(times)); });
        if (series.problem)
            return resultOf(*series.problem, name);
        m_bench.measured(name, Unit::GigabytesPerSecond, m_bench.subject(), series,
                         {{"kernel", "copy engine"}, {"runs_of_a_repetition", std::to_string(times)}, {"ways", ways == 2 ? "both at once, their sum" : "one"}});
        return m_bench.stopped() ? stoppedEarly() : CheckResult::completed();
    }

    Bench &m_bench;
    Device &m_device;
    Buffers m_buffers;
    std::uint64_t m_bytes;
    double m_seconds;
};

struct Wanted {
    GpuOptions common;
    double seconds = 1.5;
    std::uint64_t bytes = usualBytes;
};

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::OneByOne, context); // GPUs below one switch share its way up
    wanted.seconds = options.number("seconds", 1.5, 0.01, 604800);
    wanted.bytes = std::uint64_t(options.integer("bytes", usualBytes, 4096, std::int64_t(8) << 30)) / 8 * 8;
    return wanted;
}

CheckResult measureHostLink(Bench &bench, double seconds, std::uint64_t bytes)
{
    auto device = bench.open();
    if (!device.ok())
        return resultOf(device.problem(), "opening it");
    const auto &facts = (*device)->facts();
    bench.share("host_memory", settleNear(bench.machine(), facts) + ", pinned");
    bench.share("bytes", std::to_string(bytes));
    bench.stage("allocating pinned memory");
    auto buffers = makeBuffers(**device, bytes);
    if (!buffers.ok())
        return resultOf(buffers.problem(), "allocating pinned memory");
    if (!bench.turn())
        return stoppedEarly();
    if (const auto ceiling = hostLinkCeiling(bench.machine(), facts))
        bench.report().read("host_link_ceiling", Unit::GigabytesPerSecond, bench.subject(), ceiling->gigabytesPerSecond,
                            {{"lanes", std::to_string(ceiling->lanes)}, {"gigatransfers", std::to_string(int(ceiling->gigatransfers))}});
    return HostLinkRun(bench, **device, std::move(*buffers), seconds).run();
}

} // namespace

std::vector<std::string> GpuHostLink::parameterHelp() const
{
    auto help = GpuOptions::help(Order::OneByOne);
    help.insert(help.begin(), {"seconds=1.5 (longest time of the three directions of one GPU, s)", "bytes=268435456 (of each copy)"});
    return help;
}

std::string GpuHostLink::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuHostLink::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    if (options.bad())
        return CheckResult::error(options.problem());
    return measureEachGpu(context, id(), wanted.common, [&](Bench &bench) { return measureHostLink(bench, wanted.seconds, wanted.bytes); });
}

} // namespace seatrial::engine
