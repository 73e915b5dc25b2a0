// SPDX-License-Identifier: Apache-2.0
#include "engine/device/nvml/nvml_management.h"

#include "engine/device/nvml/reader.h"
#include "engine/device/recorded.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cmath>

#include <time.h>

namespace seatrial::engine {

namespace {

using namespace nvml;

constexpr unsigned mostGpus = 64;
constexpr unsigned mostProcesses = 256;
constexpr int mostEvents = 1000; ///< of one call
constexpr unsigned noValue = 0xffffffffU;

double monotonicSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

std::string systemText(const Function<Result(char *, unsigned)> &function)
{
    char text[96] = {};
    return function(text, sizeof text - 1) == result::success ? printable(text) : std::string();
}

/// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  …" → "590.48.01"; also of the open modules.
std::string kernelDriverVersion(const std::filesystem::path &sysroot)
{
    const auto line = readLine(sysroot / "proc/driver/nvidia/version");
    if (!line)
        return {};
    for (const auto word : words(*line)) {
        if (!word.empty() && word.find_first_not_of("0123456789.") == word.npos && word.find('.') != word.npos)
            return std::string(word);
    }
    return {};
}

/// In words, because "Driver/library version mismatch" alone has cost many an hour.
std::string whyNoInit(const Library &library, Result outcome, const std::filesystem::path &sysroot)
{
    const std::string kernel = kernelDriverVersion(sysroot);
    const std::string said = " (" + library.describe(library.init.name(), outcome) + ")";
    if (outcome == result::versionMismatch) {
        const std::string version = systemText(library.libraryVersion);
        return "the driver in the kernel" + (kernel.empty() ? "" : ", " + kernel + ",") + " and the driver's library"
            + (version.empty() ? "" : ", NVML " + version + ",") + " are of different releases: the driver was updated while it was loaded; reboot, or unload and load "
            "its modules" + said;
    }
    if (outcome == result::driverNotLoaded)
        return "the driver's library is installed, but no NVIDIA driver is loaded into the kernel, or it found no GPU it could start" + said;
    if (outcome == result::noPermission || outcome == result::operatingSystem)
        return "the NVIDIA driver is there, but this user may not open its devices (/dev/nvidiactl)" + said;
    return "the NVIDIA driver" + (kernel.empty() ? "" : " " + kernel) + " could not be asked" + said;
}

} // namespace

struct NvmlManagement::State {
    explicit State(NvmlOptions chosen) : options(std::move(chosen))
    {
        if (options.library.empty()) {
            refusal = notOfThisMachine(options.sysroot, "SEATRIAL_NVML");
            options.library = Library::usualFile();
        }
        if (!options.now)
            options.now = monotonicSeconds;
    }

    /// Opens the library once; what it said then stays true for this process.
    const Outcome<int> &open();
    Outcome<Gpu> gpu(int index);
    void listen();
    GpuEvent eventOf(const EventData &data) const;
    void addProcesses(const Gpu &gpu, const Function<Result(DeviceHandle, unsigned *, ProcessInfo *)> &list, std::vector<GpuProcess> &all, DeviceProblem &problem,
                      bool &answered) const;
    std::string nameOf(unsigned pid) const;

