// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/collective.h"

#include "engine/device/cuda/dynamic_library.h"
#include "engine/device/cuda/kernel_words.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

namespace seatrial::engine::cuda {

namespace {

constexpr int kWarmUps = 2; ///< they also keep the GPUs busy while the first that count are handed over
constexpr double kAbortSeconds = 10;
constexpr double kLookEverySeconds = 200e-6;
constexpr double kLookCloselySeconds = 2e-3;
constexpr std::uint64_t kAddendSeed = 0x5EA7A1A1C0113C71ull;

std::string versionText(int version)
{
    // 2.8 and before had one digit less for the minor number; those are too old for us anyway.
    return std::to_string(version / 10000) + '.' + std::to_string(version / 100 % 100) + '.' + std::to_string(version % 100);
}

} // namespace

struct Collective::Rank {
    std::shared_ptr<Gpu> gpu;
    NcclComm comm = nullptr;
    std::unique_ptr<DeviceMemory> send, receive;
    std::vector<CuEvent> events; ///< before the first all-reduce that counts, and behind each
    std::size_t passed = 0;      ///< events that lie behind it
};

Collective::Collective(std::vector<std::shared_ptr<Gpu>> gpus, CollectiveOptions options)
    : m_options(std::move(options))
{
    for (std::shared_ptr<Gpu> &gpu : gpus) {
        m_ranks.emplace_back();
        m_ranks.back().gpu = std::move(gpu);
    }
}

Collective::~Collective()
{
    if (!m_broken)
        abandon();
    for (Rank &rank : m_ranks) {
        if (m_broken) { // its kernels may still run
            keepForEver(std::move(rank.send));
            keepForEver(std::move(rank.receive));
        }
        if (rank.gpu->dead())
            continue;
        rank.gpu->api().setContext(rank.gpu->context());
        for (CuEvent event : rank.events)
            rank.gpu->api().destroyEvent(event);
    }
}

/// Takes the communicators down. That blocks until their kernels have ended, which in a hang may be never.
void Collective::abandon()
{
    std::vector<NcclComm> comms;
    for (Rank &rank : m_ranks)
        if (rank.comm != nullptr)
            comms.push_back(std::exchange(rank.comm, nullptr));
    if (comms.empty())
        return;
    const auto left = std::make_shared<std::atomic<std::size_t>>(comms.size());
    // One thread each: the first must not wait in the driver for one that is taken down behind it.
    for (NcclComm comm : comms)
        std::thread([abort = m_api.abort, comm, left] {
            abort(comm);
            --*left;
        }).detach();
    const Deadline deadline = Deadline::after(kAbortSeconds);
    while (*left > 0 && !deadline.passed())
        sleepUnlessStopped(kLookEverySeconds, nullptr);
    if (*left > 0)
        m_broken = true;
}

bool Collective::isOf(const std::vector<int> &gpus) const
{
    return std::equal(gpus.begin(), gpus.end(), m_ranks.begin(), m_ranks.end(),
                      [](int gpu, const Rank &rank) { return rank.gpu->facts().index == gpu; });
}

Outcome<std::unique_ptr<Collective>> Collective::open(std::vector<std::shared_ptr<Gpu>> gpus, CollectiveOptions options)
{
    std::unique_ptr<Collective> collective(new Collective(std::move(gpus), std::move(options)));
    if (Trouble trouble = collective->loadLibrary())
        return *trouble;
    if (Trouble trouble = collective->connect())
        return *trouble;
    return collective;
}

Trouble Collective::loadLibrary()
{
    const DynamicLibrary library = DynamicLibrary::open("SEATRIAL_NCCL", withToolkitFolders({"libnccl.so.2"}));
    if (!library.isOpen())
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no NCCL: " + library.problem()};
#define SEATRIAL_FIND(member, symbol, parameters)                                                                                           \
    if (!library.find(m_api.member, symbol))                                                                                                \
        return DeviceProblem{DeviceTrouble::NotSupported, library.name() + " lacks " + symbol + "; NCCL 2.14 or later is needed"};
    SEATRIAL_NCCL_FUNCTIONS(SEATRIAL_FIND)
#undef SEATRIAL_FIND
    library.find(m_api.errorString, "ncclGetErrorString");
    library.find(m_api.lastError, "ncclGetLastError");
    int version = 0;
    m_api.version(&version);
    m_version = "NCCL " + versionText(version) + " (" + library.name() + ')';
    return {};
}

DeviceProblem Collective::problem(DeviceTrouble trouble, const std::string &text) const
{
    std::vector<int> gpus;
    for (const Rank &rank : m_ranks)
        gpus.push_back(rank.gpu->facts().index);
    return {trouble, m_version + " over GPUs " + cpuListText(gpus) + ": " + text};
}

Trouble Collective::failed(NcclResult result, const std::string &stage)
{
    if (result == kNcclSuccess || result == kNcclInProgress)
        return {};
    const char *const name = m_api.errorString != nullptr ? m_api.errorString(result) : nullptr;
    const char *const more = m_api.lastError != nullptr ? m_api.lastError(nullptr) : nullptr;
    std::string text = stage + ": " + printable(name != nullptr ? name : "error") + " (" + std::to_string(result) + ')';
    if (more != nullptr && *more != '\0')
        text += ", " + printable(std::string(more).substr(0, 500));
    DeviceTrouble trouble = DeviceTrouble::Broken;
    // Behind an error of CUDA may be a GPU that is lost: each is asked.
    for (const Rank &rank : m_ranks)
        if (const Trouble own = rank.gpu->ask()) {
            trouble = own->trouble;
            text += "; " + own->text;
        }
    abandon();
    m_broken = true;
    return problem(trouble, text);
}

Trouble Collective::connect()
{
    const std::string stage = "connecting the ranks";
    const Deadline deadline = Deadline::after(m_options.connectSeconds);
    NcclId id{};
    if (Trouble trouble = failed(m_api.uniqueId(&id), stage))
        return trouble;
    if (Trouble trouble = failed(m_api.groupStart(), stage))
        return trouble;
    NcclConfig config;
    NcclResult begun = kNcclSuccess;
    Trouble lost;
    for (std::size_t rank = 0; rank < m_ranks.size() && begun == kNcclSuccess && !lost; ++rank) {
        lost = m_ranks[rank].gpu->enter();
        if (!lost)
            begun = m_api.initRank(&m_ranks[rank].comm, static_cast<int>(m_ranks.size()), id, static_cast<int>(rank), &config);
        if (begun == kNcclInProgress)
            begun = kNcclSuccess;
    }
    // What was begun in the group has to be let go before anything can be taken down.
    const NcclResult ended = m_api.groupEnd();
    if (lost) {
        abandon();
        m_broken = true;
        return lost;
    }
    if (Trouble trouble = failed(begun != kNcclSuccess ? begun : ended, stage))
        return trouble;
    return settle(deadline, stage);
}

/// Until no communicator is at work on what it was last told.
Trouble Collective::settle(const Deadline &deadline, const std::string &stage)
{
    const double begun = monotonicSeconds();
    for (;;) {
        bool busy = false;
        for (const Rank &rank : m_ranks) {
            NcclResult state = kNcclSuccess;
            if (Trouble trouble = failed(m_api.asyncError(rank.comm, &state), stage))
                return trouble;
            if (Trouble trouble = failed(state, stage + ", rank of GPU " + std::to_string(rank.gpu->facts().index)))
                return trouble;
            busy = busy || state == kNcclInProgress;
        }
        if (!busy)
            return {};
        if (deadline.passed()) {
            std::vector<int> behind;
            for (const Rank &rank : m_ranks)
                if (NcclResult state = kNcclSuccess; m_api.asyncError(rank.comm, &state) == kNcclSuccess && state == kNcclInProgress)
                    behind.push_back(rank.gpu->facts().index);
            abandon();
            m_broken = true;
            return problem(DeviceTrouble::Broken, stage + " did not end in time; still at it: the ranks of GPUs " + cpuListText(behind));
        }
        // Handing over work takes microseconds, and while it lasts the GPUs may run dry.
        if (begun + kLookCloselySeconds < monotonicSeconds())
            sleepUnlessStopped(kLookEverySeconds, nullptr);
    }
}

Outcome<double> Collective::allReduce(std::uint64_t bytes, int times)
{
    const std::uint64_t count = bytes / sizeof(float);
    if (m_broken || count == 0 || times <= 0)
        return problem(DeviceTrouble::NotSupported, m_broken ? "an earlier all-reduce failed" : "there is nothing to add up");
    if (Trouble trouble = takeMemory(count * sizeof(float)))
        return *trouble;
    const Deadline deadline
        = Deadline::after(m_options.idleSeconds + static_cast<double>(bytes) * (times + kWarmUps) / m_options.slowestBytesPerSecond);
    if (Trouble trouble = enqueue(count, times))
        return *trouble;
    if (Trouble trouble = awaitAll(deadline, static_cast<std::size_t>(times) + 1))
        return *trouble;
    if (Trouble trouble = compare(count))
        return *trouble;
    return median(times);
}

Trouble Collective::takeMemory(std::uint64_t bytes)
{
    for (std::size_t number = 0; number < m_ranks.size(); ++number) {
        Rank &rank = m_ranks[number];
        if (rank.send && rank.send->bytes() == bytes)
            continue;
        rank.send.reset();
        rank.receive.reset();
        for (std::unique_ptr<DeviceMemory> *memory : {&rank.send, &rank.receive}) {
            Outcome<std::unique_ptr<DeviceMemory>> taken = CudaMemory::allocate(rank.gpu, bytes, MemoryPlace::Device);
            if (!taken)
                return taken.problem();
            *memory = std::move(*taken);
        }
        const SumWork work{static_cast<const CudaMemory &>(*rank.send).address(), bytes / sizeof(float), kAddendSeed, number, 0};
        if (Trouble trouble = rank.gpu->launch(Kernel::Addends, &work))
            return trouble;
        if (Trouble trouble = rank.gpu->wait())
            return trouble;
    }
    return {};
}

/// All at once, so that between two of them the GPUs wait for nobody.
Trouble Collective::enqueue(std::uint64_t count, int times)
{
    for (Rank &rank : m_ranks) {
        rank.passed = 0;
        if (Trouble trouble = rank.gpu->enter())
            return trouble;
        while (rank.events.size() < static_cast<std::size_t>(times) + 1) {
            CuEvent event = nullptr;
            if (Trouble trouble = rank.gpu->failed(rank.gpu->api().createEvent(&event, 0), "cuEventCreate"))
                return trouble;
            rank.events.push_back(event);
        }
    }
    for (int i = 0; i < kWarmUps; ++i)
        if (Trouble trouble = reduceOnce(count))
            return trouble;
    for (int i = 0; i <= times; ++i) {
        if (i > 0)
            if (Trouble trouble = reduceOnce(count))
                return trouble;
        if (Trouble trouble = mark(static_cast<std::size_t>(i)))
            return trouble;
    }
    return {};
}

Trouble Collective::reduceOnce(std::uint64_t count)
{
    const std::string stage = "handing over an all-reduce of " + std::to_string(count * sizeof(float)) + " bytes";
    if (Trouble trouble = failed(m_api.groupStart(), stage))
        return trouble;
    NcclResult result = kNcclSuccess;
    for (const Rank &rank : m_ranks) {
        rank.gpu->api().setContext(rank.gpu->context());
        const auto &send = static_cast<const CudaMemory &>(*rank.send);
        const auto &receive = static_cast<const CudaMemory &>(*rank.receive);
        const NcclResult own = m_api.allReduce(reinterpret_cast<const void *>(send.address()), reinterpret_cast<void *>(receive.address()), count,
                                               kNcclFloat, kNcclSum, rank.comm, rank.gpu->stream());
        if (own != kNcclSuccess && own != kNcclInProgress && result == kNcclSuccess)
            result = own;
    }
    const NcclResult ended = m_api.groupEnd();
    if (Trouble trouble = failed(result != kNcclSuccess ? result : ended, stage))
        return trouble;
    // Only when it is in the streams may an event follow it.
    return ended == kNcclInProgress ? settle(Deadline::after(m_options.idleSeconds), stage) : Trouble();
}

Trouble Collective::mark(std::size_t event)
{
    for (const Rank &rank : m_ranks) {
        if (Trouble trouble = rank.gpu->enter())
            return trouble;
        if (Trouble trouble = rank.gpu->failed(rank.gpu->api().recordEvent(rank.events[event], rank.gpu->stream()), "cuEventRecord"))
            return trouble;
    }
    return {};
}

Trouble Collective::awaitAll(const Deadline &deadline, std::size_t events)
{
    const std::string stage = "all-reduce";
    for (;;) {
        bool all = true;
        for (std::size_t number = 0; number < m_ranks.size(); ++number) {
            Rank &rank = m_ranks[number];
            const CudaApi &api = rank.gpu->api();
            for (CuResult result = kSuccess; rank.passed < events; ++rank.passed) {
                result = api.queryEvent(rank.events[rank.passed]);
                if (result == kNotReady)
                    break;
                if (Trouble trouble = rank.gpu->failed(result, "ncclAllReduce")) {
                    abandon();
                    m_broken = true;
                    return trouble;
                }
                m_options.progress(number, rank.passed + 1);
            }
            all = all && rank.passed == events;
            NcclResult state = kNcclSuccess;
            if (Trouble trouble = failed(m_api.asyncError(rank.comm, &state), stage))
                return trouble;
            if (Trouble trouble = failed(state, stage + ", rank of GPU " + std::to_string(rank.gpu->facts().index)))
                return trouble;
        }
        if (all)
            return {};
        if (deadline.passed())
            break;
        sleepUnlessStopped(kLookEverySeconds, nullptr);
    }
    std::string progress;
    for (const Rank &rank : m_ranks)
        progress += (progress.empty() ? "GPU " : ", GPU ") + std::to_string(rank.gpu->facts().index) + ": " + std::to_string(rank.passed);
    const auto least = std::min_element(m_ranks.begin(), m_ranks.end(), [](const Rank &a, const Rank &b) { return a.passed < b.passed; });
    const bool same = std::all_of(m_ranks.begin(), m_ranks.end(), [&](const Rank &rank) { return rank.passed == least->passed; });
    abandon();
    m_broken = true;
    return problem(DeviceTrouble::Broken, "the all-reduce hangs; all-reduces that each rank began, of " + std::to_string(events - 1) + ": " + progress
                       + (same ? std::string() : "; GPU " + std::to_string(least->gpu->facts().index) + " is behind"));
}

Outcome<double> Collective::median(int times) const
{
    std::vector<double> seconds(static_cast<std::size_t>(times), 0);
    for (const Rank &rank : m_ranks)
        for (std::size_t i = 0; i < seconds.size(); ++i) {
            float milliseconds = 0;
            if (Trouble trouble = rank.gpu->enter())
                return *trouble;
            if (Trouble trouble = rank.gpu->failed(rank.gpu->api().elapsed(&milliseconds, rank.events[i], rank.events[i + 1]), "cuEventElapsedTime"))
                return *trouble;
            seconds[i] = std::max(seconds[i], milliseconds / 1e3);
        }
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    if (seconds.size() % 2 != 0)
        return *middle;
    return (*middle + *std::max_element(seconds.begin(), middle)) / 2;
}

Trouble Collective::compare(std::uint64_t count)
{
    for (const Rank &rank : m_ranks) {
        std::uint64_t wrong = 0;
        if (Trouble trouble = rank.gpu->enter())
            return trouble;
        if (Trouble trouble = rank.gpu->clearScratch(sizeof(wrong)))
            return trouble;
        const SumWork work{static_cast<const CudaMemory &>(*rank.receive).address(), count, kAddendSeed, m_ranks.size(), rank.gpu->scratch()};
        if (Trouble trouble = rank.gpu->launch(Kernel::SumCheck, &work))
            return trouble;
        if (Trouble trouble = rank.gpu->readScratch(&wrong, sizeof(wrong)))
            return trouble;
        if (wrong != 0)
            return problem(DeviceTrouble::Broken, "the sum that GPU " + std::to_string(rank.gpu->facts().index) + " got is wrong in "
                               + std::to_string(wrong) + " of " + std::to_string(count) + " numbers");
    }
    return {};
}

} // namespace seatrial::engine::cuda
