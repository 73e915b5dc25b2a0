// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/xid_watch.h"

#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cmath>

namespace seatrial::engine {

namespace {

/// Of several GPUs that work together: the slowest clocks, the hottest and hungriest, and every reason that any had.
protocol::Parameters describe(const std::vector<Window> &windows)
{
    Window all = windows.front();
    for (const auto &window : windows) {
        const auto keep = [](std::optional<SensorRange> &kept, const std::optional<SensorRange> &other, bool lower) {
            if (other && (!kept || (lower ? other->mean < kept->mean : other->maximum > kept->maximum)))
                kept = other;
        };
        keep(all.coreClockMhz, window.coreClockMhz, true);
        keep(all.memoryClockMhz, window.memoryClockMhz, true);
        keep(all.powerWatts, window.powerWatts, false);
        keep(all.temperatureCelsius, window.temperatureCelsius, false);
        keep(all.memoryTemperatureCelsius, window.memoryTemperatureCelsius, false);
        if (window.clockEventReasons)
            all.clockEventReasons = all.clockEventReasons.value_or(0) | *window.clockEventReasons;
        all.samples = std::min(all.samples, window.samples);
    }
    auto said = all.parameters();
    if (windows.size() > 1) {
        said.erase("energy_j");
        said["sensors_of"] = "the slowest, hottest and hungriest of " + std::to_string(windows.size()) + " GPUs";
    }
    return said;
}

} // namespace

Bench::Bench(ChildSide &side, const CheckContext &context, std::string_view check, const GpuOptions &options, std::vector<SurveyedGpu> gpus)
    : m_side(side), m_context(context), m_reporter(context, check), m_gpus(std::move(gpus))
{
    m_reporter.share("provenance", printable(machine().provenance()));
    m_reporter.share("order", std::string(orderText(options.order)));
    if (m_gpus.size() == 1 && !m_gpus.front().identity.empty())
        m_reporter.share("gpu", m_gpus.front().identity);
}

bool Bench::stopped() const
{
    return stopRequested(m_context.stop);
}

Outcome<std::unique_ptr<Device>> Bench::open(std::size_t which)
{
    stage("opening " + m_gpus[which].subject());
    return machine().open(m_gpus[which].index);
}

Series Bench::repeat(const std::string &name, const StoppingRule &rule, double leastSeconds, const std::function<Outcome<double>()> &once)
{
    Series series;
    stage("the warm-up of " + name);
    if (const auto warm = once(); !warm.ok()) {
        series.problem = warm.problem();
        return series;
    }
    for (std::size_t i = m_samplers.size(); i < m_gpus.size(); ++i)
        m_samplers.push_back(std::make_unique<Sampler>(machine(), m_gpus[i].index));
    stage(name);
    for (const auto &sampler : m_samplers)
        sampler->begin();
    const double began = machine().now();
    std::optional<StopReason> reason;
    while (!reason && !series.problem && !stopped()) {
        repetition(series.samples.size() + 1);
        const auto figure = once();
        if (!figure.ok()) {
            series.problem = figure.problem();
            break;
        }
        series.samples.add(*figure);
        const double elapsed = machine().now() - began;
        reason = rule.stop(series.samples, elapsed);
        if (reason == StopReason::Precision && elapsed < leastSeconds)
            reason.reset();
    }
    std::vector<Window> windows;
    for (const auto &sampler : m_samplers)
        windows.push_back(sampler->end());
    if (!windows.empty())
        series.over = describe(windows);
    series.stoppedBy = reason ? stopReasonText(*reason) : "request";
    return series;
}

void Bench::measured(const std::string &metric, protocol::Unit unit, const std::string &subject, const Series &series,
                     protocol::Parameters parameters) const
{
    if (series.samples.empty())
        return;
    parameters.insert(series.over.begin(), series.over.end());
    parameters["provenance"] = printable(m_context.machine->provenance()); // by now the libraries that it took are known
    parameters["stopped_by"] = series.stoppedBy;
    parameters["repetitions"] = std::to_string(series.samples.size());
    m_reporter.measured(metric, unit, subject, series.samples, std::move(parameters));
}

int timesFor(double took, double seconds, int most)
{
    if (!(took > 0))
        return 1;
    return int(std::clamp(std::ceil(seconds / took), 1.0, double(most)));
}

StoppingRule gpuRule(double seconds)
{
    StoppingRule rule;
    rule.relativeHalfWidth = 0.005;
    rule.budgetSeconds = seconds;
    rule.minimumRepetitions = 6; // with fewer there is no confidence interval at all
    return rule;
}

Outcome<double> rateOf(double amount, const Outcome<double> &seconds)
{
    if (!seconds.ok())
        return seconds.problem();
    if (!(*seconds > 0))
        return DeviceProblem{DeviceTrouble::Broken, "the GPU says that it took no time at all"};
    return amount * 1e-9 / *seconds;
}

CheckResult measureEachGpu(const CheckContext &context, std::string_view check, const GpuOptions &options, const GpuWork &work,
                           const Child::Take &alsoTake)
{
    const auto survey = surveyGpus(context, options);
    if (survey.refusal)
        return *survey.refusal;
    std::vector<Task> tasks;
    for (const auto &gpu : survey.fit()) {
        tasks.push_back({gpu.subject(), [&, gpu](ChildSide &side) {
                             CheckContext own = context;
                             own.out = &side.out();
                             DriverXids xids(own, gpu.index);
                             Bench bench(side, own, check, options, {gpu});
                             auto result = work(bench);
                             xids.report(Reporter(own, check));
                             return result;
                         }});
    }
    const auto take = [&](protocol::Body body) {
        if (alsoTake)
            alsoTake(body);
        if (context.out)
            context.out->emit(std::move(body));
    };
    auto ends = runTasks(std::move(tasks), options.order, options.patience, context.stop, take);
    const auto unfit = survey.unfit();
    ends.insert(ends.begin(), unfit.begin(), unfit.end());
    return conclude(ends);
}

} // namespace seatrial::engine
