// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"
#include "core/analysis/xid.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace seatrial::analysis {

using domain::Finding;
using domain::NodeEvent;
using domain::Verdict;

namespace {

constexpr std::size_t kMostFindings = 30; ///< of one node
constexpr unsigned kRecoveryAction = 154;

double numberOf(const protocol::Parameters &parameters, const std::string &name, double fallback)
{
    const auto found = parameters.find(name);
    if (found == parameters.end())
        return fallback;
    double number = fallback;
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
    return std::isfinite(number) ? number : fallback;
}

/// One Xid of one GPU, put together from all who told of it.
struct Told {
    XidMessage message;
    std::string place;              ///< "gpu/3", "pci/0000:1b:00.0", "node"
    std::set<std::string> sources;  ///< "kernel log", "nvml"
    std::set<std::string> checks;
    std::set<std::string> steps;    ///< in whose time it fell
    double before = 0;              ///< how often the log held it before the load
    double after = 0;
    double during = 0;              ///< told by steps that watched
    double undated = 0;             ///< told by a look that was not one of a pair
    double lastSeconds = 0;

    double count() const { return std::max({before, after, during, undated}); }
    bool cameDuring() const { return during > 0 || after > before || !steps.empty(); }
};

/// When the steps of a node ran, by its own clock.
struct Interval {
    double begin = 0;
    double end = 0;
};

class NodeXids
{
public:
    NodeXids(Case &aCase, int node) : m_case(aCase), m_node(node) {}

    void add(const NodeEvent &event);
    bool toldNew() const { return std::ranges::any_of(m_told, [](const auto &each) { return each.second.cameDuring(); }); }
    void judge(const std::map<std::string, Interval> &steps, bool lookedBefore);

private:
    std::string placeOf(const NodeEvent &event, const XidMessage &message) const;
    void date(Told &told, const NodeEvent &event) const;
    const Told *orderOf(const std::string &place) const;
    std::string disagreement(const Told &told) const;
    Finding findingOf(const Told &told, const Told *order, bool lookedBefore) const;
    std::string recoveryNow(const std::string &place) const;

