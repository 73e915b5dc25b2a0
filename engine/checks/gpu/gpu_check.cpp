// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_check.h"

#include "engine/device/machine.h"
#include "engine/measure/text.h"

#include <cstdlib>
#include <filesystem>

namespace seatrial::engine {

std::optional<CheckResult> GpuCheck::absence(const CheckContext &context) const
{
    if (!context.machine)
        return CheckResult::notPresent("no GPU driver was looked for");
    if (context.machine->simulated())
        return std::nullopt;
    if (std::getenv("SEATRIAL_CUDA") || std::getenv("SEATRIAL_NVML")) // somebody says where the driver is: it is asked
        return std::nullopt;
    std::error_code error;
    for (const char *node : {"dev/nvidiactl", "dev/dxg"}) { // a virtual machine may hide the bus
        if (std::filesystem::exists(context.sysroot / node, error))
            return std::nullopt;
    }
    for (const auto &device : std::filesystem::directory_iterator(context.sysroot / "sys/bus/pci/devices", error)) {
        const auto vendor = readLine(device.path() / "vendor"), kind = readLine(device.path() / "class");
        if (vendor == "0x10de" && kind && kind->starts_with("0x03"))
            return std::nullopt;
    }
    return CheckResult::notPresent("no NVIDIA GPU is on the PCI bus of this node");
}

} // namespace seatrial::engine
