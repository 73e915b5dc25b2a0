// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/fleet_from_run.h"

#include "core/analysis/figures.h"
#include "gui/models/rack_places.h"
#include "gui/models/run_states.h"
#include "gui/models/words.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace seatrial::gui {

namespace {

// Partners that a node met, with the worst that was found between them.
using Links = std::map<std::string, State>;

class RunFleet {
public:
    RunFleet(const campaign::Snapshot& run, const ShownFigure& figure) : m_run(run), m_figure(figure), m_lookup(run)
    {
        for (const auto& result : run.data->results) {
            if (result.key.peer.empty() || result.key.serving)
                continue;
            const State state = result.finished.status == protocol::StepStatus::Completed ? State::Qualified : State::Unknown;
            meet(result.node.text(), result.key.peer.text(), state);
            meet(result.key.peer.text(), result.node.text(), state);
        }
    }

    void fill(NodeView& view, const domain::NodeId& id) const
    {
        const auto* progress = m_lookup.progress(id);
        const auto* verdict = m_lookup.verdict(id);
        if (!progress) {
            view.reason = QStringLiteral("not in this run");
            return;
        }
        const auto& plan = m_run.data->info.plan;
        view.state = stateOf(m_run, *progress, verdict);
        addMarks(view, plan, trackOf(m_run, *progress, verdict, view.state));
        addLinks(view, id.text(), verdict);
        addWords(view, *progress, verdict, plan);
    }

private:
    void meet(const std::string& node, const std::string& peer, State state)
    {
        auto& known = m_links[node].try_emplace(peer, state).first->second;
        known = worseOf(known, state);
    }

    static void addMarks(NodeView& view, const domain::Plan& plan, const StepTrack& track)
    {
        for (std::size_t i = 0; i < plan.steps.size(); ++i)
            view.marks.push_back({track[i].value_or(State::NotTested), shown(plan.steps[i].title)});
    }

    void addLinks(NodeView& view, const std::string& node, const domain::NodeVerdict* verdict) const
    {
        const auto found = m_links.find(node);
        if (found == m_links.end())
            return;
        Links links = found->second;
        const std::vector<domain::Finding> none;
        for (const auto& finding : verdict ? verdict->findings : none) {
            const auto ends = analysis::pairEnds(finding.subject);
            if (!ends || finding.verdict == domain::Verdict::Qualified)
                continue;
            const std::string peer(ends->first == node ? ends->second : ends->first);
            if (const auto link = links.find(peer); link != links.end())
                link->second = worseOf(link->second, stateOf(finding.verdict));
        }
        for (const auto& [peer, state] : links)
            view.links.push_back({state, QStringLiteral("network to ") + shown(peer)});
    }

    void addWords(NodeView& view, const campaign::NodeProgress& progress, const domain::NodeVerdict* verdict, const domain::Plan& plan) const
    {
        if (view.state == State::Running || view.state == State::Stuck) {
            const auto ended = std::ranges::count_if(progress.steps, [](auto step) { return step != campaign::StepState::Ahead && step != campaign::StepState::InWork; });
            const bool working = progress.phase == campaign::NodePhase::Working;
            view.reason = working ? QStringLiteral("step %1 of %2").arg(std::min<long>(ended + 1, static_cast<long>(plan.steps.size()))).arg(plan.steps.size())
                                  : shown(progress.doing);
            view.sentence = nowText(m_run, progress, view.state);
            return;
        }
        if (progress.failure) {
            view.reason = nowText(m_run, progress, view.state);
            view.sentence = shown(domain::sentence(*progress.failure));
            return;
        }
        if (!verdict)
            return;
        addFigures(view, *verdict);
        addMissed(view, *verdict, plan);
        if (verdict->reasons.empty() || view.state == State::Qualified)
            return;
        view.reason = reasonWords(verdict->reasons.front());
        view.sentence = shown(verdict->reasons.front().text);
    }

    static void addMissed(NodeView& view, const domain::NodeVerdict& verdict, const domain::Plan& plan)
    {
        for (const auto& reason : verdict.reasons) {
            for (const auto& step : plan.steps) {
                if (step.check.text() == reason.check && !view.missed.contains(shown(step.title)))
                    view.missed << shown(step.title);
            }
            if (!view.missed.contains(shown(reason.check)))
                view.missed << shown(reason.check);
        }
    }

    void addFigures(NodeView& view, const domain::NodeVerdict& verdict) const
    {
        for (const auto& finding : verdict.findings) {
            if (finding.value && finding.check == m_figure.check && finding.metric == m_figure.metric) {
                view.value = valueText(*finding.value, finding.unit);
                view.figure = finding.value;
                break;
            }
        }
        for (std::size_t i = 0; i < verdict.findings.size() && view.details.size() < 3; ++i) {
            const auto& finding = verdict.findings[i];
            if (finding.value && finding.limitValue)
                view.details << QStringLiteral("%1 %2, limit %3").arg(figureName(finding), valueText(*finding.value, finding.unit), shown(finding.limit));
        }
    }

    const campaign::Snapshot& m_run;
    const ShownFigure& m_figure;
    const NodeLookup m_lookup;
    std::unordered_map<std::string, Links> m_links;
};

} // namespace

std::vector<ShownFigure> figuresOf(const domain::FleetVerdict& verdict)
{
    std::vector<ShownFigure> figures;
    for (const auto& node : verdict.nodes) {
        for (const auto& finding : node.findings) {
            const ShownFigure figure{finding.check, finding.metric, finding.unit};
            const bool rate = finding.value && finding.subject == "node" && finding.judgement == domain::Judgement::Fleet;
            if (rate && std::ranges::find(figures, figure) == figures.end())
                figures.push_back(figure);
        }
        if (!figures.empty() && node.verdict == domain::Verdict::Qualified)
            break; // a qualified node was measured in full
    }
    std::ranges::sort(figures, {}, [](const ShownFigure& figure) { return std::tie(figure.check, figure.metric); });
    return figures;
}

ShownFigure usualFigure(const std::vector<ShownFigure>& figures)
{
    const ShownFigure triad{"host.memory", "triad"}, allReduce{"gpu.collective", "all_reduce_bus_bandwidth"};
    for (const auto& usual : {triad, allReduce}) {
        if (std::ranges::find(figures, usual) != figures.end())
            return usual;
    }
    return figures.empty() ? triad : figures.front();
}

FleetSnapshot fleetFromInventory(const domain::Fleet& fleet)
{
    auto view = std::make_shared<FleetViewData>(placedFleet(fleet, [](NodeView&, const domain::NodeId&) {}));
    view->recount();
    return view;
}

FleetSnapshot fleetFromRun(const campaign::Snapshot& run, const ShownFigure& figure)
{
    const RunFleet nodes(run, figure);
    auto view = std::make_shared<FleetViewData>(placedFleet(run.data->info.fleet, [&](NodeView& node, const domain::NodeId& id) { nodes.fill(node, id); }));
    view->simulated = std::ranges::any_of(run.data->observations, &domain::Observation::simulated);
    view->recount();
    return view;
}

} // namespace seatrial::gui
