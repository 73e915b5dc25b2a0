// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/driver.h"

#include "engine/device/cuda/cuda_errors.h"
#include "engine/device/cuda/dynamic_library.h"
#include "engine/device/recorded.h"

#include <algorithm>
#include <cctype>

namespace seatrial::engine::cuda {

namespace {

/// "" or the symbol that this library lacks.
std::string findFunctions(const DynamicLibrary &library, CudaApi &api)
{
#define SEATRIAL_FIND(member, symbol, parameters)                                                                                           \
    if (!library.find(api.member, symbol))                                                                                                  \
        return symbol;
    SEATRIAL_CUDA_FUNCTIONS(SEATRIAL_FIND)
#undef SEATRIAL_FIND
    library.find(api.deviceUuidOfSlice, "cuDeviceGetUuid_v2");
    // Of CUDA 11 and later: they do not refuse where a library of this process has the context already.
    if (CuResult (*newer)(CuDevice) = nullptr; library.find(newer, "cuDevicePrimaryCtxRelease_v2"))
        api.releaseContext = newer;
    if (CuResult (*newer)(CuDevice, unsigned) = nullptr; library.find(newer, "cuDevicePrimaryCtxSetFlags_v2"))
        api.setContextFlags = newer;
    return {};
}

DeviceProblem failed(const Driver &driver, CuResult result, const char *call)
{
    return {meaningOf(result, false).trouble, "the CUDA driver (" + driver.library + "): " + errorText(driver.api, result, call)};
}

} // namespace

std::string cudaVersionText(int version)
{
    return std::to_string(version / 1000) + '.' + std::to_string(version % 1000 / 10);
}

std::string sysfsPciAddress(std::string address)
{
    std::transform(address.begin(), address.end(), address.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t colon = address.find(':');
    // NVML writes a domain of eight digits.
    if (colon == 8 && address.compare(0, 4, "0000") == 0)
        address.erase(0, 4);
    return address;
}

Outcome<Driver> openDriver(const std::filesystem::path &sysroot)
{
    if (auto refusal = notOfThisMachine(sysroot, "SEATRIAL_CUDA"))
        return std::move(*refusal);
    const DynamicLibrary library = DynamicLibrary::open("SEATRIAL_CUDA", {"libcuda.so.1"});
    if (!library.isOpen())
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no CUDA driver: " + library.problem()};
    Driver driver;
    driver.library = library.name();
    if (const std::string lacking = findFunctions(library, driver.api); !lacking.empty())
        return DeviceProblem{DeviceTrouble::NotPresent, driver.library + " is no CUDA driver that can be used: it lacks " + lacking};
    if (const CuResult result = driver.api.init(0); result != kSuccess)
        return failed(driver, result, "cuInit");
    if (const CuResult result = driver.api.driverVersion(&driver.version); result != kSuccess)
        return failed(driver, result, "cuDriverGetVersion");
    int count = 0;
    if (const CuResult result = driver.api.deviceCount(&count); result != kSuccess)
        return failed(driver, result, "cuDeviceGetCount");
    for (int number = 0; number < count; ++number) {
        CudaDevice device;
        char address[32] = {};
        if (const CuResult result = driver.api.device(&device.handle, number); result != kSuccess)
            return failed(driver, result, "cuDeviceGet");
        if (const CuResult result = driver.api.devicePciAddress(address, sizeof(address) - 1, device.handle); result != kSuccess)
            return failed(driver, result, "cuDeviceGetPCIBusId");
        device.pciAddress = sysfsPciAddress(address);
        driver.devices.push_back(device);
    }
    std::stable_sort(driver.devices.begin(), driver.devices.end(),
                     [](const CudaDevice &a, const CudaDevice &b) { return a.pciAddress < b.pciAddress; });
    return driver;
}

} // namespace seatrial::engine::cuda
