// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/busy.h"

#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <sys/prctl.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

/// Programs whose direct children are the sessions of a batch job.
struct Launcher {
    std::string_view name;
    std::string_view system;
};
constexpr std::array<Launcher, 5> launchers{{
    {"pbs_mom", "PBS"}, {"sge_shepherd", "Grid Engine"}, {"condor_starter", "HTCondor"}, {"sbatchd", "LSF"}, {"res", "LSF"},
}};

constexpr int deepestAncestry = 64;
constexpr const char *loadName = "seatrial-load"; ///< what a loading worker calls itself, for all users to see

/// The word that starts with @p prefix in a path of parts divided by '/'; empty if there is none.
std::string_view partWith(std::string_view path, std::string_view prefix)
{
    for (const auto part : split(path, '/')) {
        if (part.starts_with(prefix) && part.size() > prefix.size())
            return part;
    }
    return {};
}

std::string_view partBehind(std::string_view path, std::string_view folder)
{
    const auto parts = split(path, '/');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (parts[i] == folder)
            return parts[i + 1];
    }
    return {};
}

/// Name of the batch job that a control group belongs to: the same for all its processes; empty if none.
std::string jobOfCgroup(std::string_view path)
{
    if (path.find("/slurm") != path.npos) { // /slurm/uid_1000/job_42/…, /system.slice/slurmstepd.scope/job_42/…
        if (const auto job = partWith(path, "job_"); !job.empty())
            return "Slurm job " + std::string(job.substr(4));
    }
    for (const auto *folder : {"pbs_jobs.service", "pbspro.service", "pbspro", "pbs_jobs"}) {
        const auto job = partBehind(path, folder);
        if (!job.empty() && job != "jobid")
            return "PBS job " + std::string(job);
        if (const auto below = partBehind(path, "jobid"); job == "jobid" && !below.empty())
            return "PBS job " + std::string(below);
    }
    if (path.find("/lsf/") != path.npos) {
        if (const auto job = partWith(path, "job."); !job.empty())
            return "LSF job " + std::string(job.substr(4));
    }
    return {};
}

bool inPod(const Process &process)
{
    return process.cgroups.find("/kubepods") != std::string::npos && process.name != "pause";
}

/// "slurmstepd: [42.0]" → the job it keeps. "slurmstepd infinity" only holds a control group open and keeps none.
std::string jobOfStepDaemon(const Process &process)
{
    if (process.name != "slurmstepd")
        return {};
    const auto open = process.command.find('[');
    const auto end = process.command.find_first_of(".]", open);
    if (open == std::string::npos || end == std::string::npos)
        return {};
    return "Slurm job " + process.command.substr(open + 1, end - open - 1);
}

std::string jobOf(const Processes &processes, const Process &process)
{
    for (const auto path : split(process.cgroups, '\n')) {
        if (auto job = jobOfCgroup(path); !job.empty())
            return job;
    }
    const Process *child = &process;
    for (int depth = 0; depth < deepestAncestry; ++depth) {
        if (auto job = jobOfStepDaemon(*child); !job.empty())
            return job;
        const auto parent = processes.find(child->parent);
        if (parent == processes.end())
            break;
        for (const auto &launcher : launchers) {
            if (parent->second.name == launcher.name && child->uid != 0)
                return std::string(launcher.system) + " job of process " + std::to_string(child->pid);
        }
        child = &parent->second;
    }
    return {};
}

bool descendsFrom(const Processes &processes, const Process &process, int ancestor)
{
    const Process *current = &process;
    for (int depth = 0; depth < deepestAncestry; ++depth) {
        if (current->pid == ancestor)
            return true;
        const auto parent = processes.find(current->parent);
        if (parent == processes.end())
            return false;
        current = &parent->second;
    }
    return false;
}

/// Ours are: ourselves, those above us, those below us.
std::set<int> ownFamily(const Processes &processes, int ownPid)
{
    std::set<int> family;
    auto current = processes.find(ownPid);
    for (int depth = 0; current != processes.end() && depth < deepestAncestry; ++depth) {
        family.insert(current->first);
        current = processes.find(current->second.parent);
    }
    for (const auto &[pid, process] : processes) {
        if (descendsFrom(processes, process, ownPid))
            family.insert(pid);
    }
    return family;
}

/// "Seatrial run r5-…" if a worker of another user's run loads the node; the run is named by its work folder.
std::string otherRun(const Process &process, const BusyRules &rules)
{
    if (process.name != loadName || process.uid == rules.ownUid)
        return {};
    const auto run = partBehind(process.command, "runs");
    return "Seatrial run" + (run.empty() ? "" : ' ' + std::string(run));
}

