// SPDX-License-Identifier: GPL-3.0-or-later
#include "resources/plan_check.h"

#include "core/protocol/codec.h"
#include "resources/ask_engine.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

namespace seatrial::resources {

using domain::PlanStep;
using domain::Scope;

namespace {

constexpr const char *kPairCheck = "net.";      ///< checks between two nodes begin so
constexpr const char *kGroupCheck = "host.collective"; ///< and those of groups
constexpr std::size_t kMostTold = 5;

/// What an engine can measure, as its --list says.
struct KnownCheck {
    bool loads = false;
    std::set<std::string> parameters;
};
using KnownChecks = std::map<std::string, KnownCheck>;
using Refusals = std::map<std::string, std::string>; ///< by step

/// What the schedule says itself, whatever the plan does.
const std::set<std::string> kOfSchedule{"role", "token", "peer", "port", "self", "peer_name", "sessions", "bind", "concurrent", "rank", "size", "root"};

/// "seconds=6 (time, s)", "serve: bind=(…)", "measure: self=, peer_name= (…)": the words before "=".
void addNames(std::set<std::string> &names, const std::string &help)
{
    std::string word;
    for (const char c : help) {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
            word += c;
            continue;
        }
        if (c == '=' && !word.empty())
            names.insert(word);
        if (c == '(')
            return;
        word.clear();
    }
}

std::string joined(const std::set<std::string> &words)
{
    std::string text;
    for (const auto &word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text.empty() ? "none" : text;
}

class PlanChecker
{
public:
    PlanChecker(const domain::Plan &plan, const KnownChecks &checks, const Refusals &refusals) : m_plan(plan), m_checks(checks), m_refusals(refusals) {}

    std::vector<PlanProblem> run()
    {
        bool required = false;
        for (const PlanStep &step : m_plan.steps) {
            look(step);
            required |= step.need == domain::Need::Required;
        }
        phases();
        if (!required)
            m_problems.push_back({true, {}, "no step is required: no node could ever qualify"});
        return std::move(m_problems);
    }

private:
    void error(const PlanStep &step, std::string text) { m_problems.push_back({true, step.id.text(), std::move(text)}); }
    void note(const PlanStep &step, std::string text) { m_problems.push_back({false, step.id.text(), std::move(text)}); }

    static Scope scopeOf(const PlanStep &step)
    {
        if (step.check.text().starts_with(kGroupCheck))
            return Scope::Group;
        return step.check.text().starts_with(kPairCheck) ? Scope::Pair : Scope::Node;
    }

    static std::string wantedText(Scope wanted, Scope said)
    {
        if (wanted == Scope::Pair)
            return " measures between two nodes: say scope: pair";
        if (wanted == Scope::Group)
            return " measures groups of nodes: say scope: group";
        return std::string(" measures one node: leave scope: ") + (said == Scope::Pair ? "pair" : "group") + " out";
    }

    void look(const PlanStep &step)
    {
        const auto found = m_checks.find(step.check.text());
        if (found == m_checks.end()) {
            std::set<std::string> names;
            for (const auto &[name, check] : m_checks)
                names.insert(name);
            return error(step, "there is no check " + step.check.text() + "; this engine has " + joined(names));
        }
        const KnownCheck &check = found->second;
        const Scope scope = scopeOf(step);
        if (step.scope != scope)
            error(step, step.check.text() + wantedText(scope, step.scope));
        for (const auto &[name, value] : step.parameters) {
            if (kOfSchedule.contains(name) && scope != Scope::Node)
                error(step, "parameter " + name + " is given by the schedule, not by a plan");
            else if (!check.parameters.contains(name))
                error(step, step.check.text() + " has no parameter " + name + "; it has " + joined(check.parameters));
        }
        if (const auto refusal = m_refusals.find(step.id.text()); refusal != m_refusals.end())
            error(step, refusal->second);
        if (const auto seconds = step.parameters.find("seconds"); seconds != step.parameters.end() && std::atof(seconds->second.c_str()) >= step.deadlineSeconds)
            error(step, fmt::format("it is to measure for {} s, but its deadline is {:.6g} s", seconds->second, step.deadlineSeconds));
        if (check.loads && !step.exclusive)
            note(step, step.check.text() + " loads the node, but the step is not exclusive: nodes that share a machine will disturb each other");
        if (scope != Scope::Node && step.need == domain::Need::Required)
            note(step, "it needs two nodes or more: a single one cannot qualify by this plan");
    }

    /// A counter is judged by what it grew between the two.
    void phases()
    {
        std::map<std::string, std::map<std::string, const PlanStep *>> found;
        for (const PlanStep &step : m_plan.steps) {
            if (const auto phase = step.parameters.find("phase"); phase != step.parameters.end())
                found[step.check.text()][phase->second] = &step;
        }
        for (const auto &[check, phases] : found) {
            const auto before = phases.find("before"), after = phases.find("after");
            if ((before == phases.end()) != (after == phases.end()))
                note(*phases.begin()->second, check + " has phase: " + phases.begin()->first + " alone: counters are judged by what they grow from before to after");
            else if (before != phases.end() && before->second > after->second)
                error(*after->second, check + " with phase: after comes before the one with phase: before");
        }
    }

    const domain::Plan &m_plan;
    const KnownChecks &m_checks;
    const Refusals &m_refusals;
    std::vector<PlanProblem> m_problems;
};

domain::Failure notUnderstood(const std::filesystem::path &engine, const std::string &what)
{
    return {domain::Stage::Input, domain::FailureKind::Unsupported, what, engine.string(), "build or install Seatrial anew"};
}

/// Hands on each line of @p answer as an object with @p key; false if one is none.
bool eachLine(const std::string &answer, const char *key, const std::function<void(const nlohmann::json &)> &take)
{
    std::istringstream lines(answer);
    for (std::string line; std::getline(lines, line);) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (!json.is_object() || !json.contains(key) || !json[key].is_string())
            return false;
        take(json);
    }
    return true;
}

domain::Result<KnownChecks> knownChecks(const std::filesystem::path &engine)
{
    const auto answer = askEngine(engine, {"--list", "--json"});
    if (!answer)
        return std::unexpected(answer.error());
    KnownChecks checks;
    const bool understood = eachLine(answer->output, "check", [&](const nlohmann::json &json) {
        KnownCheck &check = checks[json["check"].get<std::string>()];
        const auto loads = json.find("loads"), helps = json.find("parameters");
        check.loads = loads != json.end() && loads->is_boolean() && loads->get<bool>();
        for (const auto &help : helps == json.end() ? nlohmann::json::array() : *helps)
            addNames(check.parameters, help.is_string() ? help.get<std::string>() : std::string());
    });
    if (!understood || answer->exitCode != 0 || checks.empty())
        return std::unexpected(notUnderstood(engine, "the engine does not say what it measures"));
    return checks;
}

/// What the engine would refuse is for the engine to say: nobody else knows what its checks can be given.
domain::Result<Refusals> refusalsOf(const domain::Plan &plan, const std::filesystem::path &engine)
{
    std::string lines;
    for (const PlanStep &step : plan.steps)
        lines += protocol::encode(protocol::Control(protocol::StartStep{step.id.text(), step.check.text(), step.parameters, step.deadlineSeconds}));
    const auto answer = askEngine(engine, {"--check-plan", "-", "--json"}, lines);
    if (!answer)
        return std::unexpected(answer.error());
    Refusals refusals;
    const bool understood = eachLine(answer->output, "step", [&](const nlohmann::json &json) {
        const auto refusal = json.find("refusal");
        refusals[json["step"].get<std::string>()] = refusal != json.end() && refusal->is_string() ? refusal->get<std::string>() : "the engine refuses it";
    });
    if (!understood || answer->exitCode > 1)
        return std::unexpected(notUnderstood(engine, "the engine does not say what it would refuse"));
    return refusals;
}

} // namespace

