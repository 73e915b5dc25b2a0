// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/survey.h"

#include "engine/checks/load_check.h"
#include "engine/device/machine.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr const char *surveyCode = "gpu.surveyed";
constexpr double surveySeconds = 60; ///< the longest that a driver may take to say what it has
constexpr int mostGpus = 256;

/// Programs that watch GPUs, or show pictures on them, and compute nothing.
bool isBystander(const std::string &name)
{
    static constexpr const char *names[] = {"nvidia-persistenced", "nv-hostengine", "nvidia-smi", "dcgm", "Xorg", "gnome-shell"};
    return std::any_of(std::begin(names), std::end(names), [&](const char *known) { return name.find(known) != std::string::npos; });
}

CheckResult stateOf(Management &management, int gpu, bool allowBusy)
{
    const auto processes = management.processes(gpu);
    if (!processes.ok())
        return processes.problem().trouble == DeviceTrouble::Lost ? resultOf(processes.problem(), "asking who works on it") : CheckResult::completed();
    std::string users;
    for (const auto &process : *processes) {
        if (!isBystander(process.name))
            users += (users.empty() ? "" : ", ") + ("pid " + std::to_string(process.pid)) + (process.name.empty() ? "" : " (" + printable(process.name) + ")");
    }
    if (users.empty() || allowBusy)
        return CheckResult::completed();
    return CheckResult::notPermitted("the GPU is in use: " + users);
}

/// Said by the child, one event for each GPU.
CheckResult tellGpus(Machine &machine, ChildSide &side, bool allowBusy)
{
    side.stage("asking the driver for its GPUs");
    auto &management = machine.management();
    const auto count = management.count();
    if (!count.ok())
        return resultOf(count.problem(), "asking the driver for its GPUs");
    for (int gpu = 0; gpu < std::min(*count, mostGpus); ++gpu) {
        side.stage("asking the driver for gpu/" + std::to_string(gpu));
        const auto identity = management.identity(gpu);
        const auto state = identity.ok() ? stateOf(management, gpu, allowBusy) : resultOf(identity.problem(), "asking for its identity");
        Parameters told{{"status", std::to_string(int(state.status))}, {"waiver", std::to_string(int(state.waiver))}};
        if (identity.ok()) {
            told["identity"] = printable(identity->identity);
            told["model"] = printable(identity->model);
        }
        side.out().emit(Event{Severity::Info, surveyCode, {}, std::to_string(gpu), state.reason, std::move(told)});
    }
    return CheckResult::completed();
}

std::optional<SurveyedGpu> gpuFrom(const Event &event)
{
    const auto index = parseInteger(event.subject);
    if (event.code != surveyCode || !index)
        return std::nullopt;
    const auto number = [&](const char *name) { return int(parseInteger(event.parameters.at(name)).value_or(0)); };
    SurveyedGpu gpu;
    gpu.index = int(*index);
    gpu.state = {StepStatus(number("status")), Waiver(number("waiver")), event.text};
    if (const auto identity = event.parameters.find("identity"); identity != event.parameters.end())
        gpu.identity = identity->second;
    if (const auto model = event.parameters.find("model"); model != event.parameters.end())
        gpu.model = model->second;
    return gpu;
}

/// Keeps those that were asked for.
std::optional<CheckResult> choose(std::vector<SurveyedGpu> &gpus, const std::vector<int> &wanted)
{
    if (gpus.empty())
        return CheckResult::notPresent("the driver knows no GPU");
    for (const int index : wanted) {
        if (std::none_of(gpus.begin(), gpus.end(), [&](const auto &gpu) { return gpu.index == index; }))
            return CheckResult::error("parameter gpus names gpu/" + std::to_string(index) + ", and this node has " + std::to_string(gpus.size()));
    }
    if (!wanted.empty())
        std::erase_if(gpus, [&](const auto &gpu) { return std::count(wanted.begin(), wanted.end(), gpu.index) == 0; });
    return std::nullopt;
}

} // namespace

