// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/inputs.h"

#include "cli/print.h"
#include "core/domain/node_set.h"
#include "core/importers/host_list.h"
#include "core/importers/open_fleet.h"

#include "core/protocol/text.h"

#include <filesystem>

namespace seatrial::cli {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

std::string storeFile(const std::string &named)
{
    return named.empty() ? resources::Installation::defaultStore().string() : named;
}

domain::Result<std::unique_ptr<store::Store>> openExistingStore(const Tools &tools, const std::string &file)
{
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "there is no store " + file, {}, "name one with --store, or make one with seatrialctl run"});
    return tools.openStore(file);
}

domain::Result<analysis::Criteria> criteriaFrom(const Tools &tools, const std::string &file)
{
    auto found = tools.installation.criteria(file);
    if (!found)
        return std::unexpected(std::move(found.error()));
    auto criteria = analysis::loadCriteria(*found);
    if (!criteria)
        return criteria;
    auto models = analysis::loadSkus(tools.installation.models());
    if (!models)
        return std::unexpected(std::move(models.error()));
    criteria->skus = std::move(*models);
    return criteria;
}

domain::Result<domain::Fleet> fleetFrom(const RunOptions &options)
{
    if (options.inventory.empty() == options.hosts.empty())
        return std::unexpected(Failure{Stage::Input, FailureKind::Invalid, "give the nodes either by --inventory FILE or by --hosts 'n[01-16]'", {}, "see --help"});
    auto opened = options.hosts.empty() ? importers::openFleet(options.inventory) : importers::parseHostList(options.hosts, "--hosts");
    if (!opened)
        return std::unexpected(std::move(opened.error()));
    if (!options.hosts.empty()) {
        opened->fleet.name = protocol::clipped(options.hosts, 40);
        opened->fleet.source.clear();
    }
    for (const std::string &note : opened->notes)
        print(stderr, "{}\n", report::printable(note));
    return std::move(opened->fleet);
}

domain::Result<campaign::RampTerms> rampTerms(const std::string &ramp, double pauseSeconds)
{
    campaign::RampTerms terms;
    terms.pauseSeconds = pauseSeconds;
    if (ramp.empty())
        return terms;
    auto shares = campaign::rampFromText(ramp);
    if (!shares)
        return std::unexpected(std::move(shares.error()));
    terms.shares = std::move(*shares);
    terms.smallest = 2; // a person who names steps means them
    return terms;
}

domain::Result<std::vector<domain::NodeId>> chosenNodes(const domain::Fleet &fleet, const std::string &expression)
{
    std::vector<domain::NodeId> all;
    for (const auto &node : fleet.nodes)
        all.push_back(node.id);
    if (expression.empty())
        return all;
    auto chosen = domain::selectNodes(fleet, expression);
    if (chosen && chosen->empty()) {
        return std::unexpected(Failure{Stage::Input, FailureKind::Invalid, "--nodes '" + expression + "' leaves no node", {},
                                       "name at least one of " + domain::foldNodeSet(all) + ", or leave --nodes out for all of them"});
    }
    return chosen;
}

} // namespace seatrial::cli
