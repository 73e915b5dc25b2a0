// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/print.h"

#include "core/campaign/estimate.h"
#include "core/domain/node_set.h"
#include "resources/plan_check.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace seatrial::cli {

using domain::PlanStep;
using report::Cell;
using report::Format;
using report::Table;

namespace {

domain::Result<domain::Plan> planNamed(const Tools &tools, const std::string &name)
{
    auto file = tools.installation.plan(name);
    if (!file)
        return std::unexpected(std::move(file.error()));
    return domain::loadPlan(*file);
}

std::string needText(const PlanStep &step)
{
    return step.need == domain::Need::Required ? "required" : "informative";
}

std::string scopeText(const PlanStep &step)
{
    switch (step.scope) {
    case domain::Scope::Pair: return "pair";
    case domain::Scope::Group: return "group";
    case domain::Scope::Node: break;
    }
    return "node";
}

std::string parametersText(const PlanStep &step)
{
    std::string text;
    for (const auto &[name, value] : step.parameters)
        text += (text.empty() ? "" : " ") + name + "=" + value;
    return text;
}

int printTable(const Table &table, Format format)
{
    print(stdout, "{}", format == Format::Json ? report::asJson(table) : format == Format::Csv ? report::asCsv(table) : report::asText(table));
    return AllQualified;
}

/// "1 min 20 s": for a person who plans the evening.
std::string durationText(double seconds)
{
    const auto whole = static_cast<long long>(std::ceil(seconds));
    if (whole < 60)
        return fmt::format("{} s", whole);
    if (whole < 3600)
        return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

/// How often @p step is done on @p nodes, pairs and groups counted once.
long long timesOf(const PlanStep &step, const std::vector<domain::NodeId> &nodes)
{
    if (step.scope == domain::Scope::Group)
        return static_cast<long long>(campaign::groupsOf(nodes, step.groupSize).size());
    if (step.scope != domain::Scope::Pair)
        return static_cast<long long>(nodes.size());
    long long pairs = 0;
    for (const auto &round : campaign::pairRounds(nodes, step.partners))
        pairs += static_cast<long long>(round.size());
    return pairs;
}

Table estimateTable(const domain::Plan &plan, const std::vector<domain::NodeId> &nodes, const campaign::Estimate &estimate)
{
    Table table{{"step", "check", "scope", "need", "each_s", "times", "at_once", "begins_s", "ends_s"}, {}};
    for (const auto &one : estimate.steps) {
        const PlanStep &step = plan.steps[one.step];
        table.rows.push_back({step.id.text(), step.check.text(), scopeText(step), needText(step), step.expectedSeconds, static_cast<long long>(one.times),
                              static_cast<long long>(one.mostAtOnce), one.beginsSeconds, one.endsSeconds});
    }
    if (estimate.simulated)
        return table;
    for (const PlanStep &step : plan.steps) // when, and on how many at once, only the schedule knows
        table.rows.push_back({step.id.text(), step.check.text(), scopeText(step), needText(step), step.expectedSeconds, timesOf(step, nodes), Cell(), Cell(), Cell()});
    return table;
}

/// What the figure stands on, a sentence each.
std::vector<std::string> groundsOf(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes,
                                   const campaign::Estimate &estimate)
{
    std::vector<std::string> grounds{estimate.simulated
                                         ? "the schedule of a run played with every step as long as the plan expects; connecting counts 2 s"
                                         : "the schedule was not played, there are too many nodes for that: the longest sum of steps of one node or shared resource"};
    int shared = 0;
    for (const auto &resource : fleet.shared) {
        const auto inside = std::ranges::count_if(resource.nodes, [&](const auto &node) { return std::ranges::find(nodes, node) != nodes.end(); });
        shared += inside > 1;
    }
    if (shared > 0)
        grounds.push_back(fmt::format("{} shared resource{}: nodes on one are loaded one after another; a node stands still for up to {}", shared, shared == 1 ? "" : "s",
                                      durationText(estimate.waitingSeconds)));
    if (estimate.rampSeconds > 0)
        grounds.push_back("load comes onto the nodes in steps, with " + durationText(estimate.rampSeconds) + " until all may be loaded");
    for (const auto &step : plan.steps) {
        if (step.scope == domain::Scope::Pair)
            grounds.push_back(fmt::format("{}: {} round{} of disjoint pairs", step.id.text(), campaign::pairRounds(nodes, step.partners).size(),
                                          campaign::pairRounds(nodes, step.partners).size() == 1 ? "" : "s"));
    }
    for (const auto &step : plan.steps) {
        if (step.scope != domain::Scope::Group)
            continue;
        const auto groups = campaign::groupsOf(nodes, step.groupSize).size();
        grounds.push_back(fmt::format("{}: {} group{} of nodes", step.id.text(), groups, groups == 1 ? "" : "s"));
    }
    double ofParts = 0;
    for (const auto &step : plan.steps)
        ofParts += step.check.text().starts_with("gpu.") || step.check.text().starts_with("nic.") ? step.expectedSeconds : 0;
    if (ofParts > 0)
        grounds.push_back("each node has GPUs and adapters between nodes: their steps take " + durationText(ofParts)
                          + " of a node, and next to nothing where there are none");
    grounds.push_back("nothing is measured again: a missed limit adds up to the step's retests");
    return grounds;
}

} // namespace

int planListCommand(const Tools &tools, const PlanOptions &options)
{
    Table table{{"plan", "title", "steps", "description"}, {}};
    for (const auto &name : tools.installation.planNames()) {
        const auto plan = planNamed(tools, name);
        if (!plan)
            return complain(plan.error());
        std::string description = plan->description;
        while (!description.empty() && description.back() == '\n')
            description.pop_back();
        table.rows.push_back({name, plan->title, static_cast<long long>(plan->steps.size()), description});
    }
    return printTable(table, options.format);
}

int planShowCommand(const Tools &tools, const PlanOptions &options)
{
    const auto plan = planNamed(tools, options.plan);
    if (!plan)
        return complain(plan.error());
    Table table{{"step", "check", "title", "scope", "need", "exclusive", "partners", "group_size", "retests", "expected_s", "deadline_s", "parameters"}, {}};
    for (const auto &step : plan->steps) {
        const bool pair = step.scope == domain::Scope::Pair;
        const bool limited = step.scope == domain::Scope::Group && step.groupSize > 0;
        table.rows.push_back({step.id.text(), step.check.text(), step.title, scopeText(step), needText(step), std::string(step.exclusive ? "yes" : "no"),
                              pair ? Cell(static_cast<long long>(step.partners)) : Cell(),
                              limited ? Cell(static_cast<long long>(step.groupSize)) : step.scope == domain::Scope::Group ? Cell(std::string("all")) : Cell(), static_cast<long long>(step.retests), step.expectedSeconds,
                              step.deadlineSeconds, parametersText(step)});
    }
    if (options.format == Format::Text)
        print(stdout, "Plan {}: {}\n", report::printable(plan->name), report::printable(plan->title));
    return printTable(table, options.format);
}

int planCheckCommand(const Tools &tools, const PlanOptions &options)
{
    const auto plan = planNamed(tools, options.plan);
    if (!plan)
        return complain(plan.error());
    const auto engine = tools.installation.engine();
    if (!engine)
        return complain(engine.error());
    const auto problems = resources::checkPlan(*plan, *engine);
    if (!problems)
        return complain(problems.error());
    int errors = 0;
    for (const auto &problem : *problems) {
        errors += problem.error;
        print(stdout, "{}: {}{}\n", problem.error ? "error" : "note", problem.step.empty() ? std::string() : report::printable(problem.step) + ": ",
              report::printable(problem.text));
    }
    print(stdout, "Plan {}, {} steps: {}\n", report::printable(plan->name), plan->steps.size(), errors == 0 ? std::string("can be run") : fmt::format("{} error{}", errors, errors == 1 ? "" : "s"));
    return errors == 0 ? AllQualified : BadInput;
}

int planEstimateCommand(const Tools &tools, const PlanOptions &options)
{
    const auto plan = planNamed(tools, options.plan);
    if (!plan)
        return complain(plan.error());
    const auto fleet = fleetFrom(options.where);
    if (!fleet)
        return complain(fleet.error());
    const auto nodes = chosenNodes(*fleet, options.where.nodes);
    if (!nodes)
        return complain(nodes.error());
    const auto ramp = rampTerms(options.where.ramp, campaign::RampTerms().pauseSeconds);
    if (!ramp)
        return complain(ramp.error());
    const auto estimate = campaign::estimate(*plan, *fleet, *nodes, *ramp);
    const auto grounds = groundsOf(*plan, *fleet, *nodes, estimate);
    const Table table = estimateTable(*plan, *nodes, estimate);
    if (options.format == Format::Json) {
        nlohmann::ordered_json json{{"plan", plan->name}, {"fleet", fleet->name}, {"nodes", nodes->size()}, {"total_s", estimate.totalSeconds}, {"played", estimate.simulated},
                                    {"ramp_s", estimate.rampSeconds}, {"rests_on", grounds}};
        json["steps"] = nlohmann::ordered_json::parse(report::asJson(table));
        print(stdout, "{}\n", json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
        return AllQualified;
    }
    if (options.format == Format::Csv)
        return printTable(table, options.format);
    print(stdout, "Plan {} on {} of {}: about {}\n{}\n{}\nRests on:\n", report::printable(plan->name), nodes->size() == 1 ? "1 node" : fmt::format("{} nodes", nodes->size()),
          report::printable(fleet->name), durationText(estimate.totalSeconds),
          estimate.simulated ? "" : "The schedule was not played: when steps begin and end, and on how many nodes at once, is not known.\n", report::asText(table));
    for (const auto &ground : grounds)
        print(stdout, "  - {}\n", report::printable(ground));
    return AllQualified;
}

} // namespace seatrial::cli
