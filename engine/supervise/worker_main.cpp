// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/worker_main.h"

#include "core/protocol/codec.h"
#include "engine/device/real_machine.h"
#include "engine/emit/pipe_emitter.h"
#include "engine/simulate/simulated_machine.h"
#include "engine/supervise/process_tree.h"
#include "engine/supervise/worker_process.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

std::atomic<bool> stopRequestedBySignal = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void requestStop(int)
{
    stopRequestedBySignal.store(true, std::memory_order_relaxed);
}

/// Without SA_RESTART: a check that waits in a system call is woken.
void listenForTerm()
{
    struct sigaction action {};
    action.sa_handler = requestStop;
    sigaction(SIGTERM, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr); // the supervisor held TERM back until here
}

CheckResult runCheck(const Check &check, const CheckContext &context)
{
    try {
        return check.run(context);
    } catch (const std::exception &error) {
        return CheckResult::error("the check failed by an exception: " + std::string(error.what()));
    } catch (...) {
        return CheckResult::error("the check failed by an exception of an unknown kind");
    }
}

/// A result the stream can carry: whatever is not completed has a reason, and only waived has a waiver.
StepFinished finishedFrom(const StartStep &step, CheckResult result)
{
    if (result.status == StepStatus::Waived && result.waiver == Waiver::None)
        result = CheckResult::error("the check waived itself without saying whether the part is missing or not permitted: "
                                    + result.reason);
    if (result.status != StepStatus::Waived)
        result.waiver = Waiver::None;
    if (result.status != StepStatus::Completed && result.reason.empty())
        result.reason = "the check gave no reason";
    return {step.step, step.check, result.status, result.waiver, std::move(result.reason), 0};
}

/// What this worker measures on. nullptr with the reason in @p error.
std::unique_ptr<Machine> machineFor(const WorkerOptions &options, const std::filesystem::path &runFolder, std::string &error)
{
    if (options.simulate.empty())
        return realMachine(options.sysroot);
    const auto profile = simulate::loadProfile(options.simulate, error);
    return profile ? simulate::simulatedMachine(*profile, runFolder, error) : nullptr;
}

} // namespace

int workerMain(const WorkerOptions &options, const std::vector<std::unique_ptr<Check>> &checks)
{
    const bool hasPipe = ::fcntl(WorkerProcess::kRecordsFd, F_SETFD, FD_CLOEXEC) == 0;
    const auto read = decodeControl(readSmallFile("/proc/self/fd/0", 2 * LineCutter::kMaxLineBytes));
    const auto *control = std::get_if<Control>(&read);
    const auto *step = control ? std::get_if<StartStep>(control) : nullptr;
    if (!hasPipe || !step) {
        std::fprintf(stderr, "seatrial-engine: \"worker\" is how a supervisor starts this program; nobody else can\n");
        return 2;
    }
    listenForTerm();
    const bool hasLock = ::fcntl(WorkerProcess::kLoadLockFd, F_SETFD, FD_CLOEXEC) == 0;
    const char *runFolder = std::getenv(kRunMark);
    PipeEmitter emitter(WorkerProcess::kRecordsFd);
    const auto check = std::ranges::find_if(checks, [&](const auto &each) { return each->id() == step->check; });
    if (check == checks.end()) {
        emitter.emit(finishedFrom(*step, CheckResult::error("this engine has no check \"" + step->check + '"')));
        return 0;
    }
    const std::filesystem::path run = runFolder ? runFolder : "";
    std::string problem;
    const auto machine = machineFor(options, run, problem);
    if (!machine) {
        emitter.emit(finishedFrom(*step, CheckResult::error(problem)));
        return 0;
    }
    const auto sysroot = options.sysroot == "/" ? machine->sysroot() : options.sysroot;
    const CheckContext context{step->step,         step->parameters,       sysroot,                options.workFolder,
                               step->deadlineSeconds, options.allowBusy, options.sudo && !machine->simulated(), &stopRequestedBySignal, &emitter,
                               hasLock ? WorkerProcess::kLoadLockFd : -1,
                               run.filename(), machine.get()};
    emitter.emit(finishedFrom(*step, runCheck(**check, context)));
    return 0;
}

} // namespace seatrial::engine
