// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/measure/processes.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::engine {

// Nobody's work is disturbed. A process stands against load when it is
//  - part of a batch job that is not the one we run in: Slurm, PBS, LSF, Grid Engine, HTCondor. Whether it computes right now does
//    not matter, the node is given to that job; or
//  - in a Kubernetes pod and uses CPU (daemon pods sleep on every node of such a cluster); or
//  - of another person (a uid from UID_MIN of /etc/login.defs up that is neither ours nor one of systemd's dynamic
//    service users) and uses CPU; or
//  - a worker of another user's Seatrial run that loads the node, by the name it wears. Whether it computes right now
//    does not matter: it may wait for its disk or its network. (Runs of one user take turns, see load_lock.h.)
// "Uses CPU" is more than 20 % of a core over the time looked at. Kernel threads, system daemons, root's own programs
// and our ancestors and descendants never count.

struct BusyProcess {
    Process process;
    std::string user;    ///< name of /etc/passwd, else "uid 1001"
    std::string job;     ///< "Slurm job 4711", "Seatrial run r5-…"; empty if it is simply another user's
    double cpuPercent = 0; ///< of one core
};

struct BusyRules {
    std::int64_t ownUid = 0;
    int ownPid = 0;
    std::int64_t firstPersonUid = 1000;
    double cpuPercent = 20;
};

/// Who stands against load, by two looks at the processes that are @p seconds apart; the busiest first.
std::vector<BusyProcess> findBusy(const Processes &before, const Processes &after, double seconds, const BusyRules &rules);

/// Workers of other users' Seatrial runs among @p processes that load the node.
std::vector<BusyProcess> findOtherRuns(const Processes &processes, const BusyRules &rules);

struct BusyReport {
    std::vector<BusyProcess> busy;
    bool othersHidden = false; ///< /proc is mounted with hidepid: nobody can be seen but ourselves
};

/// Looks for @p windowSeconds, or only a moment if nobody there could count.
BusyReport lookForBusy(const std::filesystem::path &sysroot, double windowSeconds = 0.3,
                       const std::atomic<bool> *stop = nullptr);

/// From now on this process is seen as one that loads the node. Whoever did the same since lookForBusy() is returned.
std::vector<BusyProcess> announceLoad(const std::filesystem::path &sysroot);

/// "pid 812 (python3) of alice uses 187 % of a core", "… of Slurm job 4711 of alice …".
std::string describe(const BusyProcess &busy);

} // namespace seatrial::engine
