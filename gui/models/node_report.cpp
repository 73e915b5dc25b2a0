// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/node_report.h"

#include "core/report/run_tables.h"
#include "gui/models/words.h"

#include <algorithm>
#include <set>

namespace seatrial::gui {

namespace {

constexpr std::size_t mostSentences = 3;

QString placeText(const domain::Fleet& fleet, const domain::NodeId& id)
{
    const auto* node = fleet.find(id);
    if (!node)
        return {};
    QStringList parts;
    if (node->rack.empty())
        parts << QStringLiteral("no place in a rack");
    else if (node->unit > 0)
        parts << QStringLiteral("%1, unit %2").arg(shown(node->rack.text())).arg(node->unit);
    else
        parts << shown(node->rack.text());
    const std::string port = node->ssh.port ? ":" + std::to_string(*node->ssh.port) : std::string();
    if (node->address != id.text() || !port.empty())
        parts << shown(node->address + port);
    return parts.join(QStringLiteral("  ·  "));
}

// One sentence for each kind of figure: the same limit missed with every partner is one thing to read.
void addReasons(NodeReport& report, const domain::NodeVerdict& verdict)
{
    QStringList sentences;
    std::set<std::pair<std::string, std::string>> said;
    std::size_t more = 0;
    for (const auto& reason : verdict.reasons) {
        if (said.size() < mostSentences && said.emplace(reason.check, reason.metric).second)
            sentences << shown(reason.text);
        else
            ++more;
    }
    if (more > 0)
        sentences << (more == 1 ? QStringLiteral("One more below.") : QStringLiteral("%1 more below.").arg(more));
    report.sentences = sentences.join(QLatin1Char('\n'));
    if (!verdict.reasons.empty())
        report.next = shown(verdict.reasons.front().advice);
}

void addWords(NodeReport& report, const campaign::Snapshot& run, const campaign::NodeProgress& progress, const domain::NodeVerdict* verdict)
{
    if (progress.failure) {
        report.hardStop = progress.failure->kind == domain::FailureKind::Changed;
        report.sentences = shown(progress.failure->what);
        if (!progress.failure->attempted.empty())
            report.sentences += QStringLiteral("\nTried: ") + shown(progress.failure->attempted);
        report.next = shown(progress.failure->advice);
        return;
    }
    if (report.state == State::Running || report.state == State::Stuck || report.state == State::NotTested) {
        report.sentences = nowText(run, progress, report.state);
        return;
    }
    if (!verdict)
        return;
    if (verdict->verdict == domain::Verdict::Qualified)
        report.sentences = QStringLiteral("Every required measurement is there and within its limit.");
    else
        addReasons(report, *verdict);
}

} // namespace

NodeReport nodeReport(const campaign::Snapshot& run, const domain::NodeId& node)
{
    NodeReport report;
    report.node = shown(node.text());
    const auto& info = run.data->info;
    report.place = placeText(info.fleet, node);
    report.plan = info.plan;
    const auto progress = std::ranges::find(run.nodes, node, &campaign::NodeProgress::node);
    if (progress == run.nodes.end()) {
        report.sentences = QStringLiteral("This node is not part of run %1.").arg(shown(info.id.text()));
        return report;
    }
    const auto* verdict = run.verdict ? run.verdict->find(node) : nullptr;
    report.state = stateOf(run, *progress, verdict);
    addWords(report, run, *progress, verdict);
    if (verdict) {
        report.findings = verdict->findings;
        report.coverage = QStringLiteral("%1 of %2 required measurements").arg(verdict->coverage.measured).arg(verdict->coverage.planned);
        for (const auto& accepted : verdict->accepted)
            report.accepted << shown(accepted);
    }
    domain::RunData own;
    own.info.id = info.id;
    own.info.nodes = {node};
    std::ranges::copy_if(run.data->parts, std::back_inserter(own.parts), [&](const auto& each) { return each.node == node; });
    std::ranges::copy_if(run.data->observations, std::back_inserter(own.observations), [&](const auto& each) { return each.node == node; });
    report.measured = report::resultsTable(own);
    for (const auto& [owner, part] : run.data->parts) {
        const PartRow row{shown(part.kind), shown(part.place), shown(part.model), shown(part.identity), shown(part.firmware)};
        if (owner == node && std::ranges::find(report.parts, row) == report.parts.end())
            report.parts.push_back(row);
    }
    return report;
}

NodeReport nodeReport(const domain::Fleet& fleet, const domain::NodeId& node)
{
    NodeReport report;
    report.node = shown(node.text());
    report.place = placeText(fleet, node);
    report.sentences = QStringLiteral("Not measured yet.");
    report.next = QStringLiteral("start a run on the Run page");
    return report;
}

} // namespace seatrial::gui