    Case &m_case;
    const int m_node;
    std::map<std::string, Told> m_told;
    std::map<std::string, double> m_when; ///< key to when it was, by the clock of the node's records; 0: not known
};

std::string NodeXids::placeOf(const NodeEvent &event, const XidMessage &message) const
{
    if (event.event.subject.starts_with("gpu/"))
        return event.event.subject;
    const std::string address = !message.address.empty() ? message.address
        : event.event.subject.starts_with("pci/")        ? event.event.subject.substr(4)
                                                         : std::string();
    for (const protocol::Part *gpu : m_case.parts.gpusOf(m_node, "node")) {
        const auto known = gpu->attributes.find("pci_address");
        if (known != gpu->attributes.end() && known->second == address)
            return gpu->place;
    }
    return address.empty() ? "node" : "pci/" + address;
}

void NodeXids::add(const NodeEvent &event)
{
    const protocol::Parameters &parameters = event.event.parameters;
    auto message = parseXid(event.event.text);
    if (!message) { // the driver's event set tells the number alone
        message.emplace();
        message->ofSwitch = parameters.contains("sxid");
        message->number = static_cast<unsigned>(std::clamp(numberOf(parameters, message->ofSwitch ? "sxid" : "xid", 0), 0.0, 1e9));
    }
    if (message->number == 0)
        return;
    const std::string place = placeOf(event, *message);
    const bool detailed = !message->unit.empty() || message->action;
    const std::string key = place + '|' + (message->ofSwitch ? "s" : "") + std::to_string(message->number) + '|' + (detailed ? message->text : std::string());
    Told &told = m_told[key];
    // The words of the kernel log say more than a number.
    if (told.message.number == 0 || (told.message.text.empty() && !message->text.empty()))
        told.message = *message;
    told.place = place;
    const auto source = parameters.find("source");
    told.sources.insert(source == parameters.end() ? "kernel log" : source->second);
    told.lastSeconds = std::max(told.lastSeconds, numberOf(parameters, "last_seconds", 0));
    if (const double age = numberOf(parameters, "age_seconds", -1); age >= 0)
        m_when[key] = event.wallSeconds - age;
    date(told, event);
}

/// Which look told it: before the load, after it, or a step that watched while it worked.
void NodeXids::date(Told &told, const NodeEvent &event) const
{
    const double count = std::clamp(numberOf(event.event.parameters, "count", 1), 1.0, 1e9);
    const auto key = domain::StepKey::fromText(event.event.step);
    const auto &steps = m_case.run.info.plan.steps;
    const auto step = key ? std::ranges::find(steps, key->step, &domain::PlanStep::id) : steps.end();
    told.checks.insert(step == steps.end() ? "gpu.health" : step->check.text());
    const bool looks = step == steps.end() || step->check.text() == "gpu.health" || step->check.text() == "host.health";
    if (!looks) {
        told.during += count;
        told.steps.insert(key->step.text());
        return;
    }
    const auto phase = step == steps.end() ? protocol::Parameters::const_iterator{} : step->parameters.find("phase");
    const std::string when = step == steps.end() || phase == step->parameters.end() ? std::string() : phase->second;
    double &counted = when == "before" ? told.before : when == "after" ? told.after : told.undated;
    counted = std::max(counted, count);
}

/// The last that the driver asked for of this GPU.
const Told *NodeXids::orderOf(const std::string &place) const
{
    const Told *last = nullptr;
    for (const auto &[key, told] : m_told) {
        if (told.place == place && told.message.number == kRecoveryAction && told.message.action && (!last || told.lastSeconds >= last->lastSeconds))
            last = &told;
    }
    return last;
}

/// What NVML says of it now, if it says so.
std::string NodeXids::recoveryNow(const std::string &place) const
{
    std::string text;
    for (const Figure &figure : m_case.figures) {
        if (figure.node != m_node || figure.metric != "recovery_action" || figure.subject != place || figure.phase == "before")
            continue;
        const bool named = figure.parameters && figure.parameters->contains("text");
        text = named ? figure.parameters->at("text") : std::to_string(static_cast<long>(figure.value));
    }
    return text;
}

/// Two sources that tell different numbers of the same GPU while it was measured.
std::string NodeXids::disagreement(const Told &told) const
{
    std::map<std::string, std::set<unsigned>> bySource;
    for (const auto &[key, other] : m_told) {
        if (other.place != told.place || other.during == 0)
            continue;
        for (const std::string &source : other.sources)
            bySource[source].insert(other.message.number);
    }
    if (told.during == 0 || bySource.size() < 2 || bySource.begin()->second == bySource.rbegin()->second)
        return told.during > 0 && bySource.size() == 1 && bySource.contains("nvml") ? "; NVML alone told it, the kernel log does not have it" : std::string();
    std::string text;
    for (const auto &[source, numbers] : bySource) {
        std::string list;
        for (const unsigned number : numbers)
            list += (list.empty() ? "" : ", ") + std::to_string(number);
        text += (text.empty() ? "; the sources differ: " : "; ") + source + " has " + list;
    }
    return text;
}

Finding NodeXids::findingOf(const Told &told, const Told *order, bool lookedBefore) const
{
    const XidMeaning meaning = XidCatalog::builtIn().meaning(told.message);
    Finding finding;
    finding.judgement = domain::Judgement::State;
    finding.check = told.checks.contains("gpu.health") || told.checks.empty() ? "gpu.health" : *told.checks.begin();
    finding.metric = "xid";
    finding.subject = told.place + (told.message.link && told.place.starts_with("gpu/") ? "/link/" + std::to_string(*told.message.link) : std::string());
    finding.value = told.message.number;
    finding.limit = "—";
    finding.verdict = meaning.verdict;
    const bool during = told.cameDuring();
    if (!during) { // what happened before this run is history; a fault that is still there is seen by what was measured
        finding.verdict = meaning.verdict == Verdict::Failed ? Verdict::Marginal : Verdict::Qualified;
    }
    std::string when;
    for (const std::string &step : told.steps)
        when += (when.empty() ? ", during " : ", ") + step;
    if (when.empty())
        when = told.after > told.before && lookedBefore ? ", during the run" : told.before > 0 ? ", since boot and before this run" : ", since boot";
    const double count = during ? std::max({told.during, told.after - told.before, 1.0}) : told.count();
    if (count > 1)
        when += " (" + std::to_string(static_cast<long>(count)) + " messages)";
    finding.text = m_case.where(m_node, finding.subject, true) + ": " + (told.message.ofSwitch ? "SXid " : "Xid ") + std::to_string(told.message.number) + ", "
        + meaning.what + (meaning.severity.empty() ? "" : " (" + meaning.severity + ")") + when;
    if (!meaning.reading.empty())
        finding.text += ": " + meaning.reading;
    finding.text += disagreement(told);
    finding.source = "NVIDIA Xid catalog" + (meaning.immediate.empty() ? "" : ": " + meaning.immediate + (meaning.next.empty() ? "" : " / " + meaning.next));
    if (!meaning.others.empty())
        finding.source += "; " + meaning.others;
    finding.advice = meaning.advice;
    if (order && order != &told) {
        const XidMeaning first = XidCatalog::builtIn().meaning(order->message);
        finding.advice = *order->message.action == 0 ? meaning.advice + " (the driver itself needs no action any more, Xid 154)"
                                                     : "first do what the driver asks for (Xid 154): " + first.advice + "; then: " + meaning.advice;
    }
    if (order == &told) {
        const std::string now = recoveryNow(told.place);
        const bool same = now.empty() || now == told.message.actionText || told.message.actionText.starts_with(now);
        if (!same)
            finding.text += "; NVML says now: " + now;
        if (now == "None" && *told.message.action != 0 && finding.verdict == Verdict::Failed)
            finding.verdict = Verdict::Marginal; // it was done meanwhile, or it was never heard of: a person looks
    }
    return finding;
}

void NodeXids::judge(const std::map<std::string, Interval> &steps, bool lookedBefore)
{
    // Those that only the log has are tied to a step by time.
    constexpr double kClockSeconds = 1;
    for (auto &[key, told] : m_told) {
        const auto when = m_when.find(key);
        if (!told.steps.empty() || when == m_when.end() || told.after <= told.before)
            continue;
        for (const auto &[step, interval] : steps) {
            if (when->second >= interval.begin - kClockSeconds && when->second <= interval.end + kClockSeconds)
                told.steps.insert(step);
        }
    }
    std::vector<Finding> findings;
    for (const auto &[key, told] : m_told) {
        const Told *const order = orderOf(told.place);
        if (told.message.number == kRecoveryAction && order && order != &told)
            continue; // the driver has changed its mind since
        Finding finding = findingOf(told, order, lookedBefore);
        if (order == &told) // is obeyed first
            findings.insert(findings.begin(), std::move(finding));
        else
            findings.push_back(std::move(finding));
    }
    std::ranges::stable_sort(findings, std::greater<>{}, &Finding::verdict);
    if (findings.size() > kMostFindings) {
        m_case.notes.push_back(m_case.name(m_node) + ": " + std::to_string(findings.size() - kMostFindings) + " more Xids are not listed");
        findings.resize(kMostFindings);
    }
    for (Finding &finding : findings)
        m_case.add(m_node, std::move(finding));
}

/// From what each step wrote last, and how long it took. Steps that only look are nobody's cause.
std::map<int, std::map<std::string, Interval>> intervalsOf(const Case &aCase)
{
    std::map<int, std::map<std::string, Interval>> intervals;
    std::map<std::pair<int, std::string>, double> ends;
    for (const domain::Observation &observation : aCase.run.observations) {
        const auto node = aCase.nodes.find(observation.node.text());
        if (!node || observation.wallSeconds <= 0 || observation.measurement.check.ends_with(".health"))
            continue;
        double &end = ends[{*node, observation.key.text()}];
        end = std::max(end, observation.wallSeconds);
    }
    for (const domain::StepResult &result : aCase.run.results) {
        const auto node = aCase.nodes.find(result.node.text());
        const auto end = node ? ends.find({*node, result.key.text()}) : ends.end();
        if (end == ends.end())
            continue;
        Interval &interval = intervals[*node].try_emplace(result.key.step.text(), Interval{end->second, end->second}).first->second;
        interval.begin = std::min(interval.begin, end->second - result.finished.seconds);
        interval.end = std::max(interval.end, end->second);
    }
    return intervals;
}

/// Nodes whose health was read before the load, so that what is new after it can be told.
std::set<int> lookedBefore(const Case &aCase)
{
    std::set<int> nodes;
    for (const Figure &figure : aCase.figures) {
        if (figure.phase == "before" && figure.check.ends_with(".health"))
            nodes.insert(figure.node);
    }
    return nodes;
}

/// By how much the counters of messages grew from the look before the load to the one after it, by node.
std::map<int, double> countedNew(const Case &aCase)
{
    std::map<std::tuple<int, std::string_view, std::string_view>, double> growth;
    for (const Figure &figure : aCase.figures) {
        const bool counter = (figure.metric == "kernel_xid" && figure.check == "host.health") || (figure.metric == "xids" && figure.check == "gpu.health");
        if (counter && (figure.phase == "before" || figure.phase == "after"))
            growth[{figure.node, figure.check, figure.subject}] += figure.phase == "after" ? figure.value : -figure.value;
    }
    std::map<int, double> most;
    for (const auto &[whose, grown] : growth) {
        if (grown > 0)
            most[std::get<0>(whose)] = std::max(most[std::get<0>(whose)], grown);
    }
    return most;
}

/// A count alone accuses nobody: an Xid is judged by what it says. But one that nobody describes must not pass unseen.
void testUntold(Case &aCase, int node, double count)
{
    Finding finding;
    finding.verdict = Verdict::Marginal;
    finding.judgement = domain::Judgement::State;
    finding.check = "gpu.health";
    finding.metric = "xid";
    finding.subject = "node";
    finding.value = count;
    finding.limit = "—";
    finding.source = "the number of Xids in the kernel log, before the load and after it";
    finding.text = aCase.name(node) + ": " + std::to_string(static_cast<long>(std::min(count, 1e9))) + " Xids were logged during the run, and no message says which";
    finding.advice = "read the kernel log of this node for them (dmesg | grep Xid)";
    aCase.add(node, std::move(finding));
}

} // namespace

void testXids(Case &aCase)
{
    std::map<int, NodeXids> nodes;
    for (const NodeEvent &event : aCase.run.events) {
        if (event.event.code != "gpu.xid" && event.event.code != "kernel.xid")
            continue;
        if (const auto node = aCase.nodes.find(event.node.text()))
            nodes.try_emplace(*node, aCase, *node).first->second.add(event);
    }
    for (const auto &[node, count] : countedNew(aCase)) {
        const auto known = nodes.find(node);
        if (known == nodes.end() || !known->second.toldNew())
            testUntold(aCase, node, count);
    }
    if (nodes.empty())
        return;
    const auto intervals = intervalsOf(aCase);
    const auto looked = lookedBefore(aCase);
    const std::map<std::string, Interval> none;
    for (auto &[node, xids] : nodes)
        xids.judge(intervals.contains(node) ? intervals.at(node) : none, looked.contains(node));
}

} // namespace seatrial::analysis
