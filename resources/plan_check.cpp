// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/plan_check.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <sstream>

namespace seatrial::cli {

using domain::PlanStep;
using domain::Scope;

namespace {

constexpr const char *kPairCheck = "net.";      ///< checks between two nodes begin so
constexpr std::size_t kMostListBytes = 1 << 20;

/// What the schedule says itself, whatever the plan does.
const std::set<std::string> kOfSchedule{"role", "token", "peer", "port", "self", "peer_name", "sessions", "bind", "concurrent"};

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

std::string quoted(const std::string &path)
{
    std::string text = "'";
    for (const char c : path)
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
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
    PlanChecker(const domain::Plan &plan, const KnownChecks &checks) : m_plan(plan), m_checks(checks) {}

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
        const bool pair = step.check.text().starts_with(kPairCheck);
        if (pair != (step.scope == Scope::Pair))
            error(step, step.check.text() + (pair ? " measures between two nodes: say scope: pair" : " measures one node: leave scope: pair out"));
        for (const auto &[name, value] : step.parameters) {
            if (kOfSchedule.contains(name) && pair)
                error(step, "parameter " + name + " is given by the schedule, not by a plan");
            else if (!check.parameters.contains(name))
                error(step, step.check.text() + " has no parameter " + name + "; it has " + joined(check.parameters));
        }
        if (const auto seconds = step.parameters.find("seconds"); seconds != step.parameters.end() && std::atof(seconds->second.c_str()) >= step.deadlineSeconds)
            error(step, fmt::format("it is to measure for {} s, but its deadline is {:.6g} s", seconds->second, step.deadlineSeconds));
        if (check.loads && !step.exclusive)
            note(step, step.check.text() + " loads the node, but the step is not exclusive: nodes that share a machine will disturb each other");
        if (pair && step.need == domain::Need::Required)
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
    std::vector<PlanProblem> m_problems;
};

} // namespace

domain::Result<KnownChecks> knownChecks(const std::filesystem::path &engine)
{
    const auto failed = [&](const std::string &what) {
        return std::unexpected(domain::Failure{domain::Stage::Input, domain::FailureKind::Unsupported, what, engine.string() + " --list --json",
                                               "build or install Seatrial anew"});
    };
    std::FILE *pipe = ::popen((quoted(engine.string()) + " --list --json").c_str(), "re");
    if (!pipe)
        return failed("the engine cannot be asked what it measures");
    std::string text;
    char buffer[4096];
    for (std::size_t got = 0; text.size() < kMostListBytes && (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        text.append(buffer, got);
    const int status = ::pclose(pipe);
    KnownChecks checks;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (!json.is_object() || !json.contains("check") || !json["check"].is_string())
            return failed("the engine's list of checks cannot be read");
        KnownCheck &check = checks[json["check"].get<std::string>()];
        check.loads = json.value("loads", false);
        for (const auto &help : json.value("parameters", nlohmann::json::array()))
            addNames(check.parameters, help.is_string() ? help.get<std::string>() : std::string());
    }
    if (status != 0 || checks.empty())
        return failed("the engine does not say what it measures");
    return checks;
}

std::vector<PlanProblem> checkPlan(const domain::Plan &plan, const KnownChecks &checks)
{
    return PlanChecker(plan, checks).run();
}

} // namespace seatrial::cli
