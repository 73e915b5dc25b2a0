// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/nic_loopback.h"

#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/near_host.h"
#include "engine/checks/health/sysfs.h"
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

/// Bytes of a TLP that carry data, of those sent: payloads of 256 bytes, each with 24 around it (framing, header with a long address, CRC).
/// Adapters that are set to more come closer to the link's own rate, none goes beyond it.
constexpr double payloadShare = 256. / 280;

/// A name as it stands below /sys/class/infiniband, and perhaps a port: mlx5_0/1.
bool isName(const std::string &text)
{
    constexpr std::size_t longest = 64;
    constexpr const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-/";
    return !text.empty() && text.size() <= longest && text.find_first_not_of(letters) == std::string::npos;
}

struct Wanted {
    GpuOptions common;
    double seconds = 1;
    std::uint64_t bytes = 1 << 20;
    std::uint64_t smallBytes = 64 << 10;
    std::string nic = "all";

    static Wanted read(Options &options, const CheckContext &context)
    {
        Wanted wanted;
        wanted.common = GpuOptions::read(options, Order::OneByOne, context);
        wanted.seconds = options.number("seconds", 1, 0.01, 604800);
        wanted.bytes = std::uint64_t(options.integer("bytes", 1 << 20, 64, std::int64_t(1) << 30));
        wanted.smallBytes = std::uint64_t(options.integer("small_bytes", 64 << 10, 64, std::int64_t(1) << 30));
        wanted.nic = options.text("nic", "all");
        if (!isName(wanted.nic))
            options.reject("nic", "\"all\" or the name of an adapter, like mlx5_0");
        return wanted;
    }
    bool means(const std::string &rail) const { return nic == "all" || rail == nic || rail.starts_with(nic + '/'); }
};

/// What runs in the child that only asks.
CheckResult tellRails(Machine &machine, ChildSide &side)
{
    side.stage("asking for the adapters between nodes");
    const auto list = machine.rails()->list();
    if (!list.ok())
        return resultOf(list.problem(), "asking for the adapters between nodes");
    for (std::size_t i = 0; i < std::min(list->size(), mostRails); ++i) {
        const auto &rail = (*list)[i];
        side.out().emit(Event{Severity::Info,
                              listCode,
                              {},
                              printable(rail.name),
                              {},
                              {{"active", rail.active ? "1" : "0"},
                               {"rate", numberText(rail.gigabitsPerSecond)},
                               {"numa", std::to_string(rail.numaNode)},
                               {"down", printable(rail.down)}}});
    }
    return CheckResult::completed();
}

RailFacts railFrom(const Event &event)
{
    const auto &told = event.parameters;
    return {event.subject, told.at("active") == "1", parseNumber(told.at("rate")).value_or(0), int(parseInteger(told.at("numa")).value_or(-1)),
            told.at("down")};
}

/// One port, in the child that measures it.
class RailBench
{
public:
    RailBench(Bench &bench, const Wanted &wanted, const RailFacts &rail)
        : m_bench(bench), m_wanted(wanted), m_rail(rail), m_rails(*bench.machine().rails()), m_subject("nic/" + rail.name)
    {
    }

    CheckResult run()
    {
        DeviceFacts near;
        near.numaNode = m_rail.numaNode;
        near.pciAddress = linkName(m_bench.machine().sysroot() / "sys/class/infiniband" / m_rail.name.substr(0, m_rail.name.find('/')) / "device");
        m_bench.share("host_memory", settleNear(m_bench.machine(), near));
        m_bench.stage("making " + m_rail.name + " ready");
        if (const auto ready = m_rails.prepare(m_rail.name, std::max(m_wanted.bytes, m_wanted.smallBytes)); !ready.ok())
            return resultOf(ready.problem(), "it was made ready");
        if (!m_bench.turn())
            return stoppedEarly();
        tellCeiling(near);
        for (const auto &problem : {writes("loopback", m_wanted.bytes, 0.7), writes("loopback_small", m_wanted.smallBytes, 0.2), latency(0.1)}) {
            if (problem)
                return resultOf(*problem, "writing to itself");
        }
        return m_bench.stopped() ? stoppedEarly() : CheckResult::completed();
    }

private:
    using Trouble = std::optional<DeviceProblem>;

    /// What the port could carry if it were well: its link, or the PCIe link that everything crosses both ways, at its best.
    void tellCeiling(const DeviceFacts &near)
    {
        const double link = m_rail.gigabitsPerSecond;
        if (link > 0)
            m_bench.report().read("link_rate", Unit::GigabitsPerSecond, m_subject, link);
        const auto pcie = hostLinkCeiling(m_bench.machine(), near);
        const double slot = pcie ? pcie->gigabytesPerSecond * 8 * payloadShare : 0;
        if (link <= 0 && slot <= 0)
            return;
        protocol::Parameters why{{"limited_by", slot > 0 && (link <= 0 || slot < link) ? "PCIe" : "link"}};
        if (pcie) {
            why["pcie_gts"] = numberText(pcie->gigatransfers);
            why["pcie_lanes"] = std::to_string(pcie->lanes);
        }
        m_bench.report().read("loopback_ceiling", Unit::GigabitsPerSecond, m_subject,
                              link > 0 && slot > 0 ? std::min(link, slot) : std::max(link, slot), why);
    }

