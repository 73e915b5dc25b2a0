// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/ramp.h"

#include "core/domain/fleet_index.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace seatrial::campaign {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

std::size_t nodesOfShare(double share, std::size_t nodes)
{
    return static_cast<std::size_t>(std::ceil(share * static_cast<double>(nodes) - 1e-9));
}

domain::Result<std::vector<double>> rampFromText(const std::string &text)
{
    if (text == "off")
        return std::vector<double>{};
    std::vector<double> shares;
    bool well = true;
    const char *at = text.data(), *const end = text.data() + text.size();
    while (well) {
        double percent = 0;
        const auto [rest, error] = std::from_chars(at, end, percent);
        well = error == std::errc{} && percent > (shares.empty() ? 0 : 100 * shares.back()) && percent <= 100 && shares.size() < 20;
        shares.push_back(percent / 100);
        if (rest == end)
            break;
        well &= *rest == ',';
        at = rest + 1;
    }
    if (well && shares.back() == 1)
        return shares;
    return std::unexpected(Failure{Stage::Input, FailureKind::Invalid, "'" + text + "' is no ramp", {}, "give growing percentages that end with 100, like 12.5,25,50,100, or off"});
}

domain::Result<double> rampPauseFromText(const std::string &text)
{
    double seconds = -1;
    const char *const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, seconds);
    if (error == std::errc{} && rest == end && seconds >= 0 && seconds <= RampTerms::mostPauseSeconds)
        return seconds;
    return std::unexpected(Failure{Stage::Input, FailureKind::Invalid, "'" + text + "' is no pause between two steps", {}, "give seconds from 0 to 3600"});
}

domain::Result<RampTerms> withSteps(RampTerms terms, const std::string &text)
{
    auto shares = rampFromText(text);
    if (!shares)
        return std::unexpected(std::move(shares.error()));
    terms.shares = std::move(*shares);
    terms.smallest = 2;
    return terms;
}

Ramp::Ramp(const RampTerms &terms, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes) : m_terms(terms), m_nodes(nodes.size())
{
    const domain::FleetIndex index(fleet);
    for (const auto &id : nodes) {
        const auto *node = index.find(id);
        const auto rack = node ? node->rack : domain::RackId();
        m_racks[id] = rack;
        ++m_rackSizes[rack];
    }
    if (!m_terms.applies(nodes.size()))
        m_terms.shares = {1};
}

bool Ramp::admit(const domain::NodeId &node)
{
    if (m_admitted.contains(node))
        return true;
    if (m_stopped)
        return false;
    const auto &rack = m_racks[node];
    const bool room = m_admitted.size() < nodesOfShare(share(), m_nodes) && m_admittedOfRack[rack] < nodesOfShare(share(), m_rackSizes[rack]);
    if (room)
        grant(node);
    return room;
}

void Ramp::grant(const domain::NodeId &node)
{
    if (m_admitted.insert(node).second)
        ++m_admittedOfRack[m_racks[node]];
}

void Ramp::advance()
{
    if (m_step + 1 < m_terms.shares.size())
        ++m_step;
}

void Ramp::restart()
{
    if (m_stopped)
        return;
    m_step = 0;
    m_admitted.clear();
    m_admittedOfRack.clear();
}

std::size_t tooManyLosses(std::size_t loaded)
{
    return std::max<std::size_t>(2, nodesOfShare(0.05, loaded));
}

} // namespace seatrial::campaign
