// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/mock_cuda/mock_driver.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>

using namespace seatrial::engine::cuda;

namespace seatrial::tests {

namespace {

struct Block {
    std::uint64_t bytes = 0;
    int gpu = -1; ///< -1: the host's
};

struct Stream {
    bool stalled = false;
};

struct Event {
    double moment = -1;
    bool never = false;
};

struct Function {
    std::string name;
    int dynamicShared = 0;
};

std::map<std::uint64_t, Block> &blocks = *new std::map<std::uint64_t, Block>; // to the end: a GPU that is lost gives nothing back
std::map<std::string, std::unique_ptr<Function>> functions;
std::vector<std::unique_ptr<Stream>> streams; ///< all there ever were
std::vector<std::unique_ptr<Event>> events;
std::set<std::pair<int, int>> openPeers;
std::array<char, MockCuda::kMostGpus> contextPlaces; ///< only their addresses matter
int current = -1;

CuContext contextOf(int gpu) { return reinterpret_cast<CuContext>(&contextPlaces[static_cast<std::size_t>(gpu)]); }
int gpuOf(CuContext context) { return static_cast<int>(reinterpret_cast<char *>(context) - contextPlaces.data()); }

std::uint64_t used(int gpu)
{
    std::uint64_t bytes = 0;
    for (const auto &[address, block] : blocks)
        bytes += block.gpu == gpu ? block.bytes : 0;
    return bytes;
}

MockCuda wantedAtFirst()
{
    MockCuda state;
    const char *const wanted = std::getenv("SEATRIAL_MOCK_CUDA");
    for (std::string rest = wanted != nullptr ? wanted : ""; !rest.empty();) {
        const std::string word = rest.substr(0, rest.find(','));
        rest.erase(0, word.size() + 1);
        const std::string key = word.substr(0, word.find('='));
        const int value = std::atoi(word.c_str() + std::min(word.size(), key.size() + 1));
        if (key == "flip_word")
            state.flipWord = static_cast<std::uint64_t>(value);
        else if (key == "wrong_multiprocessor")
            state.wrongMultiprocessor = value;
        else if (key == "dead_gpu")
            state.diesAtThirdKernel = value;
        else if (key == "mig")
            state.partitioned = value != 0;
    }
    return state;
}

double nanoseconds()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

} // namespace

MockCuda &mock()
{
    static MockCuda state = wantedAtFirst();
    return state;
}

int currentGpu() { return current; }

CuResult called(const std::string &name)
{
    MockCuda &state = mock();
    ++state.calls[name];
    if (const auto found = state.failures.find(name); found != state.failures.end()) {
        MockCuda::Failure &failure = found->second;
        if (failure.after > 0)
            --failure.after;
        else if (failure.times != 0) {
            failure.times -= failure.times > 0 ? 1 : 0;
            return failure.code;
        }
    }
    return current >= 0 ? state.dead[static_cast<std::size_t>(current)] : 0;
}

bool isMemory(std::uint64_t address, std::uint64_t bytes)
{
    auto after = blocks.upper_bound(address);
    if (after == blocks.begin())
        return false;
    const auto &[start, block] = *--after;
    return address - start <= block.bytes && bytes <= block.bytes - (address - start);
}

std::span<std::uint64_t> wordsAt(std::uint64_t address, std::uint64_t words)
{
    if (!isMemory(address, words * 8))
        return {};
    return {reinterpret_cast<std::uint64_t *>(address), words};
}

void stall(CuStream stream)
{
    reinterpret_cast<Stream *>(stream)->stalled = true;
}

} // namespace seatrial::tests

using namespace seatrial::tests;

#define MOCK_CALL(name)                                                                                                                   \
    if (const CuResult error = called(name); error != 0)                                                                                  \
        return error;

