// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/check.h"
#include "engine/checks/collective/host_collective.h"
#include "engine/checks/cpu/host_cpu.h"
#include "engine/checks/disk/host_disk.h"
#include "engine/checks/gpu/gpu_arithmetic.h"
#include "engine/checks/gpu/gpu_collective.h"
#include "engine/checks/gpu/gpu_gemm.h"
#include "engine/checks/gpu/gpu_health.h"
#include "engine/checks/gpu/gpu_host_link.h"
#include "engine/checks/gpu/gpu_memory.h"
#include "engine/checks/gpu/gpu_memory_pattern.h"
#include "engine/checks/gpu/gpu_peer.h"
#include "engine/checks/gpu/gpu_topology.h"
#include "engine/checks/gpu/nic_loopback.h"
#include "engine/checks/gpu/xid_watch.h"
#include "engine/checks/health/host_health.h"
#include "engine/checks/memory/host_memory.h"
#include "engine/checks/memory/host_memory_latency.h"
#include "engine/checks/memory/host_memory_numa.h"
#include "engine/checks/memory/host_memory_pattern.h"
#include "engine/checks/net/net_pair.h"

namespace seatrial::engine {

const std::vector<std::unique_ptr<Check>> &allChecks()
{
    static const auto checks = [] {
        std::vector<std::unique_ptr<Check>> all;
        all.push_back(std::make_unique<HostHealth>());
        all.push_back(std::make_unique<HostMemory>());
        all.push_back(std::make_unique<HostMemoryLatency>());
        all.push_back(std::make_unique<HostMemoryNuma>());
        all.push_back(std::make_unique<HostMemoryPattern>());
        all.push_back(std::make_unique<HostCpu>());
        all.push_back(std::make_unique<HostDisk>());
        all.push_back(std::make_unique<NetPair>());
        all.push_back(std::make_unique<HostCollective>());
        all.push_back(std::make_unique<GpuHealth>());
        all.push_back(tiedToXids(std::make_unique<NicLoopback>()));
        all.push_back(std::make_unique<GpuTopology>());
        all.push_back(tiedToXids(std::make_unique<GpuHostLink>()));
        all.push_back(tiedToXids(std::make_unique<GpuMemory>()));
        all.push_back(tiedToXids(std::make_unique<GpuMemoryPattern>()));
        all.push_back(tiedToXids(std::make_unique<GpuPeer>()));
        all.push_back(tiedToXids(std::make_unique<GpuGemm>()));
        all.push_back(tiedToXids(std::make_unique<GpuArithmetic>()));
        all.push_back(tiedToXids(std::make_unique<GpuCollective>()));
        return all;
    }();
    return checks;
}

const Check *findCheck(std::string_view id)
{
    for (const auto &check : allChecks()) {
        if (check->id() == id)
            return check.get();
    }
    return nullptr;
}

} // namespace seatrial::engine
