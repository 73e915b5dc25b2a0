// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/print.h"

#include "core/campaign/ramp.h"
#include "core/domain/yaml_reader.h"
#include "core/protocol/version.h"
#include "remote/deploy/engine_deployer.h"
#include "remote/ssh/ssh_link_factory.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <optional>

using namespace seatrial;
using namespace seatrial::cli;

namespace {

constexpr const char *kExamples = R"(Examples:
  seatrialctl run --inventory hall.yaml --plan quick --store hall.db
  seatrialctl run --hosts 'ops@n[01-16]'
  seatrialctl run --inventory hall.yaml --nodes 'r[1-4]n[01-16]!r2n05' --json > progress.jsonl
  seatrialctl continue --store hall.db
  seatrialctl verdict --store hall.db --format json
  seatrialctl results --store hall.db --format csv > results.csv

)";

constexpr const char *kRunCodes = R"(Exit codes of run and continue, the worst that applies:
  130 cancelled or let go   2 bad input   3 some node could not be reached or run
  1 some node is not qualified   0 all qualified)";

constexpr const char *kCleanFooter = R"(Example:
  seatrialctl clean --inventory hall.yaml --nodes 'n[01-08]'

Exit codes: 0 all cleaned   2 bad input   3 some node could not be cleaned)";

constexpr const char *kPreflightFooter = R"(Steps, in their order: resolve, tcp, banner, host key, login, shell, machine, space, folder,
survival (of a detached process: takes a second login), driver, clock. Nothing stays on a node.

Example:
  seatrialctl preflight --inventory hall.yaml --nodes 'n[01-08]'

Exit codes, the worst that applies:
  130 stopped   2 bad input   3 some node is not ready   1 some node is ready with warnings   0 all ready)";

constexpr const char *kNodesetFooter = R"(Examples:
  seatrialctl nodeset 'n[01-16]!n03'
  seatrialctl nodeset --fold n01 n02 n04     prints n[01-02,04])";

constexpr const char *kTables = "text, json or csv";
constexpr const char *kVerdicts = "text, json, csv or junit";

/// What the words of the command line fill in.
struct Given {
    Tools tools;
    RunOptions run;
    PlanOptions plan;
    HistoryOptions history;
    std::vector<std::string> words;
    bool fold = false;
    bool count = false;
    int code = AllQualified;
};

Tools realTools()
{
    return {.installation = resources::Installation(),
            .links = [] { return std::make_unique<remote::SshLinkFactory>(); },
            .deployer = [](const std::filesystem::path &engine) -> domain::Result<std::unique_ptr<campaign::Deployer>> { return std::make_unique<remote::EngineDeployer>(engine); },
            .openStore = [](const std::string &file) {
                resources::Installation::makeRoomFor(file);
                return store::openSqliteStore(file);
            }};
}

/// A text option that has to say something: an empty one is a variable of a script that was not set.
CLI::Option *addText(CLI::App *app, const std::string &name, std::string &value, const std::string &help)
{
    const auto empty = [](const std::string &text) { return text.empty() ? std::string("nothing was given; name a value, or leave the option out") : std::string(); };
    return app->add_option(name, value, help)->check(CLI::Validator(empty, ""));
}

void addReach(CLI::App *app, RunOptions &options)
{
    addText(app, "-i,--inventory", options.inventory, "The fleet: an inventory (YAML), a list of hosts, or an ssh configuration");
    addText(app, "-H,--hosts", options.hosts, "Instead of a file: hosts like 'ops@n[01-16]:2222'")->excludes("--inventory");
    addText(app, "-n,--nodes", options.nodes, "Only these nodes, e.g. 'n[01-08]!n03'");
}

void addConnections(CLI::App *app, RunOptions &options)
{
    app->add_flag("--accept-new-host-keys", options.acceptNewHostKeys, "Add unknown host keys to known_hosts without asking (a changed key is always refused)");
    app->add_option("--fan-out", options.fanOut, "Connections being made at a time")->check(CLI::Range(1, 512))->capture_default_str();
}

void addTerms(CLI::App *app, RunOptions &options)
{
    addText(app, "-s,--store", options.store, "Store for history (SQLite); default: your own below ~/.local/share/seatrial");
    addText(app, "--criteria", options.criteria, "File of limits instead of the built-in ones");
    app->add_option("--lease", options.leaseSeconds, "Seconds a node goes on and waits when nobody is attached")->check(CLI::Range(30.0, 604800.0))->capture_default_str();
    addText(app, "--ramp", options.ramp, "Load comes onto these percentages of the nodes, step by step, or 'off'; default: 12.5,25,50,100 from 17 nodes on");
    app->add_option("--ramp-pause", options.rampPauseSeconds, "Seconds between two steps of the ramp")->check(CLI::Range(0.0, campaign::RampTerms::mostPauseSeconds))->capture_default_str();
    app->add_flag("--json", options.json, "JSON lines on standard output, ending with a summary");
}

void addStore(CLI::App *app, HistoryOptions &options, const char *purpose)
{
    addText(app, "-s,--store", options.store, std::string(purpose) + "; default: your own below ~/.local/share/seatrial");
}

