// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_main.h"

#include "core/protocol/json_writer.h"
#include "core/protocol/version.h"
#include "engine/check_plan.h"
#include "engine/command_line.h"
#include "engine/device/cuda/kernel_image.h"
#include "engine/measure/read_privileged.h"
#include "engine/measure/selftest.h"
#include "engine/simulate/profile.h"
#include "engine/supervise/attach.h"
#include "engine/supervise/plan.h"
#include "engine/supervise/quit.h"
#include "engine/supervise/worker_main.h"

#include <csignal>
#include <cstdio>

#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr const char *kHelp = R"(seatrial-engine measures the node it runs on. Seatrial puts it there and removes it again.

  seatrial-engine --list [--json]     what it can measure, with the parameters of each check
  seatrial-engine --selftest          whether it works on this machine: exit 0 if so
  seatrial-engine --plan FILE|-       run a plan here and now; the stream of records goes to standard output
      --sysroot DIR                   read /proc and /sys from a recorded tree (records then say "simulated")
      --simulate PROFILE              the node is the one that PROFILE describes: a file, or one of
                                      a100x8, h100x8, h200x8, b200x8, gb200-nvl72-tray
                                      ($SEATRIAL_SIMULATE if it is not given; also for attach)
      --work DIR                      keep temporary files below DIR instead of $TMPDIR or /tmp
  seatrial-engine --check-plan FILE|- [--json]
                                      which steps of a plan it would refuse, and why; measures nothing
  seatrial-engine attach --dir RUN [--from N]
                                      follow the run in folder RUN from record N on, starting or reviving its
                                      supervisor if none lives; control lines come on standard input, "open" first
      --attached WHY                  the supervisor ends with standard input, since WHY: it would not outlive us
      --attached-if-died              the same, if it was found dead although the node was not booted
  seatrial-engine quit --base DIR     end every run that lives below DIR/runs
  seatrial-engine read-privileged     write kernel log, memory modules, serial numbers and error counters that are not
                                      for everybody to standard output; reads a fixed list, and does nothing else
  seatrial-engine --version
  seatrial-engine --help

A plan is the lines of the control protocol, one JSON object a line:
  {"type":"open","protocol":1,"run":"by hand","node":"here","lease_seconds":900,"grace_seconds":5,"allow_busy":false}
  {"type":"start-step","step":"memory","check":"host.memory","deadline_seconds":60}
  {"type":"no-more-steps"}

Exit codes: 0 done (the last record was delivered), 1 selftest or quit failed or a step would be refused, 2 usage or a bad plan,
3 the supervisor went away, 4 whoever was attached went away, 5 the run could not be created.
)";

int list(const std::vector<std::unique_ptr<Check>> &checks, bool json)
{
    for (const auto &check : checks) {
        if (!json) {
            std::printf("%s\n    %s%s\n", std::string(check->id()).c_str(), std::string(check->summary()).c_str(),
                        check->loads() ? " (loads the node)" : "");
            for (const std::string &parameter : check->parameterHelp())
                std::printf("    %s\n", parameter.c_str());
            continue;
        }
        protocol::JsonWriter writer;
        writer.text("check", check->id());
        writer.text("summary", check->summary());
        writer.boolean("loads", check->loads());
        writer.texts("parameters", check->parameterHelp());
        std::fputs(writer.finishLine().c_str(), stdout);
    }
    return 0;
}

int printVersion()
{
    std::printf("seatrial-engine %s, protocol %d\n", protocol::kProgramVersion, protocol::kProtocolVersion);
    const cuda::KernelImage &kernels = cuda::kernelImage();
    std::printf("CUDA kernels: %s\n", cuda::hasKernels() ? std::string(kernels.architectures).c_str() : "none, it was built without nvcc");
    return 0;
}

int runSelftest()
{
    std::vector<std::string> failures = selftest();
    if (std::string failure = workerSelftest(); !failure.empty())
        failures.push_back(std::move(failure));
    for (const std::string &failure : failures)
        std::fprintf(stderr, "seatrial-engine: selftest: %s\n", failure.c_str());
    if (failures.empty())
        std::printf("seatrial-engine %s works here\n", protocol::kProgramVersion);
    return failures.empty() ? 0 : 1;
}

/// Perhaps as root, through sudo: whoever called may have gone away, and could not end us.
int runReadPrivileged()
{
    ::alarm(15);
    ::signal(SIGPIPE, SIG_DFL);
    return readPrivileged("/", STDOUT_FILENO) ? 0 : 1;
}

} // namespace

int engineMain(int argc, char **argv, const std::vector<std::unique_ptr<Check>> &checks)
{
    std::string error;
    const std::optional<CommandLine> line = parseCommandLine(argc, argv, error);
    if (!line) {
        std::fprintf(stderr, "seatrial-engine: %s; see seatrial-engine --help\n", error.c_str());
        return 2;
    }
    if (isPrivilegedHelper() && line->command != Command::ReadPrivileged) {
        std::fprintf(stderr, "seatrial-engine: under this name it can do nothing but %s\n", kPrivilegedMode);
        return 2;
    }
    if (!line->simulate.empty() && !simulate::loadProfile(line->simulate, error)) {
        std::fprintf(stderr, "seatrial-engine: %s\n", error.c_str());
        return 2;
    }
    switch (line->command) {
    case Command::Help: return std::fputs(kHelp, stdout) < 0 ? 1 : 0;
    case Command::Version:
        return printVersion();
    case Command::List: return list(checks, line->json);
    case Command::Selftest: return runSelftest();
    case Command::Plan: return runPlan(line->plan, line->sysroot, line->work, line->simulate);
    case Command::CheckPlan: return checkPlan(line->plan, line->json, checks);
    case Command::Attach: 
        return attach({.folder = line->folder, .simulate = line->simulate, .from = line->from, .attachedBecause = line->attachedBecause, .attachedIfDied = line->attachedIfDied});
    case Command::Quit: return quitRuns(line->base);
    case Command::ReadPrivileged: return runReadPrivileged();
    case Command::Worker: return workerMain({line->sysroot, line->work, line->allowBusy, line->sudo, line->simulate}, checks);
    }
    return 2;
}

} // namespace seatrial::engine
