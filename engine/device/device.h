// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/outcome.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::engine {

/// What a GPU says of itself, as far as a measurement needs it. Zero or empty: not known.
struct DeviceFacts {
    int index = 0;               ///< in the order of their PCI addresses, as NVML counts
    std::string uuid;            ///< "GPU-…"
    std::string name;            ///< "NVIDIA H100 80GB HBM3"
    std::string pciAddress;      ///< "0000:1b:00.0"
    int numaNode = -1;
    int capabilityMajor = 0;     ///< compute capability
    int capabilityMinor = 0;
    int multiprocessors = 0;
    std::uint64_t memoryBytes = 0;
    std::uint64_t cacheBytes = 0; ///< second-level cache
    double coreClockMhz = 0;      ///< the highest
    double memoryClockMhz = 0;    ///< the highest
    int memoryBusBits = 0;

    /// memory clock × bus width / 8 × 2, in GB/s: a ceiling that nothing can exceed; 0: not known.
    double memoryCeiling() const { return memoryClockMhz * 1e6 * memoryBusBits / 8 * 2 / 1e9; }
};

enum class MemoryPlace { Device, PinnedHost };

/// Memory that a device can work on; given back when this goes.
class DeviceMemory
{
public:
    virtual ~DeviceMemory() = default;
    virtual std::uint64_t bytes() const = 0;
    virtual MemoryPlace place() const = 0;
};

/// What memory is moved by. The traffic of one run over n bytes of each array: read n, write n, copy 2n, scale 2n, add 3n, triad 3n.
enum class StreamKernel { Read, Write, Copy, Scale, Add, Triad };

/// Numbers that are multiplied. Matrix units where the model has them, but for Fp64Vector and Fp32.
enum class Precision { Fp64Vector, Fp64, Fp32, Tf32, Bf16, Fp16, Fp8, Int8 };

/// C (m × n) = A (m × k) · B (k × n), 2·m·n·k operations. Operands are random: zeros draw less power and flatter the clock.
struct Multiplication {
    Precision precision = Precision::Bf16;
    int m = 8192;
    int n = 8192;
    int k = 8192;
};

/// What each multiprocessor computes in the test of arithmetic; the same work on all, so the same digest.
enum class ArithmeticPath { Fp32, Fp64, Integer, Tensor };

/// A word that is not what was written.
struct DeviceMiscompare {
    std::uint64_t offset = 0; ///< bytes from the start of the memory
    std::uint64_t expected = 0;
    std::uint64_t found = 0;
    std::uint64_t foundAgain = 0; ///< when it was read once more
};

struct VerifyReport {
    std::uint64_t words = 0;  ///< of 8 bytes, looked at
    std::uint64_t wrong = 0;  ///< all of them, also those not listed
    std::vector<DeviceMiscompare> first; ///< at most 16
};

/// One GPU that work is given to. Every call ends when the work has ended; times are the device's own (its events),
/// in seconds. Used by one thread of the process that opened it. A device that hangs is ended with its process.
class Device
{
public:
    virtual ~Device() = default;

    virtual const DeviceFacts &facts() const = 0;
    virtual std::uint64_t freeBytes() const = 0;

    virtual Outcome<std::unique_ptr<DeviceMemory>> allocate(std::uint64_t bytes, MemoryPlace place) = 0;

    /// Copies @p bytes, @p times over, by the copy engine; seconds of all.
    virtual Outcome<double> copy(DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times) = 0;
    /// Two copies at once, each @p times over; seconds from the first's begin to the last's end.
    virtual Outcome<double> copyBoth(DeviceMemory &to, const DeviceMemory &from, DeviceMemory &backTo, const DeviceMemory &backFrom,
                                     std::uint64_t bytes, int times) = 0;
    /// As copy(), from this device's memory to @p peer's memory, which was opened in the same process.
    virtual Outcome<double> copyToPeer(Device &peer, DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times) = 0;
    /// Whether this device reaches the memory of @p peer directly (NVLink, PCIe peer access) instead of through host memory.
    virtual Outcome<bool> reaches(const Device &peer) const = 0;

    /// One kernel over @p bytes of each array, @p times over; seconds of all. Read needs a, write to, scale and copy a, add and triad a and b.
    virtual Outcome<double> stream(StreamKernel kernel, DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b, std::uint64_t bytes,
                                   int times) = 0;
    /// Compares what stream() left in @p to with what @p kernel makes of a and b as they are now: the part @p part of @p parts equal ones.
    /// How many words of 8 bytes are wrong. Read leaves nothing behind, and nothing is wrong with it.
    virtual Outcome<std::uint64_t> wrongWords(StreamKernel kernel, const DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b,
                                              std::uint64_t bytes, int part, int parts) = 0;
    /// Writes words that follow from @p seed and their place: seed 0 writes each word's own offset in bytes, and ~seed the complement of
    /// what seed writes.
    virtual Outcome<double> fill(DeviceMemory &memory, std::uint64_t seed) = 0;
    /// Compares with what fill() wrote with this @p seed.
    virtual Outcome<VerifyReport> verify(const DeviceMemory &memory, std::uint64_t seed) = 0;

    /// @p times multiplications after another; seconds of all. NotSupported where the model or a library lacks it.
    virtual Outcome<double> multiply(const Multiplication &what, int times) = 0;
    /// The same work on every multiprocessor; a digest of each one's result, in their order. Equal on a GPU that computes right.
    virtual Outcome<std::vector<std::uint64_t>> arithmetic(ArithmeticPath path, std::uint64_t seed, int rounds) = 0;
};

} // namespace seatrial::engine
