// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_gemm.h"

#include "engine/checks/gpu/bench.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cstdlib>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr double repetitionSeconds = 0.02;

struct Named {
    const char *name;
    const char *metric;
    Precision precision;
};

constexpr Named precisions[] = {
    {"fp64_vector", "gemm_fp64_vector", Precision::Fp64Vector},
    {"fp64", "gemm_fp64", Precision::Fp64},
    {"fp32", "gemm_fp32", Precision::Fp32},
    {"tf32", "gemm_tf32", Precision::Tf32},
    {"bf16", "gemm_bf16", Precision::Bf16},
    {"fp16", "gemm_fp16", Precision::Fp16},
    {"fp8", "gemm_fp8", Precision::Fp8},
    {"int8", "gemm_int8", Precision::Int8},
};

std::string allNames()
{
    std::string text;
    for (const auto &each : precisions)
        text += (text.empty() ? "" : ",") + std::string(each.name);
    return text;
}

struct Wanted {
    GpuOptions common;
    std::vector<Named> precisions;
    int size = 8192;
    double seconds = 2;
    double warmupSeconds = 0.5;
};

std::vector<Named> readPrecisions(Options &options)
{
    std::vector<Named> wanted;
    const std::string text = options.text("precisions", "bf16,fp8,tf32,fp64");
    const std::string list = text == "all" ? allNames() : text;
    for (const auto word : split(list, ',')) {
        const auto found = std::find_if(std::begin(precisions), std::end(precisions), [&](const Named &each) { return trimmed(word) == each.name; });
        if (found == std::end(precisions)) {
            options.reject("precisions", "\"all\" or some of " + allNames() + ", separated by commas");
            return {};
        }
        if (std::any_of(wanted.begin(), wanted.end(), [&](const Named &each) { return each.precision == found->precision; })) {
            options.reject("precisions", "each of them once");
            return {};
        }
        wanted.push_back(*found);
    }
    return wanted;
}

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::SideBySide, context);
    wanted.precisions = readPrecisions(options);
    wanted.seconds = options.number("seconds", 2, 0.01, 604800);
    wanted.warmupSeconds = options.number("warmup", 0.5, 0, 3600);
    wanted.size = int(options.integer("size", 8192, 128, 65536));
    return wanted;
}

/// How many in a row last about one repetition, with the clock where it settles under this load.
Outcome<int> warmUp(Bench &bench, Device &device, const Multiplication &what, const Wanted &wanted)
{
    const double began = bench.machine().now();
    int times = 1;
    do {
        const auto seconds = device.multiply(what, times);
        if (!seconds.ok())
            return seconds.problem();
        times = timesFor(*seconds / times, repetitionSeconds);
        bench.repetition(1);
    } while (bench.machine().now() - began < wanted.warmupSeconds && !bench.stopped());
    return times;
}

/// Bits of NVML's clock event reasons (nvml.h).
constexpr std::uint64_t hardwareReasons = 0x08 | 0x40 | 0x80; ///< slowdown, thermal slowdown, power brake
constexpr std::uint64_t softwareThermal = 0x20;

/// What held the clock back during all that was measured.
struct Reasons {
    std::uint64_t mask = 0;
    bool known = false;

    void add(const Series &series)
    {
        const auto text = series.over.find("clock_event_reasons");
        if (text == series.over.end())
            return;
        mask |= std::strtoull(text->second.c_str(), nullptr, 16);
        known = true;
    }
    void tell(const Bench &bench) const
    {
        if (!known)
            return;
        const protocol::Parameters parameters{{"clock_event_reasons", "0x" + hexText(mask)}};
        bench.report().read("hardware_slowdown", Unit::None, bench.subject(), (mask & hardwareReasons) != 0, parameters);
        bench.report().read("thermal_slowdown", Unit::None, bench.subject(), (mask & softwareThermal) != 0, parameters);
    }
};

/// Waived: this model or its library cannot.
CheckResult measureOne(Bench &bench, Device &device, const Named &named, const Wanted &wanted, Reasons &reasons)
{
    const Multiplication what{named.precision, wanted.size, wanted.size, wanted.size};
    bench.stage(std::string("the warm-up of ") + named.name);
    const auto times = warmUp(bench, device, what, wanted);
    if (!times.ok())
        return resultOf(times.problem(), std::string("multiplying ") + named.name);
    const double operations = 2.0 * what.m * what.n * what.k * *times;
    // A clock that is held back by heat shows in time, not in precision: the whole time is used.
    const auto series = bench.repeat(named.name, gpuRule(wanted.seconds), wanted.seconds,
                                     [&] { return rateOf(operations, device.multiply(what, *times)); });
    if (series.problem)
        return resultOf(*series.problem, std::string("multiplying ") + named.name);
    reasons.add(series);
    bench.measured(named.metric, Unit::GigaflopsPerSecond, bench.subject(), series,
                   {{"precision", named.name},
                    {"m", std::to_string(what.m)},
                    {"n", std::to_string(what.n)},
                    {"k", std::to_string(what.k)},
                    {"operands", "random"},
                    {"warmup_seconds", numberText(wanted.warmupSeconds)},
                    {"runs_of_a_repetition", std::to_string(*times)}});
    return bench.stopped() ? stoppedEarly() : CheckResult::completed();
}

CheckResult measureGemm(Bench &bench, const Wanted &wanted)
{
    auto device = bench.open();
    if (!device.ok())
        return resultOf(device.problem(), "opening it");
    if (!bench.turn())
        return stoppedEarly();
    std::string without;
    std::size_t measured = 0;
    Reasons reasons;
    for (const auto &named : wanted.precisions) {
        const auto result = measureOne(bench, **device, named, wanted, reasons);
        if (result.status == protocol::StepStatus::Completed) {
            ++measured;
        } else if (result.status == protocol::StepStatus::Waived) {
            without += (without.empty() ? "" : "; ") + std::string(named.name) + ": " + result.reason;
            bench.report().event(protocol::Severity::Info, "gpu.precision_waived", bench.subject(), std::string(named.name) + " is not measured: " + result.reason + ".",
                                 {{"precision", named.name}});
        } else {
            return result;
        }
    }
    reasons.tell(bench);
    return measured > 0 ? CheckResult::completed() : CheckResult::notPresent("none of these precisions: " + without);
}

} // namespace

std::vector<std::string> GpuGemm::parameterHelp() const
{
    auto help = GpuOptions::help(Order::SideBySide);
    help.insert(help.begin(), {"precisions=bf16,fp8,tf32,fp64 (all, or some of " + allNames() + ")", "seconds=2 (for each precision, s)",
                               "warmup=0.5 (before each precision, s)", "size=8192 (rows and columns of each matrix)"});
    return help;
}

std::string GpuGemm::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuGemm::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    if (options.bad())
        return CheckResult::error(options.problem());
    return measureEachGpu(context, id(), wanted.common, [&](Bench &bench) { return measureGemm(bench, wanted); });
}

} // namespace seatrial::engine
