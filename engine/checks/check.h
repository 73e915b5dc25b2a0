// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

class Machine;

/// Where a check says what it found. In a worker this is a pipe to the supervisor, in a test a vector.
class Emitter
{
public:
    virtual ~Emitter() = default;
    virtual void emit(protocol::Body body) = 0;
};

/// What a check is given to do its work.
struct CheckContext {
    std::string step;
    protocol::Parameters parameters;
    std::filesystem::path sysroot = "/"; ///< where /proc and /sys are read: a recorded tree in tests
    std::filesystem::path workFolder;    ///< on the node, ours, writable
    double deadlineSeconds = 60;         ///< for planning repetitions; the supervisor enforces it
    bool allowBusy = false;              ///< a person allowed load beside other people's work
    bool sudo = false;                   ///< the inventory allows `sudo -n` of the read-only helper
    const std::atomic<bool> *stop = nullptr; ///< set by SIGTERM: end soon and cleanly
    Emitter *out = nullptr;
    int loadLock = -1;       ///< descriptor that the workers of a run share, see load_lock.h; -1: nobody to share a node with
    std::string run;         ///< name of the run's folder: how other runs are told who measures
    Machine *machine = nullptr; ///< the GPUs of the node, real or simulated; never null in a worker
};

/// How a check ended; becomes protocol::StepFinished.
struct CheckResult {
    protocol::StepStatus status = protocol::StepStatus::Completed;
    protocol::Waiver waiver = protocol::Waiver::None;
    std::string reason;

    static CheckResult completed() { return {}; }
    static CheckResult failed(std::string why) { return {protocol::StepStatus::Failed, protocol::Waiver::None, std::move(why)}; }
    static CheckResult error(std::string why) { return {protocol::StepStatus::Error, protocol::Waiver::None, std::move(why)}; }
    static CheckResult notPresent(std::string why) { return {protocol::StepStatus::Waived, protocol::Waiver::NotPresent, std::move(why)}; }
    static CheckResult notPermitted(std::string why) { return {protocol::StepStatus::Waived, protocol::Waiver::NotPermitted, std::move(why)}; }
};

/// One thing that can be measured on a node. Stateless; run in a worker process of its own.
class Check
{
public:
    virtual ~Check() = default;
    virtual std::string_view id() const = 0;      ///< "host.memory"
    virtual std::string_view summary() const = 0; ///< one line for --list
    /// Names, defaults and units of the parameters, for --list.
    virtual std::vector<std::string> parameterHelp() const = 0;
    /// Why run() would refuse what a plan gives, as far as that is known without looking at the node; empty: it would not.
    /// Read by the function that run() reads with, so that both say the same.
    virtual std::string refusal(const protocol::Parameters &) const { return {}; }
    virtual bool loads() const = 0;               ///< draws CPU, memory, disk or network so that others would notice
    virtual CheckResult run(const CheckContext &context) const = 0;
};

/// All checks of this engine, in the order of --list.
const std::vector<std::unique_ptr<Check>> &allChecks();
/// The check of that id or nullptr.
const Check *findCheck(std::string_view id);

} // namespace seatrial::engine
