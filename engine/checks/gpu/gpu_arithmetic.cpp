// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_arithmetic.h"

#include "engine/checks/gpu/bench.h"
#include "engine/checks/gpu/digests.h"
#include "engine/measure/random_seed.h"
#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr std::size_t mostNamed = 16;

struct Named {
    const char *name;
    ArithmeticPath path;
};

constexpr Named paths[] = {{"fp32", ArithmeticPath::Fp32}, {"fp64", ArithmeticPath::Fp64}, {"integer", ArithmeticPath::Integer}, {"tensor", ArithmeticPath::Tensor}};

struct Wanted {
    GpuOptions common;
    std::vector<Named> paths;
    double seconds = 4;
    int rounds = 100;
    std::uint64_t seed = 0; ///< one for all GPUs, so that they can be compared
};

std::vector<Named> readPaths(Options &options)
{
    const auto text = options.text("path", "all");
    if (text == "all")
        return {std::begin(paths), std::end(paths)};
    const auto found = std::find_if(std::begin(paths), std::end(paths), [&](const Named &each) { return text == each.name; });
    if (found != std::end(paths))
        return {*found};
    options.reject("path", "all, fp32, fp64, integer or tensor");
    return {};
}

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.common = GpuOptions::read(options, Order::SideBySide, context);
    wanted.paths = readPaths(options);
    wanted.seconds = options.number("seconds", 4, 0.01, 604800);
    wanted.rounds = int(options.integer("rounds", 100, 1, 1'000'000));
    return wanted;
}

/// One path on one GPU: the same work again and again, and who ever differed.
struct PathFindings {
    std::uint64_t repetitions = 0;
    std::uint64_t wrong = 0;                  ///< results of a multiprocessor that differ from those of the others
    std::map<std::size_t, std::uint64_t> odd; ///< how often, by multiprocessor
    std::uint64_t digest = 0;                 ///< of each repetition, as most have it
    bool agreed = true;                       ///< most agreed each time, and with the first time
    std::optional<DeviceProblem> problem;
};

PathFindings repeatPath(Bench &bench, Device &device, const Named &named, const Wanted &wanted)
{
    PathFindings found;
    const double budget = wanted.seconds / double(wanted.paths.size());
    bench.stage(std::string("arithmetic ") + named.name);
    const double began = bench.machine().now();
    do {
        bench.repetition(found.repetitions + 1);
        const auto digests = device.arithmetic(named.path, wanted.seed, wanted.rounds);
        if (!digests.ok()) {
            found.problem = digests.problem();
            return found;
        }
        const auto majority = majorityOf(*digests);
        for (std::size_t sm = 0; majority && sm < digests->size(); ++sm) {
            if ((*digests)[sm] != *majority) {
                ++found.odd[sm];
                ++found.wrong;
            }
        }
        if (majority && found.repetitions == 0)
            found.digest = *majority;
        if (!majority || *majority != found.digest) { // all of them wrong alike is wrong as well
            found.agreed = false;
            ++found.wrong;
        }
        ++found.repetitions;
    } while (bench.machine().now() - began < budget && !bench.stopped());
    return found;
}

std::string oddText(const PathFindings &found)
{
    std::string text;
    std::size_t named = 0;
    for (const auto &[sm, times] : found.odd) {
        if (++named > mostNamed)
            return text + " and " + std::to_string(found.odd.size() - mostNamed) + " more";
        text += (text.empty() ? "" : ", ") + ("SM " + std::to_string(sm)) + " (" + std::to_string(times) + " of " + std::to_string(found.repetitions) + " times)";
    }
    return text;
}

CheckResult judgePath(Bench &bench, const Named &named, const PathFindings &found)
{
    std::string sentence;
    if (!found.agreed && found.odd.empty())
        sentence = std::string("results of ") + named.name + " arithmetic differ from repetition to repetition, or from each multiprocessor to the next";
    else if (found.wrong > 0)
        sentence = std::string(named.name) + " arithmetic is wrong on " + oddText(found) + "; the others agree with each other";
    if (sentence.empty())
        return CheckResult::completed();
    std::string list;
    for (const auto &[sm, times] : found.odd)
        list += (list.empty() ? "" : ",") + std::to_string(sm);
    bench.report().event(protocol::Severity::Error, "gpu.wrong_arithmetic", bench.subject(), sentence + ".",
                         {{"path", named.name}, {"multiprocessors", list.substr(0, 400)}, {"repetitions", std::to_string(found.repetitions)}});
    return CheckResult::failed(sentence);
}

