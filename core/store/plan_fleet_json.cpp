// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/plan_fleet_json.h"

#include "core/store/json_columns.h"

namespace seatrial::store {

using nlohmann::json;
using namespace domain;

namespace {

std::string textAt(const json &object, const char *key)
{
    return exactText(object.at(key));
}

json textsJson(const std::vector<std::string> &texts)
{
    json array = json::array();
    for (const std::string &text : texts)
        array.push_back(exactText(text));
    return array;
}

std::vector<std::string> textsOf(const json &array)
{
    std::vector<std::string> texts;
    for (const json &text : array)
        texts.push_back(exactText(text));
    return texts;
}

json stepJson(const PlanStep &step)
{
    json parameters = json::array();
    for (const auto &[name, value] : step.parameters)
        parameters.push_back({exactText(name), exactText(value)});
    return {{"id", exactText(step.id.text())},
            {"check", exactText(step.check.text())},
            {"title", exactText(step.title)},
            {"required", step.need == Need::Required},
            {"pair", step.scope == Scope::Pair},
            {"group", step.scope == Scope::Group},
            {"group_size", step.groupSize},
            {"exclusive", step.exclusive},
            {"partners", step.partners},
            {"retests", step.retests},
            {"deadline_seconds", step.deadlineSeconds},
            {"expected_seconds", step.expectedSeconds},
            {"parameters", parameters}};
}

PlanStep stepOf(const json &object)
{
    PlanStep step;
    step.id = StepId(textAt(object, "id"));
    step.check = CheckId(textAt(object, "check"));
    step.title = textAt(object, "title");
    step.need = object.at("required").get<bool>() ? Need::Required : Need::Informative;
    // Runs of older versions know no groups.
    const bool group = object.value("group", false);
    step.scope = group ? Scope::Group : object.at("pair").get<bool>() ? Scope::Pair : Scope::Node;
    step.groupSize = object.value("group_size", 0);
    step.exclusive = object.at("exclusive").get<bool>();
    step.partners = object.at("partners").get<int>();
    step.retests = object.at("retests").get<int>();
    step.deadlineSeconds = object.at("deadline_seconds").get<double>();
    step.expectedSeconds = object.at("expected_seconds").get<double>();
    for (const json &pair : object.at("parameters"))
        step.parameters.emplace(exactText(pair.at(0)), exactText(pair.at(1)));
    return step;
}

json nodeJson(const Node &node)
{
    json object = {{"id", exactText(node.id.text())},
                   {"address", exactText(node.address)},
                   {"rack", exactText(node.rack.text())},
                   {"unit", node.unit},
                   {"height", node.height},
                   {"ssh", {{"user", exactText(node.ssh.user)},
                            {"identity", exactText(node.ssh.identity.native())},
                            {"known_hosts", exactText(node.ssh.knownHosts.native())}}}};
    json &ssh = object["ssh"];
    if (node.ssh.port)
        ssh["port"] = *node.ssh.port;
    if (!node.ssh.certificate.empty())
        ssh["certificate"] = exactText(node.ssh.certificate.native());
    if (!node.ssh.config.empty())
        ssh["config"] = exactText(node.ssh.config.native());
    if (!node.ssh.hostKeys.empty())
        ssh["host_keys"] = textsJson(node.ssh.hostKeys);
    if (node.ssh.jumps)
        ssh["jumps"] = textsJson(*node.ssh.jumps);
    if (node.sudo)
        object["sudo"] = true;
    if (!node.inventory.empty())
        object["inventory"] = exactText(node.inventory.native());
    return object;
}

Node nodeOf(const json &object)
{
    Node node;
    node.id = NodeId(textAt(object, "id"));
    node.address = textAt(object, "address");
    node.rack = RackId(textAt(object, "rack"));
    node.unit = object.at("unit").get<double>();
    node.height = object.at("height").get<double>();
    const json &ssh = object.at("ssh");
    node.ssh.user = textAt(ssh, "user");
    node.ssh.identity = textAt(ssh, "identity");
    node.ssh.knownHosts = textAt(ssh, "known_hosts");
    if (ssh.contains("port"))
        node.ssh.port = ssh.at("port").get<std::uint16_t>();
    if (ssh.contains("certificate"))
        node.ssh.certificate = textAt(ssh, "certificate");
    if (ssh.contains("config"))
        node.ssh.config = textAt(ssh, "config");
    if (ssh.contains("host_keys"))
        node.ssh.hostKeys = textsOf(ssh.at("host_keys"));
    if (ssh.contains("jumps"))
        node.ssh.jumps = textsOf(ssh.at("jumps"));
    node.sudo = object.value("sudo", false);
    if (object.contains("inventory"))
        node.inventory = textAt(object, "inventory");
    return node;
}

json sharedJson(const SharedResource &shared)
{
    json nodes = json::array();
    for (const NodeId &node : shared.nodes)
        nodes.push_back(exactText(node.text()));
    return {{"name", exactText(shared.name)}, {"kind", exactText(shared.kind)}, {"nodes", nodes}};
}

SharedResource sharedOf(const json &object)
{
    SharedResource shared{textAt(object, "name"), textAt(object, "kind"), {}};
    for (const json &node : object.at("nodes"))
        shared.nodes.emplace_back(exactText(node));
    return shared;
}

template<typename Values, typename Convert>
json arrayOf(const Values &values, Convert convert)
{
    json array = json::array();
    for (const auto &value : values)
        array.push_back(convert(value));
    return array;
}

} // namespace

std::string planToJson(const Plan &plan)
{
    return json{{"name", exactText(plan.name)},
                {"title", exactText(plan.title)},
                {"description", exactText(plan.description)},
                {"source", exactText(plan.source.native())},
                {"steps", arrayOf(plan.steps, stepJson)}}
        .dump();
}

Plan planFromJson(const std::string &text)
{
    const json object = json::parse(text);
    Plan plan;
    plan.name = textAt(object, "name");
    plan.title = textAt(object, "title");
    plan.description = textAt(object, "description");
    plan.source = textAt(object, "source");
    for (const json &step : object.at("steps"))
        plan.steps.push_back(stepOf(step));
    return plan;
}

std::string fleetToJson(const Fleet &fleet)
{
    const auto rackJson = [](const Rack &rack) { return json{{"id", exactText(rack.id.text())}, {"height", rack.height}}; };
    return json{{"name", exactText(fleet.name)},
                {"source", exactText(fleet.source.native())},
                {"racks", arrayOf(fleet.racks, rackJson)},
                {"nodes", arrayOf(fleet.nodes, nodeJson)},
                {"shared", arrayOf(fleet.shared, sharedJson)}}
        .dump();
}

Fleet fleetFromJson(const std::string &text)
{
    const json object = json::parse(text);
    Fleet fleet;
    fleet.name = textAt(object, "name");
    fleet.source = textAt(object, "source");
    for (const json &rack : object.at("racks"))
        fleet.racks.push_back({RackId(textAt(rack, "id")), rack.at("height").get<int>()});
    for (const json &node : object.at("nodes"))
        fleet.nodes.push_back(nodeOf(node));
    for (const json &shared : object.at("shared"))
        fleet.shared.push_back(sharedOf(shared));
    return fleet;
}

} // namespace seatrial::store