CheckResult resultOf(const DeviceProblem &problem, const std::string &doing)
{
    const std::string text = printable(problem.text);
    switch (problem.trouble) {
    case DeviceTrouble::NotPresent:
    case DeviceTrouble::NotSupported: return CheckResult::notPresent(text);
    case DeviceTrouble::NotPermitted: return CheckResult::notPermitted(text);
    case DeviceTrouble::OutOfMemory: return CheckResult::error("memory ran out while " + doing + ": " + text);
    case DeviceTrouble::Unclear: return CheckResult::error(text);
    case DeviceTrouble::Lost: return CheckResult::failed("it was lost while " + doing + ": " + text);
    case DeviceTrouble::Broken: break;
    }
    return CheckResult::failed("it failed while " + doing + ": " + text);
}

GpuOptions GpuOptions::read(Options &options, Order usual, const CheckContext &context)
{
    GpuOptions read;
    read.order = usual;
    read.patience.lock = context.loadLock;
    read.patience.total = context.deadlineSeconds * 0.9;
    read.patience.stall = std::min(options.number("stall", 60, 0.5, 3600), context.deadlineSeconds * 0.6);
    const auto order = options.text("order", std::string(orderText(usual)));
    if (order == orderText(Order::SideBySide))
        read.order = Order::SideBySide;
    else if (order == orderText(Order::OneByOne))
        read.order = Order::OneByOne;
    else
        options.reject("order", "\"side by side\" or \"one by one\"");
    const auto gpus = options.text("gpus", "all");
    read.gpus = gpus == "all" ? std::vector<int>() : parseCpuList(gpus);
    const bool twice = std::adjacent_find(read.gpus.begin(), read.gpus.end()) != read.gpus.end();
    if (gpus != "all" && (read.gpus.empty() || twice || read.gpus.back() >= mostGpus || cpuListText(read.gpus) != gpus))
        options.reject("gpus", "\"all\" or numbers in order, like \"0-3,6\"");
    return read;
}

std::vector<std::string> GpuOptions::help(Order usual)
{
    return {"gpus=all (or numbers, like 0-3,6)", "order=" + std::string(orderText(usual)) + " (side by side, or one by one)",
            "stall=60 (after so long without getting on a GPU is taken to hang, s)"};
}

std::vector<TaskEnd> Survey::unfit() const
{
    std::vector<TaskEnd> ends;
    for (const auto &gpu : gpus) {
        if (gpu.state.status == StepStatus::Completed)
            continue;
        ends.push_back({gpu.subject(), TaskEnd::Kind::Answered, gpu.state, {}});
        ends.back().result.reason = gpu.subject() + ": " + gpu.state.reason;
    }
    return ends;
}

std::vector<SurveyedGpu> Survey::fit() const
{
    auto fit = gpus;
    std::erase_if(fit, [](const auto &gpu) { return gpu.state.status != StepStatus::Completed; });
    return fit;
}

Survey surveyGpus(const CheckContext &context, const GpuOptions &options)
{
    Survey survey;
    auto patience = options.patience;
    patience.total = std::min(patience.total, surveySeconds);
    patience.stall = std::min(patience.stall, surveySeconds);
    const auto take = [&](Body body) {
        const auto *event = std::get_if<Event>(&body);
        if (!event)
            return;
        if (auto gpu = gpuFrom(*event))
            survey.gpus.push_back(std::move(*gpu));
        else if (event->severity == Severity::Error && context.out)
            context.out->emit(body);
    };
    const auto ends = runTasks({{"the driver", [&](ChildSide &side) { return tellGpus(*context.machine, side, context.allowBusy); }}}, Order::SideBySide,
                               patience, context.stop, take);
    if (const auto &end = ends.front(); end.result.status != StepStatus::Completed) {
        survey.refusal = end.result;
        if (end.kind == TaskEnd::Kind::Answered)
            survey.refusal->reason.erase(0, end.subject.size() + 2); // the sentence names what it is about
        return survey;
    }
    survey.refusal = choose(survey.gpus, options.gpus);
    for (const auto &gpu : survey.gpus) {
        if (gpu.state.status == StepStatus::Failed && context.out && !survey.refusal)
            context.out->emit(Event{Severity::Error, "gpu.failed", context.step, gpu.subject(), gpu.state.reason + '.', {}});
    }
    return survey;
}

} // namespace seatrial::engine