extern "C" {

MockCuda *seatrialMockCuda() { return &mock(); }

CuResult cuInit(unsigned) { MOCK_CALL("cuInit") return 0; }
CuResult cuDriverGetVersion(int *version) { *version = mock().driverVersion; return 0; }
CuResult cuDeviceGetCount(int *count) { MOCK_CALL("cuDeviceGetCount") *count = mock().gpus; return 0; }
CuResult cuDeviceGet(CuDevice *device, int number) { MOCK_CALL("cuDeviceGet") *device = number; return 0; }

CuResult cuDeviceGetName(char *name, int length, CuDevice)
{
    MOCK_CALL("cuDeviceGetName")
    std::snprintf(name, static_cast<std::size_t>(length), "Mock GPU");
    return 0;
}

CuResult cuDeviceGetUuid(CuUuid *uuid, CuDevice device)
{
    MOCK_CALL("cuDeviceGetUuid")
    for (int i = 0; i < 16; ++i)
        uuid->bytes[i] = static_cast<char>(0xa0 + i);
    uuid->bytes[15] = static_cast<char>(device);
    return 0;
}

CuResult cuDeviceGetUuid_v2(CuUuid *uuid, CuDevice device)
{
    const CuResult result = cuDeviceGetUuid(uuid, device);
    uuid->bytes[0] = static_cast<char>(uuid->bytes[0] + (mock().partitioned ? 1 : 0));
    return result;
}

CuResult cuDeviceTotalMem_v2(std::size_t *bytes, CuDevice) { *bytes = mock().memoryBytes; return 0; }

CuResult cuDeviceGetAttribute(int *value, int attribute, CuDevice)
{
    MOCK_CALL("cuDeviceGetAttribute")
    switch (attribute) {
    case kAttributeClockKhz: *value = 1'980'000; break;
    case kAttributeMultiprocessors: *value = mock().multiprocessors; break;
    case kAttributeComputeMode: *value = mock().computeMode; break;
    case kAttributeMemoryClockKhz: *value = 2'619'000; break;
    case kAttributeMemoryBusBits: *value = 5120; break;
    case kAttributeL2Bytes: *value = mock().cacheBytes; break;
    case kAttributeCapabilityMajor: *value = mock().capability / 10; break;
    case kAttributeCapabilityMinor: *value = mock().capability % 10; break;
    case kAttributeSharedPerMultiprocessor: *value = 233472; break;
    case kAttributeSharedPerBlockOptin: *value = 232448; break;
    default: return 1;
    }
    return 0;
}

CuResult cuDeviceGetPCIBusId(char *text, int length, CuDevice device)
{
    MOCK_CALL("cuDeviceGetPCIBusId")
    const std::string &own = mock().addresses[static_cast<std::size_t>(device)];
    if (own.empty())
        std::snprintf(text, static_cast<std::size_t>(length), "0000:%02X:00.0", 0x1b + 0x10 * device);
    else
        std::snprintf(text, static_cast<std::size_t>(length), "%s", own.c_str());
    return 0;
}

CuResult cuDeviceCanAccessPeer(int *can, CuDevice, CuDevice) { MOCK_CALL("cuDeviceCanAccessPeer") *can = mock().peers; return 0; }
CuResult cuDevicePrimaryCtxSetFlags_v2(CuDevice, unsigned) { return 0; }
CuResult cuDevicePrimaryCtxSetFlags(CuDevice, unsigned) { return 0; }

CuResult cuDevicePrimaryCtxRetain(CuContext *context, CuDevice device)
{
    MOCK_CALL("cuDevicePrimaryCtxRetain")
    ++mock().contexts;
    *context = contextOf(device);
    return 0;
}

CuResult cuDevicePrimaryCtxRelease_v2(CuDevice) { --mock().contexts; return 0; }
CuResult cuDevicePrimaryCtxRelease(CuDevice device) { return cuDevicePrimaryCtxRelease_v2(device); }
CuResult cuCtxSetCurrent(CuContext context) { current = gpuOf(context); MOCK_CALL("cuCtxSetCurrent") return 0; }

CuResult cuCtxEnablePeerAccess(CuContext context, unsigned)
{
    MOCK_CALL("cuCtxEnablePeerAccess")
    return openPeers.emplace(current, gpuOf(context)).second ? 0 : kPeerAccessAlreadyEnabled;
}

CuResult cuMemGetInfo_v2(std::size_t *unused, std::size_t *all)
{
    MOCK_CALL("cuMemGetInfo_v2")
    *all = mock().memoryBytes;
    *unused = mock().memoryBytes - used(current);
    return 0;
}

CuResult cuMemAlloc_v2(CuAddress *address, std::size_t bytes)
{
    MOCK_CALL("cuMemAlloc_v2")
    if (bytes > mock().memoryBytes - used(current))
        return kOutOfMemory;
    void *const memory = std::aligned_alloc(512, (bytes + 511) / 512 * 512);
    std::memset(memory, 0xEE, std::min<std::size_t>(bytes, 4 << 20)); // nothing that was not written reads as right
    *address = reinterpret_cast<CuAddress>(memory);
    blocks[*address] = {bytes, current};
    ++mock().openMemories;
    return 0;
}

CuResult cuMemFree_v2(CuAddress address)
{
    MOCK_CALL("cuMemFree_v2")
    if (blocks.erase(address) == 0)
        return 1;
    --mock().openMemories;
    std::free(reinterpret_cast<void *>(address));
    return 0;
}

CuResult cuMemHostRegister_v2(void *memory, std::size_t bytes, unsigned)
{
    MOCK_CALL("cuMemHostRegister_v2")
    blocks[reinterpret_cast<CuAddress>(memory)] = {bytes, -1};
    ++mock().openMemories;
    return 0;
}

CuResult cuMemHostUnregister(void *memory)
{
    MOCK_CALL("cuMemHostUnregister")
    if (blocks.erase(reinterpret_cast<CuAddress>(memory)) == 0)
        return 1;
    --mock().openMemories;
    return 0;
}

CuResult cuMemHostGetDevicePointer_v2(CuAddress *address, void *memory, unsigned)
{
    *address = reinterpret_cast<CuAddress>(memory);
    return 0;
}

CuResult cuMemcpyAsync(CuAddress to, CuAddress from, std::size_t bytes, CuStream)
{
    MOCK_CALL("cuMemcpyAsync")
    if (!isMemory(to, bytes) || !isMemory(from, bytes))
        return 1;
    std::memcpy(reinterpret_cast<void *>(to), reinterpret_cast<const void *>(from), bytes);
    return 0;
}

CuResult cuMemcpyPeerAsync(CuAddress to, CuContext, CuAddress from, CuContext, std::size_t bytes, CuStream stream)
{
    MOCK_CALL("cuMemcpyPeerAsync")
    return cuMemcpyAsync(to, from, bytes, stream);
}

CuResult cuMemcpyDtoH_v2(void *to, CuAddress from, std::size_t bytes)
{
    MOCK_CALL("cuMemcpyDtoH_v2")
    if (!isMemory(from, bytes))
        return 1;
    std::memcpy(to, reinterpret_cast<const void *>(from), bytes);
    return 0;
}

CuResult cuMemsetD8Async(CuAddress address, unsigned char value, std::size_t bytes, CuStream)
{
    MOCK_CALL("cuMemsetD8Async")
    if (!isMemory(address, bytes))
        return 1;
    std::memset(reinterpret_cast<void *>(address), value, bytes);
    return 0;
}

CuResult cuStreamCreate(CuStream *stream, unsigned)
{
    MOCK_CALL("cuStreamCreate")
    streams.push_back(std::make_unique<Stream>());
    *stream = reinterpret_cast<CuStream>(streams.back().get());
    return 0;
}

CuResult cuStreamDestroy_v2(CuStream) { return 0; }
CuResult cuStreamQuery(CuStream stream) { MOCK_CALL("cuStreamQuery") return reinterpret_cast<Stream *>(stream)->stalled ? kNotReady : 0; }
CuResult cuStreamSynchronize(CuStream) { MOCK_CALL("cuStreamSynchronize") return 0; }
CuResult cuStreamWaitEvent(CuStream, CuEvent, unsigned) { MOCK_CALL("cuStreamWaitEvent") return 0; }

CuResult cuEventCreate(CuEvent *event, unsigned)
{
    MOCK_CALL("cuEventCreate")
    events.push_back(std::make_unique<Event>());
    *event = reinterpret_cast<CuEvent>(events.back().get());
    return 0;
}

CuResult cuEventDestroy_v2(CuEvent) { return 0; }

CuResult cuEventRecord(CuEvent event, CuStream stream)
{
    MOCK_CALL("cuEventRecord")
    *reinterpret_cast<Event *>(event) = {nanoseconds(), reinterpret_cast<Stream *>(stream)->stalled};
    return 0;
}

CuResult cuEventQuery(CuEvent event) { MOCK_CALL("cuEventQuery") return reinterpret_cast<Event *>(event)->never ? kNotReady : 0; }
CuResult cuEventSynchronize(CuEvent) { MOCK_CALL("cuEventSynchronize") return 0; }

CuResult cuEventElapsedTime(float *milliseconds, CuEvent from, CuEvent to)
{
    MOCK_CALL("cuEventElapsedTime")
    *milliseconds = static_cast<float>((reinterpret_cast<Event *>(to)->moment - reinterpret_cast<Event *>(from)->moment) / 1e6);
    return 0;
}

CuResult cuModuleLoadData(CuModule *module, const void *data)
{
    MOCK_CALL("cuModuleLoadData")
    std::uint32_t magic = 0;
    std::memcpy(&magic, data, sizeof(magic));
    const bool machineCode = magic == 0xBA55ED50;
    if (machineCode && mock().refusesMachineCode)
        return kNoBinaryForGpu;
    if (!machineCode && std::strstr(static_cast<const char *>(data), ".version") == nullptr)
        return kInvalidImage;
    mock().loadedImage = machineCode ? "machine code" : "PTX";
    *module = reinterpret_cast<CuModule>(&mock());
    return 0;
}

CuResult cuModuleUnload(CuModule) { return 0; }

CuResult cuModuleGetFunction(CuFunction *function, CuModule, const char *name)
{
    MOCK_CALL("cuModuleGetFunction")
    if (mock().missingKernels.count(name) != 0)
        return kNotFound;
    std::unique_ptr<Function> &known = functions[name];
    if (!known)
        known = std::make_unique<Function>(Function{name});
    *function = reinterpret_cast<CuFunction>(known.get());
    return 0;
}

CuResult cuFuncSetAttribute(CuFunction function, int attribute, int value)
{
    MOCK_CALL("cuFuncSetAttribute")
    if (attribute == kFunctionMaxDynamicShared)
        reinterpret_cast<Function *>(function)->dynamicShared = value;
    return 0;
}

CuResult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *resident, CuFunction, int, std::size_t)
{
    MOCK_CALL("cuOccupancyMaxActiveBlocksPerMultiprocessor")
    *resident = 3;
    return 0;
}

