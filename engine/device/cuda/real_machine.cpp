// SPDX-License-Identifier: Apache-2.0
#include "engine/device/real_machine.h"

#include "core/protocol/version.h"
#include "engine/device/cuda/collective.h"
#include "engine/device/cuda/kernel_image.h"
#include "engine/device/cuda/real_device.h"
#include "engine/device/nvml/nvml_management.h"
#include "engine/device/verbs/verbs_rails.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <new>
#include <optional>
#include <set>

#include <sys/mman.h>
#include <unistd.h>

namespace seatrial::engine {

namespace cuda {
namespace {

constexpr std::size_t kMostSettingsBytes = 1000;

/// NCCL obeys its environment and two files without a word; a figure of it is worth nothing without them.
std::string ncclSettings(const std::filesystem::path &sysroot)
{
    std::string settings;
    for (char **variable = environ; variable != nullptr && *variable != nullptr; ++variable)
        if (std::string_view(*variable).substr(0, 5) == "NCCL_")
            settings += ' ' + printable(*variable);
    std::filesystem::path own = std::getenv("NCCL_CONF_FILE") != nullptr ? std::getenv("NCCL_CONF_FILE") : "";
    if (const char *const home = std::getenv("HOME"); own.empty() && home != nullptr)
        own = std::filesystem::path(home) / ".nccl.conf";
    for (const std::filesystem::path &file : {sysroot / "etc/nccl.conf", own})
        if (const auto text = readText(file, kMostSettingsBytes))
            for (std::string_view line : split(*text, '\n'))
                if (!trimmed(line).empty() && trimmed(line).front() != '#')
                    settings += ' ' + printable(trimmed(line));
    return settings.substr(0, kMostSettingsBytes);
}

/// How far each rank is, where also the processes see it that came by fork() from the one that made the machine: whoever
/// waits for a process that hangs in a collective can tell whom it waits for.
class RankBoard
{
public:
    RankBoard()
    {
        void *const page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        m_page = page != MAP_FAILED ? new (page) Page : nullptr;
    }
    ~RankBoard()
    {
        if (m_page != nullptr)
            ::munmap(m_page, sizeof(Page));
    }
    RankBoard(const RankBoard &) = delete;
    RankBoard &operator=(const RankBoard &) = delete;

    void begin(const std::vector<int> &gpus)
    {
        if (m_page == nullptr)
            return;
        m_page->count = 0;
        const std::size_t count = std::min(gpus.size(), m_page->ranks.size());
        for (std::size_t rank = 0; rank < count; ++rank) {
            m_page->ranks[rank].gpu = gpus[rank];
            m_page->ranks[rank].entered = 0;
        }
        m_page->count = count;
    }

    void entered(std::size_t rank, std::uint64_t number)
    {
        if (m_page != nullptr && rank < m_page->ranks.size())
            m_page->ranks[rank].entered = number;
    }

    std::vector<RankProgress> read() const
    {
        std::vector<RankProgress> all;
        for (std::size_t rank = 0; m_page != nullptr && rank < std::min<std::size_t>(m_page->count, m_page->ranks.size()); ++rank)
            all.push_back({m_page->ranks[rank].gpu, m_page->ranks[rank].entered});
        return all;
    }

private:
    struct Rank {
        std::atomic<int> gpu = 0;
        std::atomic<std::uint64_t> entered = 0;
    };
    struct Page {
        std::atomic<std::size_t> count = 0;
        std::array<Rank, 128> ranks{};
    };
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "other processes look at it");

    Page *m_page = nullptr;
};

/// What drivers and libraries would else do behind our backs, in this process and its children.
void prepareEnvironment()
{
    ::setenv("CUDA_CACHE_DISABLE", "1", 1); // nothing of ours stays on a node
    ::unsetenv("CUDA_LAUNCH_BLOCKING");     // would put the host's time into the GPU's
    ::unsetenv("NVIDIA_TF32_OVERRIDE");     // would make tf32 of fp32, or the other way round
}

class RealMachine final : public Machine
{
public:
    explicit RealMachine(const std::filesystem::path &sysroot)
        : m_sysroot(sysroot)
        , m_management({.library = {}, .sysroot = sysroot, .now = {}})
        , m_rails({.sysroot = sysroot})
    {
        prepareEnvironment();
    }

    bool simulated() const override { return false; }
    std::string provenance() const override;
    std::filesystem::path sysroot() const override { return m_sysroot; }
    Management &management() override { return m_management; }
    Outcome<std::unique_ptr<Device>> open(int gpu) override;
    Outcome<double> allReduce(const std::vector<int> &gpus, std::uint64_t bytes, int times) override;
    std::vector<RankProgress> ranks() const override { return m_ranks.read(); }
    Rails *rails() override { return &m_rails; }
    double now() const override { return monotonicSeconds(); }
    void sleep(double seconds, const std::atomic<bool> *stop) override { sleepUnlessStopped(seconds, stop); }

private:
    Trouble start();
    Outcome<std::shared_ptr<Gpu>> context(int gpu);
    Outcome<CudaDevice> find(int gpu);
    Outcome<Collective *> collective(const std::vector<int> &gpus);

