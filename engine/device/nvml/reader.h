// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/management.h"
#include "engine/device/nvml/library.h"

#include <string>
#include <vector>

namespace seatrial::engine::nvml {

/// One GPU and the library that knows it.
struct Gpu {
    const Library &library;
    DeviceHandle handle;
    int index;

    std::string subject() const { return "gpu/" + std::to_string(index); }
    std::string linkSubject(unsigned link) const { return subject() + "/link/" + std::to_string(link); }
};

/// What identifies it, by attribute.
protocol::Part readIdentity(const Gpu &gpu, const protocol::Parameters &versions);

/// All that is told of its health, as tables of metrics; a GPU that is lost while it is asked is not asked on.
std::vector<Reading> readHealth(const Gpu &gpu);

/// How many NVLinks the GPU has; 0: none, or not told.
unsigned linkCount(const Gpu &gpu);

/// Of a field value of any type; nothing unless it was read.
std::optional<double> numberOf(const FieldValue &value);

/// The newest structure that this driver fills.
struct Fabric {
    Result outcome = result::notSupported;
    FabricInfo3 info{};
    bool hasHealth = false;
    bool hasSummary = false;
};
Fabric readFabric(const Gpu &gpu);

std::string uuidText(const unsigned char (&bytes)[16]);

/// Text for the numbers that the interface gives to states.
std::string architectureText(unsigned value);
std::string computeModeText(unsigned value);
std::string fabricStateText(unsigned value);
std::string recoveryActionText(unsigned value);
std::string clockReasonsText(std::uint64_t mask);
std::string linkVersionText(unsigned value);

} // namespace seatrial::engine::nvml