CheckResult measureArithmetic(Bench &bench, const Wanted &wanted)
{
    auto device = bench.open();
    if (!device.ok())
        return resultOf(device.problem(), "opening it");
    if (!bench.turn())
        return stoppedEarly();
    const auto multiprocessors = std::to_string((*device)->facts().multiprocessors);
    CheckResult result;
    std::size_t measured = 0;
    std::string without;
    for (const auto &named : wanted.paths) {
        Sampler sampler(bench.machine(), bench.gpu().index);
        sampler.begin();
        const auto found = repeatPath(bench, **device, named, wanted);
        auto parameters = sampler.end().parameters();
        if (found.problem && (found.problem->trouble == DeviceTrouble::NotSupported || found.problem->trouble == DeviceTrouble::NotPresent)) {
            without += (without.empty() ? "" : "; ") + printable(found.problem->text);
            bench.report().event(protocol::Severity::Info, "gpu.path_waived", bench.subject(),
                                 std::string(named.name) + " is not tested: " + printable(found.problem->text) + ".", {{"path", named.name}});
            continue;
        }
        if (found.problem)
            return resultOf(*found.problem, std::string("calculating ") + named.name);
        ++measured;
        parameters.insert({{"path", named.name},
                           {"digest", hexText(found.digest)},
                           {"seed", hexText(wanted.seed)},
                           {"multiprocessors", multiprocessors},
                           {"model", bench.gpu().model},
                           {"repetitions", std::to_string(found.repetitions)},
                           {"rounds_of_a_repetition", std::to_string(wanted.rounds)}});
        bench.report().read(std::string("wrong_results_") + named.name, Unit::Count, bench.subject(), double(found.wrong), std::move(parameters));
        if (auto judged = judgePath(bench, named, found); judged.status != protocol::StepStatus::Completed && result.status == protocol::StepStatus::Completed)
            result = std::move(judged);
        if (bench.stopped() && result.status == protocol::StepStatus::Completed)
            return stoppedEarly();
    }
    return measured > 0 ? result : CheckResult::notPresent(without);
}

/// The digests of one path, of GPUs that should agree.
struct Agreement {
    std::vector<std::string> subjects;
    std::vector<std::uint64_t> digests;
};

} // namespace

std::vector<std::string> GpuArithmetic::parameterHelp() const
{
    auto help = GpuOptions::help(Order::SideBySide);
    help.insert(help.begin(), {"seconds=4 (for all paths, s)", "path=all (or fp32, fp64, integer, tensor)", "rounds=100 (of work in one repetition)"});
    return help;
}

std::string GpuArithmetic::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuArithmetic::load(const CheckContext &context) const
{
    Options options(context.parameters);
    auto wanted = readWanted(options, context);
    wanted.seed = randomSeed();
    if (options.bad())
        return CheckResult::error(options.problem());

    std::map<std::pair<std::string, std::string>, Agreement> agreements; // by model and path
    const auto remember = [&](const protocol::Body &body) {
        const auto *one = std::get_if<protocol::Measurement>(&body);
        if (!one || !one->metric.starts_with("wrong_results_") || one->parameters.count("digest") == 0)
            return;
        auto &agreement = agreements[{one->parameters.at("model"), one->parameters.at("path")}];
        agreement.subjects.push_back(one->subject);
        agreement.digests.push_back(std::stoull(one->parameters.at("digest"), nullptr, 16));
    };
    const auto result = measureEachGpu(context, id(), wanted.common, [&](Bench &bench) { return measureArithmetic(bench, wanted); }, remember);
    const Reporter reporter(context, id());
    std::string differing;
    for (const auto &[key, agreement] : agreements) {
        for (const auto &sentence : oddOnesOut(agreement.subjects, agreement.digests)) {
            const auto text = sentence.text + " (" + key.second + " arithmetic, " + key.first + ")";
            reporter.event(protocol::Severity::Error, "gpu.differs", sentence.subject, text + ".", {{"path", key.second}});
            differing += (differing.empty() ? "" : "; ") + text;
        }
    }
    if (differing.empty())
        return result;
    return CheckResult::failed(result.status == protocol::StepStatus::Completed ? differing : result.reason + "; " + differing);
}

} // namespace seatrial::engine