    std::filesystem::path m_sysroot;
    NvmlManagement m_management;
    verbs::VerbsRails m_rails;
    RankBoard m_ranks;
    std::optional<Driver> m_driver;
    std::map<int, std::weak_ptr<Gpu>> m_contexts; ///< by the number of the GPU
    std::unique_ptr<Collective> m_collective;
    std::set<std::string> m_used; ///< libraries and kernels, for provenance
};

std::string RealMachine::provenance() const
{
    std::string text = std::string("seatrial-engine ") + protocol::kProgramVersion;
    if (const auto kernel = readLine(m_sysroot / "sys/module/nvidia/version"))
        text += ", NVIDIA driver " + *kernel;
    if (m_driver)
        text += ", CUDA " + cudaVersionText(m_driver->version) + " (" + m_driver->library + ')';
    for (const std::string &used : m_used)
        text += ", " + used;
    return text;
}

Trouble RealMachine::start()
{
    if (m_driver)
        return {};
    Outcome<Driver> driver = openDriver(m_sysroot);
    if (!driver)
        return driver.problem();
    if (!hasKernels())
        return DeviceProblem{DeviceTrouble::NotSupported, "this engine was built without CUDA kernels; one built where nvcc is installed has them"};
    m_driver = std::move(*driver);
    return {};
}

/// GPUs count as NVML counts them. CUDA may see fewer; without NVML its own order, by address, is the same.
Outcome<CudaDevice> RealMachine::find(int gpu)
{
    const std::vector<CudaDevice> &devices = m_driver->devices;
    const Outcome<int> count = m_management.count();
    if (!count) {
        if (gpu >= 0 && gpu < static_cast<int>(devices.size()))
            return devices[static_cast<std::size_t>(gpu)];
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no GPU " + std::to_string(gpu) + ": CUDA knows of " + std::to_string(devices.size())};
    }
    if (gpu < 0 || gpu >= *count)
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no GPU " + std::to_string(gpu) + ": NVML knows of " + std::to_string(*count)};
    const Outcome<protocol::Part> part = m_management.identity(gpu);
    if (!part)
        return part.problem();
    const auto address = part->attributes.find("pci_address");
    const std::string wanted = address != part->attributes.end() ? sysfsPciAddress(address->second) : std::string();
    const auto device = std::find_if(devices.begin(), devices.end(), [&](const CudaDevice &known) { return known.pciAddress == wanted; });
    if (device != devices.end())
        return *device;
    const char *const visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return DeviceProblem{visible != nullptr ? DeviceTrouble::NotPermitted : DeviceTrouble::NotPresent,
                         "NVML knows GPU " + std::to_string(gpu) + " (" + wanted + "), but CUDA does not show it"
                             + (visible != nullptr ? ": CUDA_VISIBLE_DEVICES is \"" + printable(visible) + '"' : std::string())};
}

Outcome<std::shared_ptr<Gpu>> RealMachine::context(int gpu)
{
    if (Trouble trouble = start())
        return *trouble;
    if (std::shared_ptr<Gpu> open = m_contexts[gpu].lock())
        return open;
    const Outcome<CudaDevice> device = find(gpu);
    if (!device)
        return device.problem();
    Outcome<std::shared_ptr<Gpu>> opened = Gpu::open(*m_driver, *device, gpu, m_sysroot);
    if (opened) {
        m_contexts[gpu] = *opened;
        m_used.insert(std::string("kernels from ") + (*opened)->kernelSource());
    }
    return opened;
}

Outcome<std::unique_ptr<Device>> RealMachine::open(int gpu)
{
    const Outcome<std::shared_ptr<Gpu>> opened = context(gpu);
    if (!opened)
        return opened.problem();
    return std::unique_ptr<Device>(std::make_unique<RealDevice>(*opened, [this](const std::string &used) { m_used.insert(used); }));
}

Outcome<Collective *> RealMachine::collective(const std::vector<int> &gpus)
{
    if (m_collective && !m_collective->broken() && m_collective->isOf(gpus))
        return m_collective.get();
    m_collective.reset();
    std::vector<std::shared_ptr<Gpu>> contexts;
    for (int gpu : gpus) {
        Outcome<std::shared_ptr<Gpu>> opened = context(gpu);
        if (!opened)
            return opened.problem();
        contexts.push_back(std::move(*opened));
    }
    CollectiveOptions options;
    options.progress = [this](std::size_t rank, std::uint64_t number) { m_ranks.entered(rank, number); };
    Outcome<std::unique_ptr<Collective>> opened = Collective::open(std::move(contexts), std::move(options));
    if (!opened)
        return opened.problem();
    m_collective = std::move(*opened);
    const std::string settings = ncclSettings(m_sysroot);
    m_used.insert(m_collective->version() + (settings.empty() ? "" : " with" + settings));
    return m_collective.get();
}

Outcome<double> RealMachine::allReduce(const std::vector<int> &gpus, std::uint64_t bytes, int times)
{
    if (std::set<int>(gpus.begin(), gpus.end()).size() != gpus.size() || gpus.empty())
        return DeviceProblem{DeviceTrouble::NotSupported, "an all-reduce needs GPUs, each once"};
    m_ranks.begin(gpus);
    const Outcome<Collective *> among = collective(gpus);
    if (!among)
        return among.problem();
    return (*among)->allReduce(bytes, times);
}

} // namespace
} // namespace cuda

std::unique_ptr<Machine> realMachine(const std::filesystem::path &sysroot)
{
    return std::make_unique<cuda::RealMachine>(sysroot);
}

} // namespace seatrial::engine
