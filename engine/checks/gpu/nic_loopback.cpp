// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/nic_loopback.h"

#include "engine/checks/gpu/bench.h"
#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

using protocol::Event;
using protocol::Severity;
using protocol::StepStatus;
using protocol::Unit;

constexpr const char *listCode = "nic.listed";
constexpr double repetitionSeconds = 0.02;
constexpr std::size_t mostRails = 64;

struct Wanted {
    GpuOptions common;
    double seconds = 1;
    std::uint64_t bytes = 8 << 20;
    std::string nic = "all";
};

/// A name as it stands below /sys/class/infiniband.
bool isName(const std::string &text)
{
    constexpr std::size_t longest = 64;
    constexpr const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";
    return !text.empty() && text.size() <= longest && text.find_first_not_of(letters) == std::string::npos;
}

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::OneByOne, context);
    wanted.seconds = options.number("seconds", 1, 0.01, 604800);
    wanted.bytes = std::uint64_t(options.integer("bytes", 8 << 20, 64, std::int64_t(1) << 30));
    wanted.nic = options.text("nic", "all");
    if (!isName(wanted.nic))
        options.reject("nic", "\"all\" or the name of an adapter, like mlx5_0");
    return wanted;
}

/// What runs in the child that only asks.
CheckResult tellRails(Machine &machine, ChildSide &side)
{
    side.stage("asking for the adapters between nodes");
    const auto list = machine.rails()->list();
    if (!list.ok())
        return resultOf(list.problem(), "asking for the adapters between nodes");
    for (std::size_t i = 0; i < std::min(list->size(), mostRails); ++i) {
        const auto &rail = (*list)[i];
        side.out().emit(Event{Severity::Info, listCode, {}, printable(rail.name), {},
                              {{"active", rail.active ? "1" : "0"}, {"rate", numberText(rail.gigabitsPerSecond)}, {"numa", std::to_string(rail.numaNode)}}});
    }
    return CheckResult::completed();
}

CheckResult measureRail(ChildSide &side, const CheckContext &context, std::string_view check, const GpuOptions &options, const Wanted &wanted, const RailFacts &rail)
{
    Bench bench(side, context, check, options, {});
    Rails *rails = context.machine->rails();
    const std::string subject = "nic/" + rail.name;
    if (!bench.turn())
        return stoppedEarly();
    bench.stage("loopback of " + rail.name);
    const auto first = rails->loopback(rail.name, wanted.bytes, 1);
    if (!first.ok())
        return resultOf(first.problem(), "sending to itself");
    const int times = timesFor(*first, repetitionSeconds, 100'000);
    const auto series = bench.repeat("loopback of " + rail.name, gpuRule(wanted.seconds), std::min(wanted.seconds, 0.25), [&] {
        auto rate = rateOf(double(wanted.bytes) * times * 8, rails->loopback(rail.name, wanted.bytes, times));
        return rate; // Gbit/s: eight bits a byte
    });
    if (series.problem)
        return resultOf(*series.problem, "sending to itself");
    bench.share("bytes", std::to_string(wanted.bytes));
    bench.measured("loopback", Unit::GigabitsPerSecond, subject, series, {{"kernel", "RDMA write to itself"}, {"runs_of_a_repetition", std::to_string(times)}});
    if (rail.gigabitsPerSecond > 0)
        bench.report().read("link_rate", Unit::GigabitsPerSecond, subject, rail.gigabitsPerSecond);
    return bench.stopped() ? stoppedEarly() : CheckResult::completed();
}

} // namespace

std::vector<std::string> NicLoopback::parameterHelp() const
{
    return {"seconds=1 (longest time of one adapter, s)", "bytes=8388608 (of each message)", "nic=all (or one, like mlx5_0)",
            "order=one by one (or side by side)", "stall=60 (after so long without getting on an adapter is taken to hang, s)"};
}

std::optional<CheckResult> NicLoopback::absence(const CheckContext &context) const
{
    if (context.machine && context.machine->rails())
        return std::nullopt;
    std::error_code error;
    if (std::filesystem::is_empty(context.sysroot / "sys/class/infiniband", error) || error)
        return CheckResult::notPresent("no InfiniBand or RoCE adapter is in this node");
    // They are there, and nobody looked: that must never count as if there were none.
    return CheckResult::notPermitted("this engine cannot give work to the InfiniBand or RoCE adapters of this node yet; their state and counters are "
                                     "read by host.health");
}

std::string NicLoopback::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult NicLoopback::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    if (options.bad())
        return CheckResult::error(options.problem());
    const auto &common = wanted.common;
    const auto emit = [&](protocol::Body body) {
        if (context.out)
            context.out->emit(std::move(body));
    };
    std::vector<RailFacts> rails;
    const auto list = [&](protocol::Body body) {
        const auto *event = std::get_if<Event>(&body);
        if (event && event->code == listCode)
            rails.push_back({event->subject, event->parameters.at("active") == "1", parseNumber(event->parameters.at("rate")).value_or(0),
                             int(parseInteger(event->parameters.at("numa")).value_or(-1))});
        else if (event && event->severity == Severity::Error)
            emit(body);
    };
    auto asked = runTasks({{"adapters", [&](ChildSide &side) { return tellRails(*context.machine, side); }}}, Order::SideBySide, common.patience, context.stop, list);
    if (auto &result = asked.front().result; result.status != StepStatus::Completed) {
        if (asked.front().kind == TaskEnd::Kind::Answered)
            result.reason.erase(0, asked.front().subject.size() + 2);
        return result;
    }
    std::erase_if(rails, [&](const RailFacts &rail) { return wanted.nic != "all" && rail.name != wanted.nic; });
    if (rails.empty() && wanted.nic != "all")
        return CheckResult::error("parameter nic names " + printable(wanted.nic) + ", which this node has not");
    std::vector<Task> tasks;
    const Reporter reporter(context, id());
    for (const auto &rail : rails) {
        if (!rail.active) {
            reporter.event(Severity::Warning, "nic.down", "nic/" + rail.name, "The port of " + rail.name + " is down: it is not measured.");
            continue;
        }
        tasks.push_back({"nic/" + rail.name, [&, rail](ChildSide &side) {
                             CheckContext own = context;
                             own.out = &side.out();
                             return measureRail(side, own, id(), common, wanted, rail);
                         }});
    }
    if (tasks.empty())
        return CheckResult::notPresent(rails.empty() ? "no InfiniBand or RoCE adapter is in this node" : "no port between nodes is up");
    return conclude(runTasks(std::move(tasks), common.order, common.patience, context.stop, emit));
}

} // namespace seatrial::engine