CuResult cuLaunchKernel(CuFunction function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned threadsY, unsigned threadsZ,
                        unsigned shared, CuStream, void **parameters, void **)
{
    MOCK_CALL("cuLaunchKernel")
    const Function &kernel = *reinterpret_cast<Function *>(function);
    if (x == 0 || y != 1 || z != 1 || threadsY != 1 || threadsZ != 1 || static_cast<int>(shared) > std::max(kernel.dynamicShared, 48 << 10))
        return 1;
    if (current == mock().diesAtThirdKernel && ++mock().calls["kernels of the one that dies"] >= 3)
        mock().dead[static_cast<std::size_t>(current)] = kUnknown;
    MOCK_CALL(kernel.name)
    const CuResult result = runKernel(kernel.name, x, threads, shared, parameters[0]);
    if (result == kIllegalAddress && current >= 0)
        mock().dead[static_cast<std::size_t>(current)] = result;
    return result;
}

CuResult cuGetErrorName(CuResult result, const char **name)
{
    static const std::map<int, const char *> names = {
        {2, "CUDA_ERROR_OUT_OF_MEMORY"}, {46, "CUDA_ERROR_DEVICE_UNAVAILABLE"}, {100, "CUDA_ERROR_NO_DEVICE"}, {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
        {214, "CUDA_ERROR_ECC_UNCORRECTABLE"}, {700, "CUDA_ERROR_ILLEGAL_ADDRESS"}, {715, "CUDA_ERROR_ILLEGAL_INSTRUCTION"},
        {719, "CUDA_ERROR_LAUNCH_FAILED"}, {802, "CUDA_ERROR_SYSTEM_NOT_READY"}, {999, "CUDA_ERROR_UNKNOWN"}};
    const auto found = names.find(result);
    *name = found != names.end() ? found->second : nullptr;
    return found != names.end() ? 0 : 1;
}

CuResult cuGetErrorString(CuResult, const char **text) { *text = "as the mock was told"; return 0; }

} // extern "C"
