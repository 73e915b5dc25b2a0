// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/cuda_errors.h"

#include "engine/measure/text.h"

namespace seatrial::engine::cuda {

namespace {

/// What a person can do about it, where the library's own words do not say.
const char *advice(CuResult result)
{
    switch (result) {
    case kDeviceUnavailable: return "its compute mode lets one process in, and another has it, or the mode forbids all";
    case kStubLibrary: return "this libcuda is a toolkit's stub, not a driver's; the driver's own is missing or found too late";
    case kSystemNotReady: return "a service that the driver needs does not run; with NVSwitches that is nvidia-fabricmanager";
    case kDriverMismatch: return "the library and the loaded kernel module are of different versions: reload the module or boot the node";
    case kNoBinaryForGpu:
    case kUnsupportedPtxVersion: return "this engine's kernels do not suit this GPU with this driver";
    case kUnknown: return "often nvidia-uvm is not loaded or /dev/nvidia-uvm may not be opened; the kernel log says more";
    case kEccUncorrectable: return "an uncorrectable memory error; the kernel log has its Xid (48, 63, 94 or 95)";
    case kNvlinkUncorrectable: return "an NVLink error that was not corrected; the kernel log has its Xid (74, or 144 to 150)";
    case kContained: return "an uncorrectable memory error that hit this process alone; the kernel log has its Xid (94)";
    default: return nullptr;
    }
}

} // namespace

CudaError meaningOf(CuResult result, bool working)
{
    if (result >= kFirstMpsError && result <= kLastMpsError)
        return {DeviceTrouble::NotPermitted, false};
    switch (result) {
    case kOutOfMemory: return {DeviceTrouble::OutOfMemory, false};
    case kStubLibrary:
    case kDriverMismatch: return {DeviceTrouble::NotPresent, false};
    case kDeviceUnavailable: return {working ? DeviceTrouble::Lost : DeviceTrouble::NotPermitted, working};
    case kNoDevice:
    case kInvalidDevice: return {working ? DeviceTrouble::Lost : DeviceTrouble::NotPresent, working};
    case kOperatingSystem:
    case kUnknown: return {working ? DeviceTrouble::Lost : DeviceTrouble::Broken, working};
    case kContextIsDestroyed:
    case kDeinitialized: return {DeviceTrouble::Lost, true};
    case kNotLicensed:
    case kNotPermitted: return {DeviceTrouble::NotPermitted, false};
    case kNewerDriverNeeded:
    case kInvalidImage:
    case kNoBinaryForGpu:
    case kInvalidPtx:
    case kNoJitCompiler:
    case kUnsupportedPtxVersion:
    case kJitDisabled:
    case kInvalidSource:
    case kUnsupportedLimit:
    case kPeerAccessUnsupported:
    case kTooManyPeers:
    case kCompatNotSupported:
    case kNotSupported: return {DeviceTrouble::NotSupported, false};
    case kEccUncorrectable:
    case kNvlinkUncorrectable:
    case kContained:
    case kIllegalAddress:
    case kLaunchTimeout:
    case kAssert:
    case kHardwareStackError:
    case kIllegalInstruction:
    case kMisalignedAddress:
    case kInvalidAddressSpace:
    case kInvalidProgramCounter:
    case kLaunchFailed: return {DeviceTrouble::Broken, true};
    default: return {DeviceTrouble::Broken, false};
    }
}

std::string errorText(const CudaApi &api, CuResult result, const char *call, std::uint64_t bytes)
{
    const char *name = nullptr;
    const char *words = nullptr;
    if (api.errorName != nullptr && api.errorName(result, &name) != kSuccess)
        name = nullptr;
    if (api.errorString != nullptr && api.errorString(result, &words) != kSuccess)
        words = nullptr;
    std::string text = call;
    if (bytes != 0)
        text += " of " + std::to_string(bytes) + " bytes";
    text += ": " + printable(name != nullptr ? name : "an error without a name") + " (" + std::to_string(result) + ')';
    if (words != nullptr)
        text += ", " + printable(words);
    if (const char *const helps = advice(result); helps != nullptr)
        text += std::string("; ") + helps;
    return text;
}

bool offTheBus(const std::filesystem::path &sysroot, const std::string &pciAddress)
{
    if (pciAddress.empty())
        return false;
    // Unlike "vendor" this comes from the device itself at every read.
    const auto config = readText(sysroot / "sys/bus/pci/devices" / pciAddress / "config", 4);
    return !config || config->size() < 4 || *config == "\xff\xff\xff\xff";
}

} // namespace seatrial::engine::cuda
