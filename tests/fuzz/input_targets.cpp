// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/inventory.h"
#include "core/domain/names.h"
#include "core/domain/node_set.h"
#include "core/domain/plan.h"
#include "core/importers/host_list.h"
#include "core/importers/ssh_config_hosts.h"
#include "core/protocol/text.h"
#include "tests/fuzz/targets.h"

#include <set>

namespace seatrial::fuzz {

using namespace domain;

namespace {

void sayable(const Failure &failure)
{
    promise(!failure.what.empty(), "a failure says what is wrong");
    promise(protocol::isPrintable(failure.what), "a failure can be shown");
}

void sound(const Fleet &fleet)
{
    std::set<std::string> names;
    promise(!fleet.nodes.empty() && fleet.nodes.size() <= kMaxExpandedNodes, "a fleet has nodes, and not too many");
    for (const Node &node : fleet.nodes) {
        promise(isNodeName(node.id.text()), "a node has a plain name");
        promise(isSafeArgument(node.address), "an address is no option and no shell");
        promise(node.ssh.user.empty() || isSafeArgument(node.ssh.user), "a user is no option and no shell");
        promise(names.insert(node.id.text()).second, "each name is there once");
    }
}

} // namespace

void nodeSet(const std::string &input)
{
    const auto names = expandNodeSet(input);
    if (!names)
        return sayable(names.error());
    promise(names->size() <= kMaxExpandedNodes, "an expression is bounded");
    const std::set<std::string> once(names->begin(), names->end());
    promise(once.size() == names->size(), "each name is there once");
    const auto again = expandNodeSet(foldNodeSet(*names));
    promise(names->empty() || (again && std::set<std::string>(again->begin(), again->end()) == once), "folded and expanded is the same set");
}

void inventory(const std::string &input)
{
    const auto fleet = parseFleet(input, "fuzz.yaml");
    if (!fleet)
        return sayable(fleet.error());
    sound(*fleet);
}

void plan(const std::string &input)
{
    const auto plan = parsePlan(input, "fuzz.yaml");
    if (!plan)
        return sayable(plan.error());
    promise(!plan->steps.empty(), "a plan has steps");
    for (const PlanStep &step : plan->steps)
        promise(step.deadlineSeconds > 0 && step.expectedSeconds >= 0 && plan->find(step.id), "a step has a deadline and is found");
}

void hostList(const std::string &input)
{
    const auto opened = importers::parseHostList(input, "fuzz");
    if (!opened)
        return sayable(opened.error());
    sound(opened->fleet);
}

void sshConfigHosts(const std::string &input)
{
    if (input.find("nclude") != std::string::npos || input.find("NCLUDE") != std::string::npos)
        return; // files of this machine are not to be read
    (void)importers::isSshConfig(input);
    const auto opened = importers::parseSshConfigHosts(input, "/fuzz/config");
    if (!opened)
        return sayable(opened.error());
    sound(opened->fleet);
    for (const std::string &note : opened->notes)
        promise(protocol::isPrintable(note), "a note can be shown");
}

} // namespace seatrial::fuzz