void addWhichRun(CLI::App *app, HistoryOptions &options, const char *purpose)
{
    addText(app, "-r,--run", options.run, std::string(purpose) + "; default: the newest");
}

void addFormat(CLI::App *app, report::Format &chosen, const std::string &formats)
{
    const auto take = [&chosen, formats](const std::string &text) {
        const auto format = report::formatFromText(text);
        if (!format || (*format == report::Format::Junit && formats != kVerdicts))
            throw CLI::ValidationError("--format", "'" + text + "' is not a format here; use " + formats);
        chosen = *format;
    };
    auto *format = app->add_option_function<std::string>("-f,--format", take, formats + "; default: text");
    app->add_flag_callback("--json", [&chosen] { chosen = report::Format::Json; }, "The same as --format json")->excludes(format);
}

void addMeasuring(CLI::App &app, Given &given)
{
    auto *run = app.add_subcommand("run", "Measure nodes by a plan, store what was found and judge it");
    addReach(run, given.run);
    addConnections(run, given.run);
    addTerms(run, given.run);
    addText(run, "-p,--plan", given.run.plan, "Built-in plan or a file of your own")->capture_default_str();
    run->add_flag("--allow-busy", given.run.allowBusy, "Load nodes where others compute; your name is recorded");
    run->footer(kRunCodes);
    run->callback([&] { given.code = runCommand(given.tools, given.run); });

    auto *again = app.add_subcommand("continue", "Pick up a run that was let go, from where each node's journal stands");
    addConnections(again, given.run);
    addTerms(again, given.run);
    addWhichRun(again, given.history, "Run to pick up");
    again->footer(kRunCodes);
    again->callback([&] { given.code = continueCommand(given.tools, given.run, given.history.run); });

    auto *preflight = app.add_subcommand("preflight", "Try the way to nodes step by step, and say what is in the way");
    addReach(preflight, given.run);
    addConnections(preflight, given.run);
    addFormat(preflight, given.history.format, kTables);
    preflight->footer(kPreflightFooter);
    preflight->callback([&] { given.code = preflightCommand(given.tools, given.run, given.history.format); });

    auto *clean = app.add_subcommand("clean", "Remove all that was put onto nodes, ending what still runs there");
    addReach(clean, given.run);
    addConnections(clean, given.run);
    clean->footer(kCleanFooter);
    clean->callback([&] { given.code = cleanCommand(given.tools, given.run); });
}

void addLooking(CLI::App &app, Given &given)
{
    const auto add = [&](const char *name, const char *help, int (*command)(const Tools &, const HistoryOptions &)) {
        auto *added = app.add_subcommand(name, help);
        addStore(added, given.history, "Store to read");
        added->callback([&given, command] { given.code = command(given.tools, given.history); });
        return added;
    };
    auto *verdict = add("verdict", "What may be said of each node of a run, and why", verdictCommand);
    addWhichRun(verdict, given.history, "Run to show");
    addFormat(verdict, given.history.format, kVerdicts);
    addText(verdict, "--criteria", given.history.criteria, "Judge by this file of limits instead of the built-in ones");

    addFormat(add("runs", "The runs of a store", runsCommand), given.history.format, kTables);

    auto *nodes = add("nodes", "The nodes of a run, a line each", nodesCommand);
    addWhichRun(nodes, given.history, "Run to show");
    addFormat(nodes, given.history.format, kTables);
    addText(nodes, "-w,--where", given.history.where, "Only nodes that a filter means, e.g. 'rack==R2 and verdict!=qualified'");

    auto *results = add("results", "Every measurement of a run, with its spread", resultsCommand);
    addWhichRun(results, given.history, "Run to show");
    addFormat(results, given.history.format, kTables);
    addText(results, "-n,--node", given.history.node, "Only this node");

    auto *topology = add("topology", "How GPUs and adapters of a node are connected, as nvidia-smi topo -m", topologyCommand);
    addWhichRun(topology, given.history, "Run to show");
    addText(topology, "-n,--node", given.history.node, "Whose topology")->required();
    topology->add_flag_callback("--json", [&given] { given.history.format = report::Format::Json; }, "As JSON, with parts and what they hang on");

    auto *stream = add("stream", "The stream of one node as it came, for a replay or a bug report", streamCommand);
    addWhichRun(stream, given.history, "Run to show");
    addText(stream, "-n,--node", given.history.node, "Whose stream")->required();
}

void addPlans(CLI::App &app, Given &given)
{
    auto *plan = app.add_subcommand("plan", "Look at plans: list, show, check, estimate");
    plan->require_subcommand(1);
    const auto add = [&](const char *name, const char *help, int (*command)(const Tools &, const PlanOptions &), bool named) {
        auto *added = plan->add_subcommand(name, help);
        if (named)
            addText(added, "plan", given.plan.plan, "Built-in plan or a file of your own")->required();
        added->callback([&given, command] { given.code = command(given.tools, given.plan); });
        return added;
    };
    addFormat(add("list", "The built-in plans", planListCommand, false), given.plan.format, kTables);
    addFormat(add("show", "The steps of a plan", planShowCommand, true), given.plan.format, kTables);
    add("check", "Whether a plan can be run: its checks, parameters, deadlines", planCheckCommand, true)
        ->footer("Exit codes: 0 it can be run   2 it cannot, and why");
    auto *estimate = add("estimate", "How long a plan takes on a fleet", planEstimateCommand, true);
    addReach(estimate, given.plan.where);
    addText(estimate, "--ramp", given.plan.where.ramp, "As of run");
    addFormat(estimate, given.plan.format, kTables);
}

