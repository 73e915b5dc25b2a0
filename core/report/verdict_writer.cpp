// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/verdict_writer.h"

#include "core/domain/node_set.h"
#include "core/report/number.h"

#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace seatrial::report {

using domain::Finding;
using domain::FleetVerdict;
using domain::Verdict;

namespace {

constexpr const char *kNoLimit = "—";

/// Whether a limit stood behind the figure. What was only listed is not passed.
bool isJudged(const Finding &finding)
{
    return finding.verdict != Verdict::Qualified || finding.limit != kNoLimit;
}

nlohmann::ordered_json partJson(const domain::PartName &part)
{
    nlohmann::ordered_json json{{"kind", part.kind}, {"place", part.place}};
    const auto add = [&](const char *name, const std::string &value) {
        if (!value.empty())
            json[name] = value;
    };
    add("model", part.model);
    add("serial", part.serial);
    add("uuid", part.uuid);
    add("guid", part.guid);
    add("mac", part.mac);
    add("pci", part.address);
    return json;
}

nlohmann::ordered_json reasonJson(const Finding &finding)
{
    nlohmann::ordered_json json;
    json["check"] = finding.check;
    json["metric"] = finding.metric;
    json["subject"] = finding.subject;
    json["value"] = finding.value ? nlohmann::ordered_json(*finding.value) : nlohmann::ordered_json(nullptr);
    json["unit"] = std::string(protocol::unitText(finding.unit));
    json["limit"] = finding.limit;
    json["source"] = finding.source;
    json["text"] = finding.text;
    json["verdict"] = domain::verdictText(finding.verdict);
    json["advice"] = finding.advice;
    for (const domain::PartName &part : finding.parts)
        json["parts"].push_back(partJson(part));
    return json;
}

std::string asVerdictJson(const domain::RunInfo &run, const FleetVerdict &verdict)
{
    nlohmann::ordered_json json;
    json["run"] = verdict.run.text();
    json["plan"] = run.plan.name;
    json["fleet"] = run.fleet.name;
    json["operator"] = run.operatorName;
    json["load_allowed_by"] = run.loadAllowedBy;
    auto &counts = json["counts"];
    for (const auto value : {Verdict::Qualified, Verdict::Marginal, Verdict::Failed, Verdict::Unknown})
        counts[domain::verdictText(value)] = verdict.count(value);
    json["notes"] = verdict.notes;
    json["nodes"] = nlohmann::ordered_json::array();
    for (const auto &node : verdict.nodes) {
        nlohmann::ordered_json entry;
        entry["node"] = node.node.text();
        entry["rack"] = node.rack.text();
        entry["verdict"] = domain::verdictText(node.verdict);
        entry["coverage"] = {{"planned", node.coverage.planned}, {"measured", node.coverage.measured}};
        entry["reasons"] = nlohmann::ordered_json::array();
        for (const auto &finding : node.reasons)
            entry["reasons"].push_back(reasonJson(finding));
        if (!node.accepted.empty())
            entry["accepted"] = node.accepted;
        json["nodes"].push_back(std::move(entry));
    }
    return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string asVerdictText(const domain::RunInfo &run, const FleetVerdict &verdict)
{
    std::string out = fmt::format("Run {}, plan {}, fleet {}: {}\n", verdict.run.text(), run.plan.name, run.fleet.name, countsSentence(verdict));
    const auto listed = [&](Verdict wanted) {
        for (const auto &node : verdict.nodes) {
            if (node.verdict != wanted)
                continue;
            const std::string place = node.rack.empty() ? std::string() : " in " + node.rack.text();
            out += fmt::format("\n{}{}: {} ({} of {} required measurements)\n", node.node.text(), place, domain::verdictText(wanted),
                               node.coverage.measured, node.coverage.planned);
            std::string source, advice; // said once where several reasons in a row share them
            for (const auto &reason : node.reasons) {
                out += fmt::format("  - {}\n", printable(reason.text));
                const bool sameSource = std::exchange(source, reason.source) == reason.source;
                const bool sameAdvice = std::exchange(advice, reason.advice) == reason.advice;
                if (!sameSource && !reason.source.empty() && reason.limit != kNoLimit)
                    out += fmt::format("    limit from: {}\n", printable(reason.source));
                if (!sameAdvice && !reason.advice.empty())
                    out += fmt::format("    next: {}\n", printable(reason.advice));
            }
            for (const auto &accepted : node.accepted)
                out += fmt::format("  - {}\n", printable(accepted));
        }
    };
    listed(Verdict::Failed);
    listed(Verdict::Unknown);
    listed(Verdict::Marginal);
    std::vector<domain::NodeId> qualified;
    for (const auto &node : verdict.nodes) {
        if (node.verdict == Verdict::Qualified)
            qualified.push_back(node.node);
    }
    if (!qualified.empty())
        out += fmt::format("\nQualified: {}\n", domain::foldNodeSet(qualified));
    for (const auto &node : verdict.nodes) {
        if (node.verdict != Verdict::Qualified)
            continue;
        for (const auto &accepted : node.accepted)
            out += fmt::format("  {}: {}\n", node.node.text(), printable(accepted));
    }
    for (const auto &note : verdict.notes)
        out += fmt::format("Note: {}\n", printable(note));
    return out;
}

Table verdictTable(const FleetVerdict &verdict)
{
    Table table;
    table.columns = {"run", "node", "rack", "verdict", "planned", "measured", "finding", "check", "metric", "subject", "value", "unit", "limit", "margin", "source", "text"};
    for (const auto &node : verdict.nodes) {
        for (const auto &finding : node.findings) {
            table.rows.push_back({verdict.run.text(), node.node.text(), node.rack.text(), domain::verdictText(node.verdict),
                                  static_cast<long long>(node.coverage.planned), static_cast<long long>(node.coverage.measured),
                                  isJudged(finding) ? domain::verdictText(finding.verdict) : "not judged", finding.check, finding.metric, finding.subject,
                                  finding.value ? Cell(*finding.value) : Cell(), std::string(protocol::unitText(finding.unit)), finding.limit,
                                  finding.margin ? Cell(*finding.margin) : Cell(), finding.source, finding.text});
        }
    }
    return table;
}

std::string xml(const std::string &text)
{
    std::string out;
    for (const char c : printable(text)) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

std::string junitCase(const std::string &classname, const Finding &finding)
{
    const std::string name = finding.check + (finding.metric.empty() ? "" : " " + finding.metric) + (finding.subject.empty() ? "" : " " + finding.subject);
    std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(classname), xml(name));
    if (!isJudged(finding))
        return out + fmt::format("><skipped message=\"{}\"/></testcase>\n", xml(finding.text));
    const std::string text = xml(finding.text + (finding.advice.empty() ? "" : " Next: " + finding.advice));
    switch (finding.verdict) {
    case Verdict::Qualified: return out + "/>\n";
    case Verdict::Marginal: return out + fmt::format("><system-out>marginal: {}</system-out></testcase>\n", text);
    case Verdict::Failed: return out + fmt::format("><failure message=\"{}\"/></testcase>\n", text);
    case Verdict::Unknown: break;
    }
    return out + fmt::format("><error message=\"{}\"/></testcase>\n", text);
}

std::string asJunit(const domain::RunInfo &run, const FleetVerdict &verdict)
{
    std::string suites;
    int allTests = 0, allFailures = 0, allErrors = 0;
    for (const auto &node : verdict.nodes) {
        const std::string classname = (node.rack.empty() ? "unplaced" : node.rack.text()) + "." + node.node.text();
        std::string cases;
        int failures = 0, errors = 0, skipped = 0;
        for (const auto &finding : node.findings) {
            cases += junitCase(classname, finding);
            failures += finding.verdict == Verdict::Failed;
            errors += finding.verdict == Verdict::Unknown;
            skipped += !isJudged(finding);
        }
        const auto tests = static_cast<int>(node.findings.size());
        suites += fmt::format("  <testsuite name=\"{}\" hostname=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" timestamp=\"{}\">\n{}  </testsuite>\n",
                              xml(classname), xml(node.node.text()), tests, failures, errors, skipped, isoTime(run.startedWall), cases);
        allTests += tests;
        allFailures += failures;
        allErrors += errors;
    }
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"seatrial run {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}</testsuites>\n",
                       xml(verdict.run.text()), allTests, allFailures, allErrors, suites);
}

} // namespace

std::string countsSentence(const FleetVerdict &verdict)
{
    return fmt::format("{} qualified, {} marginal, {} failed, {} unknown", verdict.count(Verdict::Qualified), verdict.count(Verdict::Marginal),
                       verdict.count(Verdict::Failed), verdict.count(Verdict::Unknown));
}

std::string writeVerdict(const domain::RunInfo &run, const FleetVerdict &verdict, Format format)
{
    switch (format) {
    case Format::Text: return asVerdictText(run, verdict);
    case Format::Json: return asVerdictJson(run, verdict);
    case Format::Csv: return asCsv(verdictTable(verdict));
    case Format::Junit: break;
    }
    return asJunit(run, verdict);
}

} // namespace seatrial::report
