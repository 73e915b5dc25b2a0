// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/campaign.h"

#include "core/campaign/coordinator.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <fmt/format.h>

namespace seatrial::campaign {

using domain::Failure;
using domain::FailureKind;
using domain::Result;
using domain::Stage;

namespace {

/// Of a fleet larger than a run can be only the chosen nodes come into it: a run is copied, shown and stored with its fleet.
void keepChosen(domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes)
{
    if (fleet.nodes.size() <= Campaign::kMostNodes)
        return;
    const std::unordered_set<domain::NodeId> chosen(nodes.begin(), nodes.end());
    std::set<domain::RackId> racks;
    std::erase_if(fleet.nodes, [&](const domain::Node &node) { return !chosen.contains(node.id); });
    fleet.nodes.shrink_to_fit();
    for (const auto &node : fleet.nodes)
        racks.insert(node.rack);
    std::erase_if(fleet.racks, [&](const domain::Rack &rack) { return !racks.contains(rack.id); });
    for (auto &resource : fleet.shared)
        std::erase_if(resource.nodes, [&](const domain::NodeId &node) { return !chosen.contains(node); });
    std::erase_if(fleet.shared, [](const domain::SharedResource &resource) { return resource.nodes.empty(); });
}

} // namespace

std::optional<Failure> Campaign::refusal(std::size_t nodes)
{
    if (nodes == 0)
        return Failure{Stage::Input, FailureKind::Invalid, "no node was chosen", {}, "name at least one node of the inventory"};
    if (nodes > kMostNodes)
        return Failure{Stage::Input, FailureKind::Invalid, fmt::format("{} nodes are more than a run takes, which is {}", nodes, kMostNodes), {},
                       "choose a part of them (--nodes, or a selection in the window), and the others in further runs"};
    return std::nullopt;
}

Result<std::unique_ptr<Campaign>> Campaign::begin(Worlds worlds, Terms terms)
{
    if (auto refused = refusal(terms.nodes.size()))
        return std::unexpected(std::move(*refused));
    domain::RunInfo info;
    info.plan = std::move(terms.plan);
    info.fleet = std::move(terms.fleet);
    info.nodes = std::move(terms.nodes);
    keepChosen(info.fleet, info.nodes);
    info.operatorName = terms.operatorName;
    if (terms.allowBusy)
        info.loadAllowedBy = terms.operatorName;
    info.startedWall = wallNow();
    auto begun = worlds.store.beginRun(std::move(info));
    if (!begun)
        return std::unexpected(std::move(begun.error()));
    domain::RunData data;
    data.info = std::move(*begun);
    auto criteria = std::move(terms.criteria);
    return std::unique_ptr<Campaign>(new Campaign(worlds, std::move(data), std::move(criteria), terms, nullptr));
}

Result<std::unique_ptr<Campaign>> Campaign::resume(Worlds worlds, const domain::RunId &run, analysis::Criteria criteria, const Terms &terms)
{
    auto data = worlds.store.runData(run);
    if (!data)
        return std::unexpected(std::move(data.error()));
    auto positions = worlds.store.positions(data->info.id);
    if (!positions)
        return std::unexpected(std::move(positions.error()));
    const auto &info = data->info;
    if (info.state == domain::RunState::Finished || info.state == domain::RunState::Cancelled) {
        return std::unexpected(Failure{Stage::Input, FailureKind::Invalid,
                                       fmt::format("run {} is {}, there is nothing to continue", info.id.text(),
                                                   info.state == domain::RunState::Finished ? "finished" : "cancelled"),
                                       {}, "begin a new run"});
    }
    // What failed in the earlier life is tried again: its failures are history, not part of this judgement.
    std::erase_if(data->failures, [](const domain::NodeFailure &failure) { return domain::mayRetry(failure.failure); });
    if (auto state = worlds.store.setRunState(info.id, domain::RunState::Running, 0); !state)
        return std::unexpected(std::move(state.error()));
    return std::unique_ptr<Campaign>(new Campaign(worlds, std::move(*data), std::move(criteria), terms, &*positions));
}

Campaign::Campaign(Worlds worlds, domain::RunData data, analysis::Criteria criteria, const Terms &terms, const Positions *resumed)
    : m_run(data.info.id), m_inbox(std::make_shared<Inbox>())
{
    auto coordinator = std::make_unique<Coordinator>(worlds, std::move(data), std::move(criteria), terms.fanOut, terms.leaseSeconds, m_inbox);
    coordinator->setRamp(terms.ramp);
    coordinator->setPatience(terms.patience);
    if (resumed)
        coordinator->takeUp(*resumed);
    m_thread = std::thread([this, coordinator = std::move(coordinator)]() mutable {
        m_last = coordinator->work();
        coordinator.reset(); // waits for connections still being made
        m_finished = true;
    });
}

Campaign::~Campaign()
{
    detach();
    if (m_thread.joinable())
        m_thread.join();
}

void Campaign::cancel(std::string reason)
{
    m_inbox->push(CancelAsked{std::move(reason)});
}

void Campaign::detach()
{
    m_inbox->push(DetachAsked{});
}

void Campaign::pause(std::string by)
{
    m_inbox->push(PauseAsked{true, std::move(by)});
}

void Campaign::proceed(std::string by)
{
    m_inbox->push(PauseAsked{false, std::move(by)});
}

void Campaign::endStep(std::vector<domain::NodeId> nodes, std::string by)
{
    m_inbox->push(StepEndAsked{std::move(nodes), std::move(by)});
}

std::shared_ptr<const Snapshot> Campaign::wait()
{
    if (m_thread.joinable())
        m_thread.join();
    return m_last;
}

} // namespace seatrial::campaign