bool isPerson(std::int64_t uid, const BusyRules &rules)
{
    const bool dynamicServiceUser = uid >= 61184 && uid <= 65535; // systemd's range, nobody, and pods' pause
    return uid != rules.ownUid && uid >= rules.firstPersonUid && !dynamicServiceUser;
}

double cpuPercentBetween(const Processes &before, const Process &now, double seconds)
{
    const auto earlier = before.find(now.pid);
    const bool same = earlier != before.end() && earlier->second.startTick == now.startTick;
    const auto ticks = same ? now.ticks - std::min(now.ticks, earlier->second.ticks) : now.ticks;
    if (seconds <= 0)
        return 0;
    return 100 * double(ticks) / double(sysconf(_SC_CLK_TCK)) / seconds;
}

std::string userName(const fs::path &sysroot, std::int64_t uid)
{
    const auto number = std::to_string(uid);
    const auto passwd = readText(sysroot / "etc/passwd").value_or("");
    for (const auto line : split(passwd, '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && fields[2] == number)
            return printable(fields[0]);
    }
    return "uid " + number;
}

std::int64_t firstPersonUid(const fs::path &sysroot)
{
    const auto defaults = readText(sysroot / "etc/login.defs").value_or("");
    for (const auto line : split(defaults, '\n')) {
        const auto parts = words(line);
        if (parts.size() >= 2 && parts[0] == "UID_MIN")
            return parseInteger(parts[1]).value_or(1000);
    }
    return 1000;
}

} // namespace

std::vector<BusyProcess> findBusy(const Processes &before, const Processes &after, double seconds, const BusyRules &rules)
{
    const auto family = ownFamily(after, rules.ownPid);
    const auto self = after.find(rules.ownPid);
    const auto ownJob = self == after.end() ? std::string() : jobOf(after, self->second);

    std::vector<BusyProcess> busy;
    for (const auto &[pid, process] : after) {
        if (process.kernelThread || family.contains(pid))
            continue;
        BusyProcess candidate{process, "uid " + std::to_string(process.uid), jobOf(after, process), 0};
        if (!candidate.job.empty() && candidate.job == ownJob)
            continue;
        candidate.cpuPercent = cpuPercentBetween(before, process, seconds);
        const bool computes = candidate.cpuPercent > rules.cpuPercent;
        if (candidate.job.empty() && computes && inPod(process))
            candidate.job = "a Kubernetes pod";
        if (auto run = otherRun(process, rules); !run.empty())
            candidate.job = std::move(run);
        if (!candidate.job.empty() || (computes && isPerson(process.uid, rules)))
            busy.push_back(std::move(candidate));
    }
    std::stable_sort(busy.begin(), busy.end(), [](auto &a, auto &b) { return a.cpuPercent > b.cpuPercent; });
    return busy;
}

std::vector<BusyProcess> findOtherRuns(const Processes &processes, const BusyRules &rules)
{
    std::vector<BusyProcess> found;
    for (const auto &[pid, process] : processes) {
        if (auto run = otherRun(process, rules); !run.empty())
            found.push_back({process, "uid " + std::to_string(process.uid), std::move(run), 0});
    }
    return found;
}

std::vector<BusyProcess> announceLoad(const fs::path &sysroot)
{
    ::prctl(PR_SET_NAME, loadName);
    BusyRules rules;
    rules.ownUid = std::int64_t(getuid());
    auto found = findOtherRuns(readProcesses(sysroot), rules);
    for (auto &other : found)
        other.user = userName(sysroot, other.process.uid);
    return found;
}

BusyReport lookForBusy(const fs::path &sysroot, double windowSeconds, const std::atomic<bool> *stop)
{
    const BusyRules rules{std::int64_t(getuid()), int(getpid()), firstPersonUid(sysroot)};
    const double start = monotonicSeconds();
    const auto before = readProcesses(sysroot);
    BusyReport report;
    report.othersHidden = !before.contains(1);

    // Whoever could count if only he computed enough: without any there is nothing to wait for.
    auto anyone = rules;
    anyone.cpuPercent = -1;
    if (findBusy({}, before, 1, anyone).empty())
        return report;
    sleepUnlessStopped(windowSeconds, stop);
    report.busy = findBusy(before, readProcesses(sysroot), monotonicSeconds() - start, rules);
    for (auto &busy : report.busy)
        busy.user = userName(sysroot, busy.process.uid);
    return report;
}

std::string describe(const BusyProcess &busy)
{
    return "pid " + std::to_string(busy.process.pid) + " (" + busy.process.name + ")"
        + (busy.job.empty() ? "" : " of " + busy.job) + " of " + busy.user + " uses "
        + std::to_string(std::lround(busy.cpuPercent)) + " % of a core";
}

} // namespace seatrial::engine
