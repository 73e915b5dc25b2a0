// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace seatrial::analysis {

/// Nodes of a run by number, so that large fleets are compared without comparing names.
class NodeTable
{
public:
    explicit NodeTable(const domain::RunInfo &info);

    int size() const { return static_cast<int>(m_nodes.size()); }
    const domain::NodeId &at(int index) const { return m_nodes[static_cast<std::size_t>(index)]; }
    domain::RackId rack(int index) const { return m_racks[static_cast<std::size_t>(index)]; }
    std::optional<int> find(std::string_view name) const;
    /// The first of the nodes that share a physical host with this one: equal for two nodes exactly if they share.
    int host(int index) const { return m_hosts[static_cast<std::size_t>(index)]; }

private:
    void add(const domain::NodeId &node, const domain::RackId &rack);
    void shareHost(const std::vector<domain::NodeId> &nodes);

    std::vector<domain::NodeId> m_nodes; ///< in the order of the fleet
    std::vector<domain::RackId> m_racks; ///< beside the nodes
    std::vector<int> m_hosts;            ///< beside the nodes
    std::unordered_map<std::string, int> m_indices;
};

/// What was measured of one subject in one step, all attempts folded to their median; of those that nobody disturbed, if there are any.
struct Figure {
    int node = 0;                            ///< who measured, in the node table
    const domain::PlanStep *step = nullptr;  ///< nullptr if the plan does not know the step
    std::string stepId;
    std::string check;
    std::string metric;
    std::string subject;
    std::string size;                        ///< "8 MiB"; of groups only, which measure one metric with several sizes
    std::optional<std::pair<int, int>> ends; ///< of a pair: from and to
    protocol::Unit unit = protocol::Unit::None;
    double value = 0;
    int attempts = 1;
    bool simulated = false;
    /// In every attempt others had the CPUs for a part of the time: what the figure says of the hardware is not known.
    bool disturbed = false;
    std::string phase; ///< "before" or "after" of a check that is done twice; else empty
    const protocol::Parameters *parameters = nullptr; ///< of the first attempt; lives in the run

    /// The metric as it is told: "all_reduce_wrong of 8 MiB".
    std::string name() const { return size.empty() ? metric : metric + " of " + size; }
};

/// The figures of @p run in the order in which they were first measured.
std::vector<Figure> foldFigures(const domain::RunData &run, const NodeTable &nodes);

/// The two nodes of the subject "n01→n02", if it is one.
std::optional<std::pair<std::string_view, std::string_view>> pairEnds(std::string_view subject);

/// Whether @p pattern with * and ? fits @p text.
bool globMatches(std::string_view pattern, std::string_view text);

} // namespace seatrial::analysis
