// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace seatrial::campaign {

/// How load comes onto a fleet. Hundreds of nodes that begin to burn in the same second are a surge that may trip the
/// power of a row.
struct RampTerms {
    std::vector<double> shares{0.125, 0.25, 0.5, 1}; ///< of the nodes that may be under load, step by step; the last is 1. Empty: no ramp
    double pauseSeconds = 10; ///< between two steps, to see whether nodes were lost
    int smallest = 17;        ///< fewer nodes than this are loaded at once
    static constexpr double mostPauseSeconds = 3600;
    bool applies(std::size_t nodes) const { return !shares.empty() && static_cast<int>(nodes) >= smallest; }
};

/// "12.5,25,50,100" (percent, ascending, the last 100), or "off" for none. Else a failure that says what was expected.
domain::Result<std::vector<double>> rampFromText(const std::string &text);

/// Seconds between two steps, "10" or "2.5"; at most RampTerms::mostPauseSeconds. Else a failure that says so.
domain::Result<double> rampPauseFromText(const std::string &text);

/// @p terms with the steps that a person named, as of rampFromText(). Who names steps means them on few nodes too.
domain::Result<RampTerms> withSteps(RampTerms terms, const std::string &text);

/// How many of @p nodes may be loaded at a step of this share.
std::size_t nodesOfShare(double share, std::size_t nodes);

/// Which nodes may be loaded by now: a growing share, taken evenly out of the racks. Knows no time and no connections.
class Ramp
{
public:
    Ramp(const RampTerms &terms, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes);

    /// Whether @p node may be loaded; one that may stays so.
    bool admit(const domain::NodeId &node);
    bool admitted(const domain::NodeId &node) const { return m_admitted.contains(node); }
    /// Is loaded already.
    void grant(const domain::NodeId &node);

    void advance();
    /// From its first step on, with nobody under load; a stopped one stays as it is.
    void restart();
    /// No further node may be loaded.
    void stop() { m_stopped = true; }
    bool stopped() const { return m_stopped; }
    /// Everybody may be loaded, or nobody else ever.
    bool over() const { return m_stopped || m_step + 1 >= m_terms.shares.size(); }
    double share() const { return m_terms.shares[m_step]; }
    std::size_t admittedCount() const { return m_admitted.size(); }

private:
    RampTerms m_terms;
    std::size_t m_step = 0;
    bool m_stopped = false;
    std::size_t m_nodes = 0;
    std::map<domain::NodeId, domain::RackId> m_racks;
    std::map<domain::RackId, std::size_t> m_rackSizes;
    std::map<domain::RackId, std::size_t> m_admittedOfRack;
    std::set<domain::NodeId> m_admitted;
};

/// How many losses among the loaded nodes are too many for one step of the ramp: two, or a twentieth of them.
std::size_t tooManyLosses(std::size_t loaded);

} // namespace seatrial::campaign