    NvmlOptions options;
    std::optional<DeviceProblem> refusal; ///< why the library is not even opened
    std::unique_ptr<Library> library;
    std::atomic<const Library *> shown = nullptr; ///< for doing(), which any thread may ask
    std::optional<Outcome<int>> opened;
    std::vector<Outcome<DeviceHandle>> handles;
    EventSet eventSet = nullptr;
    bool listening = false;
    std::atomic<bool> powerByField = true; ///< until the driver says that it has no such field
};

const Outcome<int> &NvmlManagement::State::open()
{
    if (opened)
        return *opened;
    if (refusal)
        return opened.emplace(*refusal);
    auto loaded = Library::open(options.library);
    if (!loaded)
        return opened.emplace(loaded.problem());
    library = std::move(*loaded);
    shown = library.get();
    if (const Result outcome = library->init(); outcome != result::success) {
        const DeviceTrouble trouble = outcome == result::functionNotFound ? DeviceTrouble::NotPresent : Library::troubleOf(outcome);
        return opened.emplace(DeviceProblem{trouble, whyNoInit(*library, outcome, options.sysroot)});
    }
    unsigned count = 0;
    if (const Result outcome = library->count(&count); outcome != result::success)
        return opened.emplace(library->problem(library->count.name(), outcome));
    count = std::min(count, mostGpus);
    for (unsigned index = 0; index < count; ++index) {
        DeviceHandle handle = nullptr;
        const Result outcome = library->handle(index, &handle);
        if (outcome == result::success)
            handles.emplace_back(handle);
        else
            handles.emplace_back(library->problem(library->handle.name(), outcome));
    }
    return opened.emplace(int(count));
}

Outcome<Gpu> NvmlManagement::State::gpu(int index)
{
    const auto &count = open();
    if (!count)
        return count.problem();
    if (index < 0 || index >= *count)
        return DeviceProblem{DeviceTrouble::NotPresent, "the driver knows no GPU " + std::to_string(index) + ": it counts " + std::to_string(*count)};
    const auto &handle = handles[std::size_t(index)];
    if (!handle)
        return DeviceProblem{handle.problem().trouble, "GPU " + std::to_string(index) + ": " + handle.problem().text};
    return Gpu{*library, *handle, index};
}

NvmlManagement::NvmlManagement(NvmlOptions options) : m_state(std::make_unique<State>(std::move(options))) {}

NvmlManagement::~NvmlManagement()
{
    if (!doing().empty()) {
        // Somebody is still in a call that does not come back: to end the library would wait for it, and what it uses must stay.
        static_cast<void>(m_state.release());
        return;
    }
    if (!m_state->library || !m_state->opened || !*m_state->opened)
        return;
    if (m_state->eventSet)
        m_state->library->eventSetFree(m_state->eventSet);
    m_state->library->shutdown();
}

Outcome<int> NvmlManagement::count()
{
    return m_state->open();
}

std::string NvmlManagement::doing() const
{
    const Library *const library = m_state->shown;
    return library ? library->running() : std::string();
}

protocol::Parameters NvmlManagement::versions()
{
    protocol::Parameters versions;
    if (!m_state->open())
        return versions;
    const Library &library = *m_state->library;
    const auto put = [&](const char *name, std::string value) {
        if (!value.empty())
            versions[name] = std::move(value);
    };
    put("driver", systemText(library.driverVersion));
    put("nvml", systemText(library.libraryVersion));
    int cuda = 0;
    if (library.cudaVersion(&cuda) == result::success)
        versions["cuda"] = std::to_string(cuda / 1000) + "." + std::to_string(cuda % 1000 / 10);
    return versions;
}

Outcome<protocol::Part> NvmlManagement::identity(int index)
{
    const auto gpu = m_state->gpu(index);
    if (!gpu)
        return gpu.problem();
    char uuid[96] = {};
    if (const Result outcome = gpu->library.uuid(gpu->handle, uuid, sizeof uuid - 1); outcome == result::gpuIsLost)
        return gpu->library.problem(gpu->library.uuid.name(), outcome);
    return readIdentity(*gpu, versions());
}

std::vector<Reading> NvmlManagement::readings(int index)
{
    const auto gpu = m_state->gpu(index);
    if (gpu)
        return readHealth(*gpu);
    Reading none;
    none.metric = "gpu";
    none.subject = "gpu/" + std::to_string(index);
    none.text = gpu.problem().text;
    none.absent = gpu.problem().trouble;
    return {none};
}

Outcome<TelemetrySample> NvmlManagement::sample(int index)
{
    const auto gpu = m_state->gpu(index);
    if (!gpu)
        return gpu.problem();
    const Library &library = gpu->library;
    constexpr unsigned core = 0, memoryClock = 2;
    TelemetrySample sample;
    Result outcome = result::success;
    const auto number = [&](std::optional<double> &value, const auto &function, auto... arguments) {
        unsigned read = 0;
        outcome = function(gpu->handle, arguments..., &read);
        if (outcome == result::success)
            value = read;
        return outcome != result::gpuIsLost;
    };
    if (!number(sample.coreClockMhz, library.clock, core))
        return library.problem(library.clock.name(), outcome);
    number(sample.memoryClockMhz, library.clock, memoryClock);
    number(sample.temperatureCelsius, library.temperature, 0U);
    unsigned long long reasons = 0;
    if (library.clockEventReasons(gpu->handle, &reasons) == result::success)
        sample.clockEventReasons = reasons;

    constexpr unsigned memoryTemperature = 82, instantPower = 186;
    FieldValue fields[2] = {};
    fields[0].fieldId = memoryTemperature;
    fields[1].fieldId = instantPower;
    const bool byField = m_state->powerByField;
    if (library.fieldValues(gpu->handle, byField ? 2 : 1, fields) == result::success) {
        sample.memoryTemperatureCelsius = numberOf(fields[0]);
        if (const auto milliwatts = byField ? numberOf(fields[1]) : std::nullopt)
            sample.powerWatts = *milliwatts / 1000;
    }
    if (!sample.powerWatts) { // what it was over the last second, on most models
        m_state->powerByField = false;
        if (number(sample.powerWatts, library.powerUsage) && sample.powerWatts)
            sample.powerWatts = *sample.powerWatts / 1000;
    }
    sample.seconds = m_state->options.now();
    return sample;
}

std::string NvmlManagement::State::nameOf(unsigned pid) const
{
    char name[256] = {};
    if (library->processName(pid, name, sizeof name - 1) == result::success && *name)
        return printable(name);
    return readLine(options.sysroot / "proc" / std::to_string(pid) / "comm").value_or("");
}

void NvmlManagement::State::addProcesses(const Gpu &gpu, const Function<Result(DeviceHandle, unsigned *, ProcessInfo *)> &list, std::vector<GpuProcess> &all,
                                         DeviceProblem &problem, bool &answered) const
{
    std::vector<ProcessInfo> found(mostProcesses);
    unsigned count = mostProcesses;
    const Result outcome = list(gpu.handle, &count, found.data());
    if (outcome != result::success && outcome != result::insufficientSize) {
        problem = library->problem(list.name(), outcome);
        return;
    }
    answered = true;
    for (unsigned i = 0; outcome == result::success && i < std::min(count, mostProcesses); ++i) {
        const auto pid = std::int64_t(found[i].pid);
        if (std::any_of(all.begin(), all.end(), [&](const GpuProcess &known) { return known.pid == pid; }))
            continue;
        const bool told = found[i].usedMemory != ~0ULL;
        all.push_back({gpu.index, pid, nameOf(found[i].pid), told ? found[i].usedMemory : 0});
    }
}

Outcome<std::vector<GpuProcess>> NvmlManagement::processes(int index)
{
    const auto gpu = m_state->gpu(index);
    if (!gpu)
        return gpu.problem();
    std::vector<GpuProcess> all;
    DeviceProblem problem;
    bool answered = false;
    for (const auto *list : {&gpu->library.computeProcesses, &gpu->library.mpsProcesses, &gpu->library.graphicsProcesses})
        m_state->addProcesses(*gpu, *list, all, problem, answered);
    if (!answered)
        return problem;
    return all;
}

Outcome<GpuRelation> NvmlManagement::relation(int index, int other)
{
    const auto one = m_state->gpu(index);
    const auto two = m_state->gpu(other);
    if (!one || !two)
        return !one ? one.problem() : two.problem();
    GpuRelation relation;
    if (index == other) {
        relation.word = "X";
        return relation;
    }
    const Library &library = one->library;
    PciInfo theirs{};
    library.pciInfo(two->handle, &theirs);
    int toSwitch = 0, theirsToSwitch = 0;
    const auto isUp = [&](const Gpu &gpu, unsigned link) {
        unsigned state = 0;
        return library.linkState(gpu.handle, link, &state) == result::success && state == 1;
    };
    const auto isToSwitch = [&](const Gpu &gpu, unsigned link) {
        constexpr unsigned nvSwitch = 2;
        unsigned type = 0xff;
        return library.linkRemoteType(gpu.handle, link, &type) == result::success && type == nvSwitch;
    };
    for (unsigned link = 0; link < linkCount(*one); ++link) {
        if (!isUp(*one, link))
            continue;
        PciInfo remote{};
        if (isToSwitch(*one, link))
            ++toSwitch;
        else if (library.linkRemotePci(one->handle, link, &remote) == result::success)
            relation.links += remote.domain == theirs.domain && remote.bus == theirs.bus && remote.device == theirs.device;
    }
    for (unsigned link = 0; toSwitch > 0 && link < linkCount(*two); ++link)
        theirsToSwitch += isUp(*two, link) && isToSwitch(*two, link);
    relation.links += std::min(toSwitch, theirsToSwitch); // through switches every link of one reaches the other
    if (relation.links > 0) {
        relation.word = "NV" + std::to_string(relation.links);
        return relation;
    }
    unsigned level = 0;
    if (const Result outcome = library.commonAncestor(one->handle, two->handle, &level); outcome != result::success)
        return library.problem(library.commonAncestor.name(), outcome);
    relation.word = level == 0 ? "PSB" : level <= 10 ? "PIX" : level <= 20 ? "PXB" : level <= 30 ? "PHB" : level <= 40 ? "NODE" : "SYS";
    return relation;
}

void NvmlManagement::State::listen()
{
    if (listening || !open())
        return;
    listening = true;
    if (library->eventSetCreate(&eventSet) != result::success) {
        eventSet = nullptr;
        return;
    }
    for (const auto &handle : handles) {
        unsigned long long supported = 0;
        if (!handle || library->supportedEvents(*handle, &supported) != result::success)
            continue;
        if (const auto wanted = supported & (event::xid | event::gpuUnavailable | event::recoveryAction))
            library->registerEvents(*handle, wanted, eventSet);
    }
}

GpuEvent NvmlManagement::State::eventOf(const EventData &data) const
{
    GpuEvent event;
    for (std::size_t index = 0; index < handles.size(); ++index) {
        if (handles[index] && *handles[index] == data.device)
            event.gpu = int(index);
    }
    event.source = "nvml";
    event.seconds = options.now();
    if (data.type == event::xid) {
        event.xid = data.data;
        event.text = "Xid " + std::to_string(data.data);
    } else {
        event.text = data.type == event::gpuUnavailable ? "the GPU is unavailable" : "the recovery action changed";
    }
    return event;
}

std::vector<GpuEvent> NvmlManagement::events()
{
    std::vector<GpuEvent> events;
    m_state->listen();
    if (!m_state->eventSet)
        return events;
    for (int i = 0; i < mostEvents; ++i) {
        EventData data{};
        if (m_state->library->eventSetWait(m_state->eventSet, &data, 0) != result::success)
            break;
        events.push_back(m_state->eventOf(data));
    }
    return events;
}

} // namespace seatrial::engine