domain::Result<std::vector<PlanProblem>> checkPlan(const domain::Plan &plan, const std::filesystem::path &engine)
{
    const auto checks = knownChecks(engine);
    if (!checks)
        return std::unexpected(checks.error());
    const auto refusals = refusalsOf(plan, engine);
    if (!refusals)
        return std::unexpected(refusals.error());
    return PlanChecker(plan, *checks, *refusals).run();
}

std::optional<domain::Failure> planRefusal(const domain::Plan &plan, const std::filesystem::path &engine)
{
    auto problems = checkPlan(plan, engine);
    if (!problems)
        return std::nullopt;
    std::erase_if(*problems, [](const PlanProblem &problem) { return !problem.error; });
    if (problems->empty())
        return std::nullopt;
    std::string what = "the plan " + plan.name + " cannot be run: ";
    for (std::size_t i = 0; i < std::min(problems->size(), kMostTold); ++i)
        what += (i == 0 ? "" : "; ") + ((*problems)[i].step.empty() ? std::string() : (*problems)[i].step + ": ") + (*problems)[i].text;
    if (problems->size() > kMostTold)
        what += fmt::format("; and {} more", problems->size() - kMostTold);
    return domain::Failure{domain::Stage::Input, domain::FailureKind::Invalid, std::move(what), "asking the engine what it would refuse",
                           "correct " + (plan.source.empty() ? "the plan" : plan.source.string()) + "; seatrialctl plan check lists all of it"};
}

} // namespace seatrial::resources
