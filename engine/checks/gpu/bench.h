// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/survey.h"
#include "engine/checks/reporter.h"
#include "engine/device/machine.h"
#include "engine/device/sampler.h"
#include "engine/measure/stopping_rule.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::engine {

/// Repetitions of one quantity: what they gave, what the sensors said meanwhile, why there are no more.
struct Series {
    Samples samples;
    std::string stoppedBy;     ///< "precision", "time", "repetitions", "request"
    protocol::Parameters over; ///< clocks, power, temperature, clock event reasons over the very window
    std::optional<DeviceProblem> problem;
};

/// What the work on one GPU, or on several at once, has at hand inside its child process.
class Bench
{
public:
    Bench(ChildSide &side, const CheckContext &context, std::string_view check, const GpuOptions &options, std::vector<SurveyedGpu> gpus);

    Machine &machine() const { return *m_context.machine; }
    const Reporter &report() const { return m_reporter; }
    Emitter &out() const { return m_side.out(); }
    /// Becomes part of every measurement from now on.
    void share(const std::string &name, std::string value) { m_reporter.share(name, std::move(value)); }
    const SurveyedGpu &gpu(std::size_t which = 0) const { return m_gpus[which]; }
    const std::vector<SurveyedGpu> &gpus() const { return m_gpus; }
    std::string subject() const { return m_gpus.empty() ? std::string("node") : m_gpus.front().subject(); }
    bool stopped() const;

    void stage(const std::string &name) { m_side.stage(name); }
    void repetition(std::uint64_t number) { m_side.repetition(number); }
    /// All is made ready; false: to end early.
    bool turn() { return m_side.waitForTurn(m_context.stop); }

    Outcome<std::unique_ptr<Device>> open(std::size_t which = 0);
    /// One warm-up of @p once, then repetitions of it until @p rule says enough, but for precision not before @p leastSeconds: sensors
    /// and heat take their time. Each gives a figure, like GB/s.
    Series repeat(const std::string &name, const StoppingRule &rule, double leastSeconds, const std::function<Outcome<double>()> &once);
    /// The median of @p series with how it came about; nothing where there is none.
    void measured(const std::string &metric, protocol::Unit unit, const std::string &subject, const Series &series,
                  protocol::Parameters parameters = {}) const;

private:
    ChildSide &m_side;
    const CheckContext &m_context;
    Reporter m_reporter;
    std::vector<SurveyedGpu> m_gpus;
    std::vector<std::unique_ptr<Sampler>> m_samplers;
};

/// How often @p once must be done so that one repetition lasts about @p seconds, from one that took @p took.
int timesFor(double took, double seconds, int most = 10'000);
/// Until the median is known to 0.5 %, or @p seconds are over.
StoppingRule gpuRule(double seconds);
/// GB/s, or GFLOP/s, of @p amount in @p seconds; the device's problem, or that its clock stands still.
Outcome<double> rateOf(double amount, const Outcome<double> &seconds);

/// Does @p work for each GPU that @p options ask for, in a process each, and says how the step ended. The heart of every check of single GPUs.
using GpuWork = std::function<CheckResult(Bench &)>;
CheckResult measureEachGpu(const CheckContext &context, std::string_view check, const GpuOptions &options, const GpuWork &work,
                           const Child::Take &alsoTake = {});

} // namespace seatrial::engine
