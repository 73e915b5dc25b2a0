// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/host_tree.h"

#include "engine/simulate/noise.h"

#include <array>
#include <cstdio>

#include <time.h>

namespace seatrial::engine::simulate {

namespace {

namespace fs = std::filesystem;

constexpr int numaNodesOfGpu = 8; ///< of a GPU whose memory the processor shares: one a part that it can be split into

/// The host that is usual for such GPUs.
struct Host {
    const char *vendor;
    const char *processor;
    const char *board;
    int cores;   ///< of the node
    int threads; ///< of a core
    std::uint64_t memoryGibibytes;
};

Host hostOf(const Profile &profile)
{
    if (profile.sku->isCoherent())
        return {"ARM", "Neoverse-V2", "GB200 NVL72 compute tray", 144, 1, 960};
    if (profile.sku->pcieGeneration < 5)
        return {"AuthenticAMD", "AMD EPYC 7742 64-Core Processor", "HGX A100 8-GPU server", 128, 1, 2048};
    return {"GenuineIntel", "Intel(R) Xeon(R) Platinum 8480C", "HGX 8-GPU server", 112, 2, 2048};
}

int coresOfNuma(const Profile &profile)
{
    return std::max(1, hostOf(profile).cores / profile.numaNodes);
}

std::string range(int first, int count)
{
    return std::to_string(first) + '-' + std::to_string(first + count - 1);
}

void writeCpus(const Profile &profile, TreeWriter &writer)
{
    const Host host = hostOf(profile);
    const int cores = coresOfNuma(profile) * profile.numaNodes, processors = cores * host.threads;
    std::string cpuinfo;
    for (int cpu = 0; cpu < processors; ++cpu) {
        const int socket = cpu % cores * profile.numaNodes / cores;
        cpuinfo += "processor\t: " + std::to_string(cpu) + "\nvendor_id\t: " + host.vendor + "\nmodel name\t: " + host.processor
            + "\nmicrocode\t: 0x2b000603\nphysical id\t: " + std::to_string(socket) + "\ncore id\t\t: " + std::to_string(cpu % cores) + "\n\n";
    }
    writer.file("proc/cpuinfo", cpuinfo);
    const std::string all = range(0, processors);
    for (const char *list : {"online", "possible", "present"})
        writer.line(fs::path("sys/devices/system/cpu") / list, all);
}

void writeMemory(const Profile &profile, TreeWriter &writer)
{
    const std::uint64_t kibibytes = hostOf(profile).memoryGibibytes << 20;
    const auto meminfo = [](const std::string &head, std::uint64_t total) {
        return head + "MemTotal:       " + std::to_string(total) + " kB\n" + head + "MemFree:        " + std::to_string(total / 10 * 9) + " kB\n";
    };
    writer.file("proc/meminfo", meminfo("", kibibytes) + "MemAvailable:   " + std::to_string(kibibytes / 10 * 9) + " kB\n");
    const fs::path nodes = "sys/devices/system/node";
    const int all = profile.numaNodes + (profile.sku->isCoherent() ? profile.gpus * numaNodesOfGpu : 0);
    const std::string processors = profile.numaNodes > 1 ? range(0, profile.numaNodes) : std::string("0");
    for (const char *list : {"online", "possible"})
        writer.line(nodes / list, all > 1 ? range(0, all) : std::string("0"));
    std::string withMemory = processors;
    for (int gpu = 0; gpu < profile.gpus && profile.sku->isCoherent(); ++gpu)
        withMemory += ',' + std::to_string(numaOfMemory(profile, gpu));
    for (const char *list : {"has_cpu", "has_normal_memory"})
        writer.line(nodes / list, processors);
    writer.line(nodes / "has_memory", withMemory);
    for (int node = profile.numaNodes; node < all; ++node) { // the memory of a GPU, and numbers that are set aside for parts of it
        const auto folder = nodes / ("node" + std::to_string(node));
        const bool used = (node - profile.numaNodes) % numaNodesOfGpu == 0;
        writer.line(folder / "cpulist", "");
        writer.file(folder / "meminfo", meminfo("Node " + std::to_string(node) + ' ', used ? profile.sku->memoryMebibytes << 10 : 0));
    }
    for (int node = 0; node < profile.numaNodes; ++node) {
        const auto folder = nodes / ("node" + std::to_string(node));
        std::string distances;
        for (int other = 0; other < profile.numaNodes; ++other)
            distances += (other ? " " : "") + std::string(other == node ? "10" : "21");
        writer.line(folder / "cpulist", cpuListOf(profile, node));
        writer.line(folder / "distance", distances);
        writer.file(folder / "meminfo", meminfo("Node " + std::to_string(node) + ' ', kibibytes / std::uint64_t(profile.numaNodes)));
    }
}

/// The kernel log of a driver that has just found its GPUs; what happens to them later is added.
void writeKernelLog(const Profile &profile, TreeWriter &writer)
{
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const auto line = [microseconds = now.tv_sec * 1'000'000LL, number = 900](const std::string &text) mutable {
        return "6," + std::to_string(number++) + ',' + std::to_string(microseconds) + ",-;" + text + '\n';
    };
    auto say = line;
    std::string log = say("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build");
    for (int gpu = 0; gpu < profile.gpus; ++gpu)
        log += say("nvidia " + profile.gpuAddress(gpu) + ": enabling device (0140 -> 0142)");
    writer.file("dev/kmsg", log);
}

void writeIdentity(const Profile &profile, TreeWriter &writer)
{
    const Host host = hostOf(profile);
    std::array<char, 24> serial{};
    std::snprintf(serial.data(), serial.size(), "SIM%09llu", static_cast<unsigned long long>(scramble({profile.seed, 0xb0a2d}) % 1'000'000'000));
    const fs::path dmi = "sys/class/dmi/id";
    writer.line(dmi / "sys_vendor", "Simulated");
    writer.line(dmi / "product_name", host.board);
    writer.line(dmi / "product_serial", serial.data());
    writer.line(dmi / "board_vendor", "Simulated");
    writer.line(dmi / "board_name", host.board);
    writer.line(dmi / "board_serial", serial.data());
    writer.line(dmi / "bios_vendor", "Simulated");
    writer.line(dmi / "bios_version", "1.0");
    writer.line(dmi / "bios_date", "01/01/2025");
    writer.line("proc/sys/kernel/osrelease", "6.8.0-simulated");
    writer.line("proc/version", "Linux version 6.8.0-simulated");
    writer.line("proc/uptime", "86400.00 86400.00");
    writer.line("proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-6.8.0-simulated");
    writer.line("proc/loadavg", "0.00 0.00 0.00 1/1000 4242");
    writer.file("proc/driver/nvidia/version",
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\nGCC version:  gcc version 12.3.0\n");
    writer.file("etc/os-release", "NAME=\"Simulated\"\nPRETTY_NAME=\"Simulated Linux\"\nVERSION_ID=\"1\"\n");
}

} // namespace

std::string cpuListOf(const Profile &profile, int numa)
{
    const Host host = hostOf(profile);
    const int cores = coresOfNuma(profile);
    std::string list = range(numa * cores, cores);
    for (int thread = 1; thread < host.threads; ++thread)
        list += ',' + range(thread * cores * profile.numaNodes + numa * cores, cores);
    return list;
}

int numaOfMemory(const Profile &profile, int gpu)
{
    return profile.sku->isCoherent() ? profile.numaNodes + gpu * numaNodesOfGpu : -1;
}

std::string memoryNear(const Profile &profile, int gpu)
{
    const int numa = profile.numaOfGpu(gpu);
    std::string list = std::to_string(numa);
    for (int other = 0; other < profile.gpus && profile.sku->isCoherent(); ++other) {
        if (profile.numaOfGpu(other) == numa)
            list += ',' + range(numaOfMemory(profile, other) + 1, numaNodesOfGpu - 1);
    }
    return list;
}

void writeHostTree(const Model &model, TreeWriter &writer)
{
    const Profile &profile = model.profile();
    writeCpus(profile, writer);
    writeMemory(profile, writer);
    writeKernelLog(profile, writer);
    writeIdentity(profile, writer);
}

} // namespace seatrial::engine::simulate