void addHelpers(CLI::App &app, Given &given)
{
    auto *replay = app.add_subcommand("replay", "Store recorded streams as a run of their own and judge it");
    replay->add_option("streams", given.words, "Streams as 'seatrialctl stream' writes them, one a node")->required();
    addStore(replay, given.history, "Store that the run is written to");
    addFormat(replay, given.history.format, kVerdicts);
    addText(replay, "--criteria", given.history.criteria, "File of limits instead of the built-in ones");
    replay->callback([&] { given.code = replayCommand(given.tools, given.words, given.history); });

    auto *nodeset = app.add_subcommand("nodeset", "Expand, count or fold node names");
    nodeset->add_option("expressions", given.words, "e.g. 'n[01-16]!n03'")->required();
    nodeset->add_flag("--fold", given.fold, "Fold into one expression that ClusterShell, Slurm and pdsh read");
    nodeset->add_flag("--count", given.count, "Print how many there are");
    nodeset->footer(kNodesetFooter);
    nodeset->callback([&] { given.code = nodesetCommand(given.words, given.fold, given.count); });
}

/// The names of options of @p command, each as it is written; or of its commands.
std::vector<std::string> namesIn(const CLI::App &command, bool options)
{
    std::vector<std::string> names;
    for (const auto *one : command.get_options()) {
        for (const auto &name : one->get_lnames())
            names.push_back("--" + name);
    }
    if (options)
        return names;
    names.clear();
    for (const auto *one : command.get_subcommands([](const CLI::App *) { return true; }))
        names.push_back(one->get_name());
    return names;
}

/// A word that no command takes, options first: "3" after a mistyped option is no news. Nothing if every word has its place.
std::optional<domain::Failure> strangerIn(const CLI::App &app)
{
    const CLI::App *command = &app;
    std::string calling = app.get_name();
    while (!command->get_subcommands().empty() && command->remaining_size() == 0) {
        command = command->get_subcommands().front();
        calling += " " + command->get_name();
    }
    const auto words = command->remaining();
    if (words.empty())
        return std::nullopt;
    const auto isOption = [](const std::string &word) { return word.starts_with('-') && word.size() > 1; };
    const auto found = std::ranges::find_if(words, isOption);
    const bool option = found != words.end();
    const std::string word = option ? found->substr(0, found->find('=')) : words.front();
    const auto names = namesIn(*command, option);
    const std::string what = option ? "there is no option " + word : names.empty() ? "\"" + word + "\" is one word too many" : "there is no command " + word;
    std::string advice = calling + " --help lists " + (option || names.empty() ? "the options" : "the commands");
    if (option && (word == "--format" || word == "-f") && std::ranges::find(names, "--json") != names.end())
        advice = calling + " --json prints JSON lines; other formats: seatrialctl verdict --format, once the run is over";
    else if (const auto meant = domain::nearestWord(word, {names.begin(), names.end()}))
        advice = "did you mean " + *meant + "? " + advice;
    return domain::Failure{domain::Stage::Input, domain::FailureKind::NotFound, what + (command == &app ? "" : " in " + calling), {}, advice};
}

/// @p code, or BadInput if what was to be read did not get through: a script must not take a torn answer for a whole one.
int afterOutput(int code)
{
    errno = 0;
    const bool flushed = std::fflush(stdout) == 0;
    const int reason = errno;
    if (flushed && !std::ferror(stdout))
        return code;
    print(stderr, "seatrialctl: standard output could not be written{}; what came out is not all\n  next: make room or keep the reader open, then call again\n",
          reason ? std::string(": ") + std::strerror(reason) : std::string());
    return code == Cancelled ? Cancelled : BadInput;
}

} // namespace

int main(int argc, char **argv)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 2); // threads here hand large values to each other: what one has freed shall serve the next
#endif
    std::signal(SIGPIPE, SIG_IGN); // a reader that went away is told of in the exit code
    CLI::App app{"Seatrial: measure every node, judge it against limits that name their source.", "seatrialctl"};
    app.set_version_flag("--version", std::string("seatrialctl ") + protocol::kProgramVersion);
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    Given given{.tools = realTools(), .run = {}, .plan = {}, .history = {}, .words = {}};
    addMeasuring(app, given);
    addLooking(app, given);
    addPlans(app, given);
    addHelpers(app, given);
    app.footer(std::string(kExamples) + kRunCodes); // after the commands: they would inherit it

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        const auto stranger = error.get_exit_code() == 0 ? std::nullopt : strangerIn(app);
        if (stranger)
            return complain(*stranger);
        return afterOutput(app.exit(error) == 0 ? 0 : BadInput);
    }
    return afterOutput(given.code);
}
