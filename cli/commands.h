// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/deployment.h"
#include "core/campaign/node_link.h"
#include "core/report/table.h"
#include "core/store/store.h"
#include "resources/installation.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::cli {

/// Exit codes that scripts can trust, worst first: 130, 2, 3, 1, 0.
enum ExitCode : int {
    AllQualified = 0,
    SomeNotQualified = 1,
    BadInput = 2,
    SomeNotReached = 3,
    Cancelled = 130,
};

using StoreOpener = std::function<domain::Result<std::unique_ptr<store::Store>>(const std::string &file)>;

/// What main knows and the commands do not: how nodes are reached and where history lies.
struct Tools {
    resources::Installation installation;
    std::function<std::unique_ptr<campaign::LinkFactory>()> links;
    std::function<domain::Result<std::unique_ptr<campaign::Deployer>>(const std::filesystem::path &engine)> deployer;
    StoreOpener openStore;
};

struct RunOptions {
    std::string inventory; ///< file; or
    std::string hosts;     ///< a node set
    std::string plan = "quick";
    std::string nodes;
    std::string store;
    std::string criteria;
    bool json = false;
    bool allowBusy = false;
    bool acceptNewHostKeys = false;
    double leaseSeconds = 900;
    int fanOut = 64;
    std::string ramp;          ///< "12.5,25,50,100" or "off"; empty: as built in
    double rampPauseSeconds = 10;
};

struct HistoryOptions {
    std::string store;
    std::string run;
    std::string node;
    std::string where; ///< a filter as in the window; empty: every node
    std::string criteria;
    report::Format format = report::Format::Text;
};

int runCommand(const Tools &tools, const RunOptions &options);
int continueCommand(const Tools &tools, const RunOptions &options, const std::string &run);
int cleanCommand(const Tools &tools, const RunOptions &options);
int preflightCommand(const Tools &tools, const RunOptions &options, report::Format format);
int replayCommand(const Tools &tools, const std::vector<std::string> &streams, const HistoryOptions &options);
int verdictCommand(const Tools &tools, const HistoryOptions &options);
int runsCommand(const Tools &tools, const HistoryOptions &options);
int nodesCommand(const Tools &tools, const HistoryOptions &options);
int resultsCommand(const Tools &tools, const HistoryOptions &options);
int topologyCommand(const Tools &tools, const HistoryOptions &options);
int streamCommand(const Tools &tools, const HistoryOptions &options);
/// What "plan" is to do with a plan.
struct PlanOptions {
    std::string plan;
    RunOptions where; ///< the fleet, its nodes and the ramp
    report::Format format = report::Format::Text;
};

int planListCommand(const Tools &tools, const PlanOptions &options);
int planShowCommand(const Tools &tools, const PlanOptions &options);
int planCheckCommand(const Tools &tools, const PlanOptions &options);
int planEstimateCommand(const Tools &tools, const PlanOptions &options);
int nodesetCommand(const std::vector<std::string> &expressions, bool fold, bool count);

/// Prints "seatrialctl: …" with what was tried and what to do, and answers @p code.
int complain(const domain::Failure &failure, int code = BadInput);

} // namespace seatrial::cli
