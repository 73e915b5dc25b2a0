// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/plan.h"
#include "core/domain/yaml_reader.h"

#include <algorithm>

namespace seatrial::domain {

namespace {

constexpr double kLongestStep = 7 * 24 * 3600.0;
constexpr std::size_t kMaxIdBytes = 40;     // leaves room for the peer in a key of 128 bytes
constexpr std::size_t kMaxParameters = 48;
constexpr std::size_t kMaxSteps = 1000;

/// Ids of steps and checks are words on the wire and in tables.
bool isPlainId(const std::string &id)
{
    const auto plain = [](char character) {
        return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9')
            || std::string_view("._-").contains(character);
    };
    const bool startsWithLetter = !id.empty() && id.front() >= 'a' && id.front() <= 'z';
    return startsWithLetter && id.size() <= kMaxIdBytes && std::ranges::all_of(id, plain);
}

std::optional<Need> needFromText(const std::string &text)
{
    if (text == "required")
        return Need::Required;
    if (text == "informative")
        return Need::Informative;
    return std::nullopt;
}

std::optional<Scope> scopeFromText(const std::string &text)
{
    if (text == "node")
        return Scope::Node;
    if (text == "pair")
        return Scope::Pair;
    if (text == "group")
        return Scope::Group;
    return std::nullopt;
}

std::string readId(YamlMap &map, std::string_view key)
{
    const std::string id = map.text(key);
    if (!isPlainId(id))
        map.fail(key, "found \"" + id + "\" as " + std::string(key)
                          + ", expected at most 40 lower-case letters, digits, '.', '_' or '-', beginning with a letter");
    return id;
}

PlanStep readStep(YamlReader &reader, const YamlTree &tree)
{
    YamlMap map(reader, tree, "a step",
                {"id", "check", "title", "need", "scope", "exclusive", "partners", "group_size", "retests", "deadline", "expected", "parameters"});
    const PlanStep usual;
    PlanStep step;
    step.id = StepId(readId(map, "id"));
    step.check = CheckId(readId(map, "check"));
    step.title = map.text("title", step.check.text());
    step.need = map.word<Need>("need", needFromText, "required or informative", usual.need);
    step.scope = map.word<Scope>("scope", scopeFromText, "node, pair or group", usual.scope);
    step.exclusive = map.boolean("exclusive", usual.exclusive);
    if (map.has("partners") && step.scope != Scope::Pair)
        map.fail("partners", "only a step of scope pair has partners, expected none here");
    step.partners = map.integer("partners", 1, 64, usual.partners);
    if (map.has("group_size") && step.scope != Scope::Group)
        map.fail("group_size", "only a step of scope group has groups, expected none here");
    if (map.has("group_size"))
        step.groupSize = map.integer("group_size", 2, 10'000, 2);
    step.retests = map.integer("retests", 0, 10, usual.retests);
    step.deadlineSeconds = map.number("deadline", 1, kLongestStep, usual.deadlineSeconds);
    step.expectedSeconds = map.number("expected", 0, step.deadlineSeconds, std::min(usual.expectedSeconds, step.deadlineSeconds));
    step.parameters = map.texts("parameters");
    if (step.parameters.size() > kMaxParameters)
        map.fail("parameters", "found " + std::to_string(step.parameters.size()) + " parameters, expected at most 48");
    return step;
}

} // namespace

Result<Plan> loadPlan(const std::filesystem::path &file)
{
    const auto text = YamlReader::readFile(file, "plan");
    if (!text)
        return std::unexpected(text.error());
    return parsePlan(*text, file);
}

Result<Plan> parsePlan(const std::string &yaml, const std::filesystem::path &source)
{
    YamlReader reader(source, "plan");
    const YamlTree &root = reader.parse(yaml);
    YamlMap map(reader, root, "a plan", {"version", "name", "title", "description", "steps"});
    map.requireVersion();
    Plan plan;
    plan.source = source;
    plan.name = map.text("name", source.stem().string());
    plan.title = map.text("title", plan.name);
    plan.description = map.text("description", std::string());
    for (const YamlTree &tree : map.list("steps")) {
        PlanStep step = readStep(reader, tree);
        if (plan.find(step.id))
            reader.fail(tree, "there is a step " + step.id.text() + " already, expected each id once");
        plan.steps.push_back(std::move(step));
        if (plan.steps.size() > kMaxSteps || !reader.ok())
            break;
    }
    if (plan.steps.size() > kMaxSteps)
        reader.fail(map.place("steps"), "the plan has more than 1000 steps, expected fewer");
    if (plan.steps.empty())
        reader.fail(map.place("steps"), "the plan has no steps, expected at least one");
    if (reader.failure())
        return std::unexpected(*reader.failure());
    return plan;
}

} // namespace seatrial::domain
