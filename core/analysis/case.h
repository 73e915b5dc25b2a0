// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/criteria.h"
#include "core/analysis/figures.h"
#include "core/analysis/group_attempts.h"
#include "core/analysis/part_table.h"
#include "core/domain/verdict.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace seatrial::analysis {

/// What the tests share while one run is judged: the figures, and what was found so far, by node.
struct Case {
    Case(const domain::RunData &ofRun, const Criteria &by)
        : run(ofRun), criteria(by), nodes(ofRun.info), figures(foldFigures(ofRun, nodes)), parts(ofRun, nodes), groups(groupAttempts(ofRun)),
          judged(figures.size()), findings(static_cast<std::size_t>(nodes.size()))
    {
    }

    const domain::RunData &run;
    const Criteria &criteria;
    const NodeTable nodes;
    const std::vector<Figure> figures;
    const PartTable parts;
    const std::vector<GroupAttempt> groups;
    std::vector<bool> judged; ///< figures that a criterion was found for
    std::vector<std::vector<domain::Finding>> findings;
    std::map<int, std::set<std::string>> fleetTooSmall; ///< number of nodes to the checks that were not compared
    std::vector<std::string> notes;                     ///< about the judgement itself
    std::map<int, std::set<std::string>> hostsTooFew;   ///< the same for figures of hosts: number of hosts
    std::map<std::string, std::set<int>> modelsUnknown; ///< GPUs whose model no SKU file knows, by that model, and their nodes

    void add(int node, domain::Finding finding) { findings[static_cast<std::size_t>(node)].push_back(std::move(finding)); }
    const std::string &name(int node) const { return nodes.at(node).text(); }
    /// "n03", "n03 (cpu/3)", or with what is known of the part: "n03, GPU 3 (NVIDIA H100 80GB HBM3, serial 1650123456789, 0000:5d:00.0)".
    std::string where(int node, const std::string &subject, bool inFull) const;
    /// Whose a figure is: the node's, or for figures of hosts that of the nodes that share one.
    int owner(int node, const Criterion &criterion) const { return criterion.ofHost ? nodes.host(node) : node; }
    /// "5 other nodes (n01,n02,n04-n06)": those of @p group that are compared with @p node.
    std::string others(const std::set<int> &group, int node, const Criterion &criterion) const;
};

/// A group of figures that one criterion speaks of.
struct CriterionFigures {
    const Criterion &criterion;
    std::vector<const Figure *> ofNodes;
    std::vector<const Figure *> ofPairs;
};

/// Figures of one node each, against every kind of limit.
void testNodes(Case &aCase, const CriterionFigures &group);
/// A property of parts that is the same on the other nodes.
void testUniform(Case &aCase, const Criterion &criterion);
/// Figures between two nodes: who of the two, or the path between them? Those of one step by all criteria together.
void testPairs(Case &aCase, const std::vector<CriterionFigures> &groups);
/// Nodes that the other ranks of their groups waited for.
void testGroups(Case &aCase);
/// Hardware that did something wrong, required steps without a result, nodes out of reach.
std::vector<domain::NodeVerdict> testCoverage(Case &aCase);
/// GPUs and adapters that were there before the load and are not after it.
void testLost(Case &aCase);
/// Errors that the GPUs' driver logged, with what they mean, what is to be done, and the step in whose time they fell.
void testXids(Case &aCase);
/// Nodes that did not live through the run: they rebooted, or lost what they had written down.
void testLives(Case &aCase);

} // namespace seatrial::analysis