    /// Once something went wrong the port is left alone.
    Trouble writes(const std::string &metric, std::uint64_t bytes, double share)
    {
        if (m_failed)
            return std::nullopt;
        constexpr int first = 16;
        const double seconds = m_wanted.seconds * share;
        m_bench.stage("the first writes of " + m_rail.name);
        const auto took = m_rails.loopback(m_rail.name, bytes, first);
        if (!took.ok())
            return failed(took.problem());
        const int times = timesFor(*took / first, repetitionSeconds, 100'000);
        const auto series = m_bench.repeat("loopback of " + m_rail.name, gpuRule(seconds), std::min(seconds, 0.25), [&] {
            return rateOf(double(bytes) * times * 8, m_rails.loopback(m_rail.name, bytes, times)); // Gbit/s: eight bits a byte
        });
        if (series.problem)
            return failed(*series.problem);
        tell(metric, Unit::GigabitsPerSecond, series,
             {{"kernel", "RDMA write to itself"}, {"bytes", std::to_string(bytes)}, {"runs_of_a_repetition", std::to_string(times)}});
        return std::nullopt;
    }

    Trouble latency(double share)
    {
        if (m_failed)
            return std::nullopt;
        constexpr int times = 1000;
        const double seconds = m_wanted.seconds * share;
        const auto series = m_bench.repeat("latency of " + m_rail.name, gpuRule(seconds), 0, [&]() -> Outcome<double> {
            const auto took = m_rails.latency(m_rail.name, times);
            return took.ok() ? Outcome<double>(*took * 1e6) : took;
        });
        if (series.problem)
            return failed(*series.problem);
        tell("loopback_latency", Unit::Microseconds, series,
             {{"kernel", "RDMA write of 8 bytes to itself, until it is completed"}, {"runs_of_a_repetition", std::to_string(times)}});
        return std::nullopt;
    }

    Trouble failed(const DeviceProblem &problem)
    {
        m_failed = true;
        return problem;
    }

    void tell(const std::string &metric, Unit unit, const Series &series, protocol::Parameters parameters)
    {
        const auto how = m_rails.details(m_rail.name);
        parameters.insert(how.begin(), how.end());
        m_bench.measured(metric, unit, m_subject, series, std::move(parameters));
    }

    Bench &m_bench;
    const Wanted &m_wanted;
    const RailFacts &m_rail;
    Rails &m_rails;
    std::string m_subject;
    bool m_failed = false;
};

/// Why no port at all was measured, once where it is the same of each: a permission, a limit.
CheckResult concludeOnce(const std::vector<TaskEnd> &ends)
{
    const auto reasonOf = [](const TaskEnd &end) { return end.result.reason.substr(std::min(end.result.reason.size(), end.subject.size() + 2)); };
    const bool same = ends.size() > 1 && std::all_of(ends.begin(), ends.end(), [&](const TaskEnd &end) {
                          return end.result.status == StepStatus::Waived && end.result.waiver == ends.front().result.waiver &&
                              reasonOf(end) == reasonOf(ends.front());
                      });
    return same ? CheckResult{StepStatus::Waived, ends.front().result.waiver,
                              "each of the " + std::to_string(ends.size()) + " ports: " + reasonOf(ends.front())}
                : conclude(ends);
}

} // namespace

std::vector<std::string> NicLoopback::parameterHelp() const
{
    return {"seconds=1 (longest time of one port, s)",     "bytes=1048576 (of each message)",
            "small_bytes=65536 (of each smaller message)", "nic=all (or one, like mlx5_0)",
            "order=one by one (or side by side)",          "stall=60 (after so long without getting on a port is taken to hang, s)"};
}

std::optional<CheckResult> NicLoopback::absence(const CheckContext &context) const
{
    const bool canBeAsked = context.machine && context.machine->rails();
    if (canBeAsked && context.machine->simulated())
        return std::nullopt;
    std::error_code error;
    if (std::filesystem::is_empty(context.sysroot / "sys/class/infiniband", error) || error)
        return CheckResult::notPresent("no InfiniBand or RoCE adapter is in this node");
    // They are there, and nobody looked: that must never count as if there were none.
    return canBeAsked ? std::nullopt
                      : std::optional(CheckResult::notPermitted("nothing here can give work to the InfiniBand or RoCE adapters of this node"));
}

std::string NicLoopback::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    Wanted::read(options, CheckContext());
    return options.problem();
}

CheckResult NicLoopback::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const Wanted wanted = Wanted::read(options, context);
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
            rails.push_back(railFrom(*event));
        else if (event && event->severity == Severity::Error)
            emit(body);
    };
    auto asked = runTasks({{"adapters", [&](ChildSide &side) { return tellRails(*context.machine, side); }}}, Order::SideBySide, common.patience,
                          context.stop, list);
    if (auto &result = asked.front().result; result.status != StepStatus::Completed) {
        if (asked.front().kind == TaskEnd::Kind::Answered)
            result.reason.erase(0, asked.front().subject.size() + 2);
        return result;
    }
    std::erase_if(rails, [&](const RailFacts &rail) { return !wanted.means(rail.name); });
    if (rails.empty() && wanted.nic != "all")
        return CheckResult::error("parameter nic names " + printable(wanted.nic) + ", which this node has not");
    std::vector<Task> tasks;
    const Reporter reporter(context, id());
    std::string down;
    for (const auto &rail : rails) {
        if (!rail.active) {
            const std::string why = "port " + rail.name + ": " + rail.down;
            down += (down.empty() ? "" : "; ") + why;
            reporter.event(Severity::Warning, "nic.down", "nic/" + rail.name, "It is not measured, " + why + '.');
            continue;
        }
        tasks.push_back({"nic/" + rail.name, [&, rail](ChildSide &side) {
                             CheckContext own = context;
                             own.out = &side.out();
                             Bench bench(side, own, id(), common, {});
                             return RailBench(bench, wanted, rail).run();
                         }});
    }
    if (tasks.empty())
        return CheckResult::notPresent(rails.empty() ? "no InfiniBand or RoCE adapter is in this node" : "no port between nodes is up: " + down);
    return concludeOnce(runTasks(std::move(tasks), common.order, common.patience, context.stop, emit));
}

} // namespace seatrial::engine
