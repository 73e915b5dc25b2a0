// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/let_go.h"
#include "cli/print.h"
#include "cli/terminal.h"

#include "core/campaign/campaign.h"
#include "core/domain/node_set.h"
#include "core/report/table.h"
#include "core/report/verdict_writer.h"
#include "resources/plan_check.h"

#include <csignal>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>

namespace seatrial::cli {

using campaign::Campaign;

namespace {

/// The first Ctrl-C cancels the run, the second lets go of it; a lost terminal lets go at once. SIGUSR2 pauses the run,
/// and once more continues it. Ctrl-Z stays what it is everywhere: it stops the program, not the nodes.
class Signals
{
public:
    Signals()
    {
        sigemptyset(&m_set);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
            struct sigaction now {};
            sigaction(signal, nullptr, &now);
            if (signal == SIGUSR1 || signal == SIGUSR2 || now.sa_handler != SIG_IGN) // nohup means it
                sigaddset(&m_set, signal);
        }
        pthread_sigmask(SIG_BLOCK, &m_set, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
    }

    void watch(Campaign &run, TerminalQuestions &questions)
    {
        m_thread = std::thread([this, &run, &questions] {
            bool cancelled = false;
            bool paused = false;
            for (;;) {
                int signal = 0;
                sigwait(&m_set, &signal);
                if (signal == SIGUSR1) {
                    if (m_over)
                        return;
                    continue; // batch systems send it too
                }
                if (signal == SIGUSR2) {
                    paused = !paused;
                    paused ? run.pause("SIGUSR2") : run.proceed("SIGUSR2");
                    continue;
                }
                questions.refuseAll();
                if (signal == SIGHUP || cancelled) {
                    run.detach();
                } else {
                    cancelled = true;
                    print(stderr, "\nCancelling: steps are being ended on the nodes. Once more lets go and stops waiting for them.\n");
                    run.cancel(signal == SIGINT ? "Ctrl-C by the operator" : "the program was asked to end");
                }
            }
        });
    }

