// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"

#include "core/protocol/version.h"
#include "remote/deploy/engine_deployer.h"
#include "remote/ssh/ssh_link_factory.h"

#include <CLI/CLI.hpp>
#include <map>

using namespace seatrial;
using namespace seatrial::cli;

namespace {

constexpr const char *kFooter = R"(Examples:
  seatrialctl run --inventory hall.yaml --plan quick --store hall.db
  seatrialctl run --inventory hall.yaml --nodes 'r[1-4]n[01-16]!r2n05' --json > progress.jsonl
  seatrialctl continue --store hall.db
  seatrialctl verdict --store hall.db --format json
  seatrialctl results --store hall.db --format csv > results.csv

Exit codes of run and continue, the worst that applies:
  130 cancelled or let go   2 bad input   3 some node could not be reached or run
  1 some node is not qualified   0 all qualified)";

const std::map<std::string, report::Format> kFormats = {
    {"text", report::Format::Text}, {"json", report::Format::Json}, {"csv", report::Format::Csv}, {"junit", report::Format::Junit}};

Tools realTools()
{
    return {.installation = resources::Installation(),
            .links = [] { return std::make_unique<remote::SshLinkFactory>(); },
            .deployer = [](const std::filesystem::path &engine) -> domain::Result<std::unique_ptr<campaign::Deployer>> { return std::make_unique<remote::EngineDeployer>(engine); },
            .openStore = [](const std::string &file) { return store::openSqliteStore(file); }};
}

void addReach(CLI::App *app, RunOptions &options)
{
    app->add_option("-i,--inventory", options.inventory, "Inventory of the fleet (YAML)")->required();
    app->add_option("-n,--nodes", options.nodes, "Only these nodes, e.g. 'n[01-08]!n03'");
    app->add_flag("--accept-new-host-keys", options.acceptNewHostKeys, "Add unknown host keys to known_hosts without asking (a changed key is always refused)");
    app->add_option("--fan-out", options.fanOut, "Connections being made at a time")->check(CLI::Range(1, 512))->capture_default_str();
}

void addTerms(CLI::App *app, RunOptions &options)
{
    app->add_option("-s,--store", options.store, "Store for history (SQLite); default: your own below ~/.local/share/seatrial");
    app->add_option("--criteria", options.criteria, "File of limits instead of the built-in ones");
    app->add_flag("--json", options.json, "JSON lines on standard output, ending with a summary");
}

void addHistory(CLI::App *app, HistoryOptions &options, bool withRun)
{
    app->add_option("-s,--store", options.store, "Store to read; default: your own below ~/.local/share/seatrial");
    if (withRun)
        app->add_option("-r,--run", options.run, "Run to show; default: the newest");
    app->add_option("-f,--format", options.format, "text, json, csv (and junit for verdicts)")->transform(CLI::CheckedTransformer(kFormats, CLI::ignore_case).description(""));
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app{"Seatrial: measure every node, judge it against limits that name their source.", "seatrialctl"};
    app.footer(kFooter);
    app.set_version_flag("--version", std::string("seatrialctl ") + protocol::kProgramVersion);
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    const Tools tools = realTools();
    RunOptions run;
    HistoryOptions history;
    std::vector<std::string> words;
    bool fold = false, count = false;
    int code = 0;

    auto *command = app.add_subcommand("run", "Measure nodes by a plan, store what was found and judge it");
    addReach(command, run);
    addTerms(command, run);
    command->add_option("-p,--plan", run.plan, "Built-in plan or a file of your own")->capture_default_str();
    command->add_flag("--allow-busy", run.allowBusy, "Load nodes where others compute; your name is recorded");
    command->add_option("--lease", run.leaseSeconds, "Seconds a node goes on and waits when nobody is attached")->check(CLI::Range(30.0, 604800.0))->capture_default_str();
    command->callback([&] { code = runCommand(tools, run); });

    command = app.add_subcommand("continue", "Pick up a run that was let go, from where each node's journal stands");
    addTerms(command, run);
    command->add_option("-r,--run", history.run, "Run to pick up; default: the newest");
    command->add_flag("--accept-new-host-keys", run.acceptNewHostKeys, "Add unknown host keys to known_hosts without asking");
    command->callback([&] { code = continueCommand(tools, run, history.run); });

    command = app.add_subcommand("verdict", "What may be said of each node of a run, and why");
    addHistory(command, history, true);
    command->add_option("--criteria", history.criteria, "Judge by this file of limits instead of the built-in ones");
    command->callback([&] { code = verdictCommand(tools, history); });

    command = app.add_subcommand("runs", "The runs of a store");
    addHistory(command, history, false);
    command->callback([&] { code = runsCommand(tools, history); });

    command = app.add_subcommand("nodes", "The nodes of a run, a line each");
    addHistory(command, history, true);
    command->callback([&] { code = nodesCommand(tools, history); });

    command = app.add_subcommand("results", "Every measurement of a run, with its spread");
    addHistory(command, history, true);
    command->add_option("-n,--node", history.node, "Only this node");
    command->callback([&] { code = resultsCommand(tools, history); });

    command = app.add_subcommand("stream", "The stream of one node as it came, for a replay or a bug report");
    addHistory(command, history, true);
    command->add_option("-n,--node", history.node, "Whose stream")->required();
    command->callback([&] { code = streamCommand(tools, history); });

    command = app.add_subcommand("replay", "Store recorded streams as a run of their own and judge it");
    command->add_option("streams", words, "Streams as 'seatrialctl stream' writes them, one a node")->required();
    addHistory(command, history, false);
    command->add_option("--criteria", history.criteria, "File of limits instead of the built-in ones");
    command->callback([&] { code = replayCommand(tools, words, history); });

    command = app.add_subcommand("clean", "Remove all that was put onto nodes, ending what still runs there");
    addReach(command, run);
    command->callback([&] { code = cleanCommand(tools, run); });

    command = app.add_subcommand("nodeset", "Expand, count or fold node names");
    command->add_option("expressions", words, "e.g. 'n[01-16]!n03'")->required();
    command->add_flag("--fold", fold, "Fold into one expression that ClusterShell, Slurm and pdsh read");
    command->add_flag("--count", count, "Print how many there are");
    command->callback([&] { code = nodesetCommand(words, fold, count); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : BadInput;
    }
    return code;
}
