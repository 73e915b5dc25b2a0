// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/print.h"
#include "cli/terminal.h"

#include "core/campaign/preflight_text.h"
#include "core/domain/fleet_index.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

namespace seatrial::cli {

using campaign::Ladder;
using campaign::RungState;

namespace {

/// Ctrl-C, or a terminal that goes away, ends every way within a moment.
class Stopper
{
public:
    explicit Stopper(TerminalQuestions &questions)
    {
        sigemptyset(&m_set);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1})
            sigaddset(&m_set, signal);
        pthread_sigmask(SIG_BLOCK, &m_set, nullptr); // before any thread: every thread leaves them to this one
        m_thread = std::thread([this, &questions] {
            int signal = SIGUSR1;
            while (!m_over && (sigwait(&m_set, &signal) != 0 || signal == SIGUSR1)) {
            }
            if (m_over)
                return;
            m_stopped = true;
            questions.refuseAll();
        });
    }
    ~Stopper()
    {
        m_over = true;
        pthread_kill(m_thread.native_handle(), SIGUSR1);
        m_thread.join();
    }
    const std::atomic<bool> &stopped() const { return m_stopped; }

private:
    sigset_t m_set;
    std::atomic<bool> m_over = false;
    std::atomic<bool> m_stopped = false;
    std::thread m_thread;
};

int count(const std::vector<Ladder> &ladders, RungState state)
{
    return static_cast<int>(std::ranges::count_if(ladders, [state](const Ladder &ladder) { return ladder.state() == state; }));
}

std::string asJson(const std::vector<Ladder> &ladders)
{
    nlohmann::ordered_json all;
    all["counts"] = {{"ready", count(ladders, RungState::Passed)},
                     {"warned", count(ladders, RungState::Warned)},
                     {"not_ready", count(ladders, RungState::Failed) + count(ladders, RungState::NotReached)}};
    all["nodes"] = nlohmann::ordered_json::array();
    for (const auto &ladder : ladders) {
        nlohmann::ordered_json node{{"node", ladder.node.text()}, {"state", campaign::rungStateText(ladder.state())}, {"seconds", ladder.seconds()}};
        node["steps"] = nlohmann::ordered_json::array();
        for (const auto &rung : ladder.rungs) {
            node["steps"].push_back({{"step", rung.name},
                                     {"state", campaign::rungStateText(rung.state)},
                                     {"seconds", rung.seconds},
                                     {"found", report::printable(rung.found)},
                                     {"remedy", rung.remedy}});
        }
        all["nodes"].push_back(std::move(node));
    }
    return all.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

report::Table asTable(const std::vector<Ladder> &ladders)
{
    report::Table table{{"node", "step", "state", "seconds", "found", "remedy"}, {}};
    for (const auto &ladder : ladders) {
        for (const auto &rung : ladder.rungs)
            table.rows.push_back({ladder.node.text(), rung.name, campaign::rungStateText(rung.state), rung.seconds, rung.found, rung.remedy});
    }
    return table;
}

/// Lines stay lines; nothing else that a node says reaches the terminal as it is.
std::string printableLines(const std::string &text)
{
    std::string shown;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        shown += report::printable(text.substr(from, end - from)) + '\n';
        from = end + 1;
    }
    return shown;
}

int exitCode(const std::vector<Ladder> &ladders, bool stopped)
{
    if (stopped)
        return Cancelled;
    if (count(ladders, RungState::Failed) + count(ladders, RungState::NotReached) > 0)
        return SomeNotReached;
    return count(ladders, RungState::Warned) > 0 ? SomeNotQualified : AllQualified;
}

} // namespace

int preflightCommand(const Tools &tools, const RunOptions &options, report::Format format)
{
    auto fleet = fleetFrom(options);
    if (!fleet)
        return complain(fleet.error());
    auto chosen = chosenNodes(*fleet, options.nodes);
    if (!chosen)
        return complain(chosen.error());
    auto engine = tools.installation.engine();
    if (!engine)
        return complain(engine.error());
    auto deployer = tools.deployer(*engine);
    if (!deployer)
        return complain(deployer.error());
    std::vector<domain::Node> nodes;
    const domain::FleetIndex index(*fleet);
    for (const auto &id : *chosen)
        nodes.push_back(*index.find(id));

    PreflightProgress progress(nodes.size());
    TerminalQuestions questions(options.acceptNewHostKeys, &progress);
    const Stopper stopper(questions);
    const auto links = tools.links();
    const auto ladders = campaign::preflight(*links, **deployer, questions, nodes, options.fanOut, [&](const Ladder &ladder) { progress.told(ladder); }, stopper.stopped());
    progress.finish();
    const bool stopped = stopper.stopped();
    if (format == report::Format::Json)
        print(stdout, "{}", asJson(ladders));
    else if (format == report::Format::Csv)
        print(stdout, "{}", report::asCsv(asTable(ladders)));
    else
        print(stdout, "{}", printableLines(campaign::ladderTexts(ladders)));
    questions.adviseOnRefused();
    return exitCode(ladders, stopped);
}

} // namespace seatrial::cli