    void stop()
    {
        m_over = true;
        pthread_kill(m_thread.native_handle(), SIGUSR1);
        m_thread.join();
    }

private:
    sigset_t m_set;
    std::atomic<bool> m_over = false;
    std::thread m_thread;
};

int exitCode(const campaign::Snapshot &last, bool storeFailed)
{
    if (storeFailed)
        return last.data->info.state == domain::RunState::Cancelled ? Cancelled : BadInput;
    if (last.data->info.state != domain::RunState::Finished)
        return Cancelled;
    const bool unreached = std::ranges::any_of(last.nodes, [](const auto &node) { return node.phase == campaign::NodePhase::Failed; });
    if (unreached)
        return SomeNotReached;
    const bool all = last.verdict->count(domain::Verdict::Qualified) == static_cast<int>(last.verdict->nodes.size());
    return all ? AllQualified : SomeNotQualified;
}

void printSummary(const campaign::Snapshot &last, int code)
{
    using domain::Verdict;
    for (const auto &node : last.verdict->nodes) {
        nlohmann::ordered_json json{{"type", "node"}, {"node", node.node.text()}, {"rack", node.rack.text()}, {"verdict", domain::verdictText(node.verdict)},
                                    {"planned", node.coverage.planned}, {"measured", node.coverage.measured}};
        json["reasons"] = nlohmann::ordered_json::array();
        for (const auto &reason : node.reasons)
            json["reasons"].push_back(reason.text);
        print(stdout, "{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    int unreached = 0;
    for (const auto &node : last.nodes)
        unreached += node.phase == campaign::NodePhase::Failed;
    nlohmann::ordered_json json{{"type", "summary"}, {"run", last.verdict->run.text()}, {"state", domain::runStateText(last.data->info.state)},
                                {"nodes", last.verdict->nodes.size()}, {"not_reached_or_run", unreached}};
    for (const auto verdict : {Verdict::Qualified, Verdict::Marginal, Verdict::Failed, Verdict::Unknown})
        json[domain::verdictText(verdict)] = last.verdict->count(verdict);
    json["measurements"] = last.data->observations.size();
    json["elapsed_s"] = last.elapsedSeconds;
    json["exit"] = code;
    print(stdout, "{}\n", json.dump());
}

using Begin = std::function<domain::Result<std::unique_ptr<Campaign>>(const campaign::Worlds &worlds, analysis::Criteria criteria)>;

/// What run and continue share once it is known what to do. @p openStore makes a store, or insists on one.
int follow(const Tools &tools, const RunOptions &options, const StoreOpener &openStore, const Begin &begin)
{
    Signals signals; // before any thread: every thread must leave them to the one that waits for them
    auto enginePath = tools.installation.engine();
    if (!enginePath)
        return complain(enginePath.error());
    auto deployer = tools.deployer(*enginePath);
    if (!deployer)
        return complain(deployer.error());
    auto criteria = criteriaFrom(tools, options.criteria);
    if (!criteria)
        return complain(criteria.error());
    const std::string file = storeFile(options.store);
    auto store = openStore(file);
    if (!store)
        return complain(store.error());

    const auto links = tools.links();
    TerminalObserver observer(options.json);
    TerminalQuestions questions(options.acceptNewHostKeys, &observer);
    const campaign::Worlds worlds{*links, **deployer, questions, **store, observer};
    auto run = begin(worlds, std::move(*criteria));
    if (!run)
        return complain(run.error());
    signals.watch(**run, questions);
    const auto last = (*run)->wait();
    signals.stop();
    observer.finish();
    const auto failure = (*store)->failure();
    const int code = exitCode(*last, failure.has_value());
    if (options.json)
        printSummary(*last, code);
    else
        print(stdout, "{}", report::writeVerdict(last->data->info, *last->verdict, report::Format::Text));
    if (last->data->info.state == domain::RunState::Interrupted)
        print(stderr, "{}", letGoText(*last, file));
    questions.adviseOnRefused();
    return failure ? complain(*failure, code) : code;
}

/// Says what begins, and what can be known of its end by now.
void announce(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes)
{
    print(stderr, "Plan {} on {} of {}: {}\n", plan.name, nodes.size() == 1 ? "1 node" : fmt::format("{} nodes", nodes.size()), fleet.name, domain::foldNodeSet(nodes));
    if (nodes.size() != 1)
        return;
    std::string together;
    for (const auto &step : plan.steps) {
        if (step.scope != domain::Scope::Node && step.need == domain::Need::Required)
            together += (together.empty() ? "" : ", ") + step.id.text();
    }
    if (!together.empty())
        print(stderr, "Plan {} has pairs or groups: with one node {} stays unmeasured, and the node cannot qualify. Choose two or more to measure it.\n", plan.name, together);
}

} // namespace

int complain(const domain::Failure &failure, int code)
{
    print(stderr, "seatrialctl: {}\n", report::printable(failure.what));
    if (!failure.attempted.empty())
        print(stderr, "  tried: {}\n", report::printable(failure.attempted));
    if (!failure.advice.empty())
        print(stderr, "  next: {}\n", report::printable(failure.advice));
    return code;
}

int runCommand(const Tools &tools, const RunOptions &options)
{
    auto fleet = fleetFrom(options);
    if (!fleet)
        return complain(fleet.error());
    auto planFile = tools.installation.plan(options.plan);
    if (!planFile)
        return complain(planFile.error());
    auto plan = domain::loadPlan(*planFile);
    if (!plan)
        return complain(plan.error());
    auto nodes = chosenNodes(*fleet, options.nodes);
    if (!nodes)
        return complain(nodes.error());
    if (const auto refused = Campaign::refusal(nodes->size()))
        return complain(*refused);
    auto ramp = rampTerms(options.ramp, options.rampPauseSeconds);
    if (!ramp)
        return complain(ramp.error());
    const auto engine = tools.installation.engine();
    if (const auto refusal = engine ? resources::planRefusal(*plan, *engine) : std::nullopt)
        return complain(*refusal);
    return follow(tools, options, tools.openStore, [&](const campaign::Worlds &worlds, analysis::Criteria criteria) {
        announce(*plan, *fleet, *nodes);
        campaign::Terms terms;
        terms.plan = std::move(*plan);
        terms.fleet = std::move(*fleet);
        terms.nodes = std::move(*nodes);
        terms.criteria = std::move(criteria);
        terms.operatorName = resources::Installation::operatorName();
        terms.allowBusy = options.allowBusy;
        terms.leaseSeconds = options.leaseSeconds;
        terms.fanOut = options.fanOut;
        terms.ramp = std::move(*ramp);
        return Campaign::begin(worlds, std::move(terms));
    });
}

int continueCommand(const Tools &tools, const RunOptions &options, const std::string &run)
{
    auto ramp = rampTerms(options.ramp, options.rampPauseSeconds);
    if (!ramp)
        return complain(ramp.error());
    const auto existing = [&](const std::string &file) { return openExistingStore(tools, file); };
    return follow(tools, options, existing, [&](const campaign::Worlds &worlds, analysis::Criteria criteria) {
        campaign::Terms terms;
        terms.leaseSeconds = options.leaseSeconds;
        terms.fanOut = options.fanOut;
        terms.ramp = std::move(*ramp);
        return Campaign::resume(worlds, domain::RunId(run), std::move(criteria), terms);
    });
}

} // namespace seatrial::cli
