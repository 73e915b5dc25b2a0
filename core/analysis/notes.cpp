// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/notes.h"

#include "core/domain/node_set.h"

#include <algorithm>
#include <map>

namespace seatrial::analysis {

namespace {

using Nodes = std::vector<domain::NodeId>;

constexpr std::size_t kLongestText = 600; ///< a node says it
constexpr std::size_t kMostNotes = 20;    ///< of one kind

void addNode(Nodes &nodes, const domain::NodeId &node)
{
    if (std::ranges::find(nodes, node) == nodes.end())
        nodes.push_back(node);
}

std::string namesOf(const Nodes &nodes)
{
    const std::string folded = domain::foldNodeSet(nodes);
    return folded.size() <= 200 ? folded : std::to_string(nodes.size()) + " nodes";
}

void addAll(std::vector<std::string> &notes, const std::map<std::string, Nodes> &texts)
{
    std::size_t count = 0;
    for (const auto &[text, nodes] : texts) {
        if (++count > kMostNotes) {
            notes.push_back("and " + std::to_string(texts.size() - kMostNotes) + " more of this kind");
            return;
        }
        notes.push_back(namesOf(nodes) + ": " + text);
    }
}

} // namespace

std::vector<std::string> notesOfRun(const domain::RunData &run)
{
    std::map<std::string, Nodes> refused, beside;
    for (const domain::NodeEvent &event : run.events) {
        const std::string text = event.event.text.substr(0, kLongestText);
        if (event.event.code == "busy.allowed")
            addNode(beside[text], event.node);
        else if (event.event.code.ends_with(".not_permitted"))
            addNode(refused[text], event.node);
    }
    std::vector<std::string> notes;
    if (!run.info.loadAllowedBy.empty())
        notes.push_back("load on busy nodes was allowed by " + run.info.loadAllowedBy + (beside.empty() ? "; nobody was at work on them" : ""));
    addAll(notes, beside);
    addAll(notes, refused);
    return notes;
}

} // namespace seatrial::analysis
