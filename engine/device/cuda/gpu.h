// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/cuda/driver.h"
#include "engine/device/device.h"

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace seatrial::engine::cuda {

/// Nothing, or why something was not done.
using Trouble = std::optional<DeviceProblem>;

/// The first six are StreamKernel's, the four of arithmetic ArithmeticPath's, in their order.
enum class Kernel {
    Read, Write, Copy, Scale, Add, Triad,
    ArithmeticFp32, ArithmeticFp64, ArithmeticInteger, ArithmeticTensor,
    StreamCheck, Fill, Verify, ReadAgain, Operands, Digest, Addends, SumCheck,
};
constexpr int kKernels = 18;

/// What each kernel is called in the image.
extern const std::array<const char *, kKernels> kKernelNames;

/// A GPU with a context in this process: what its device, its multiplications and a collective share. Used by one thread
/// at a time. After an error that costs the context it gives the same answer to everything.
class Gpu
{
public:
    static Outcome<std::shared_ptr<Gpu>> open(const Driver &driver, const CudaDevice &device, int index, const std::filesystem::path &sysroot);
    ~Gpu();
    Gpu(const Gpu &) = delete;
    Gpu &operator=(const Gpu &) = delete;

    const CudaApi &api() const { return m_api; }
    const DeviceFacts &facts() const { return m_facts; }
    CuDevice handle() const { return m_device; }
    CuContext context() const { return m_context; }
    const std::filesystem::path &sysroot() const { return m_sysroot; }
    /// "machine code" or "PTX": what the kernels were loaded from.
    const char *kernelSource() const { return m_kernelSource; }
    bool dead() const { return m_dead.has_value(); }

    /// Makes this GPU's context the thread's.
    Trouble enter() const;
    /// What @p result of @p call is, as a problem of this GPU; nothing if it is success.
    Trouble failed(CuResult result, const char *call, std::uint64_t bytes = 0) const;
    /// A problem of this GPU that no error code stands for.
    DeviceProblem problem(DeviceTrouble trouble, const std::string &text) const;

    CuStream stream() const { return m_streams[0]; }
    CuStream otherStream() const { return m_streams[1]; }

    /// Puts @p kernel with its parameters, one structure, into the stream, on as many blocks as are resident at once.
    Trouble launch(Kernel kernel, const void *work) const;
    /// The same with @p blocks blocks, of which @p sharedBytes let only one onto a multiprocessor.
    Trouble launchAlone(Kernel kernel, const void *work, int blocks) const;
    Trouble wait() const;
    /// What it says of what was put into its stream so far, without waiting for it.
    Trouble ask() const;
    /// Seconds that what @p work puts into the stream takes, by events around it. Waits for its end.
    Outcome<double> timed(const std::function<Trouble()> &work) const;
    /// As timed(), and all that is put into otherStream() as well.
    Outcome<double> timedBoth(const std::function<Trouble()> &work) const;

    /// A little memory of the GPU, for results: zeroed in the stream, and read when all of the stream is done.
    CuAddress scratch() const { return m_scratch; }
    Trouble clearScratch(std::uint64_t bytes) const;
    Trouble readScratch(void *to, std::uint64_t bytes) const;

    std::uint64_t freeBytes() const;
    /// Whether its kernels may use the memory of @p peer; asks for access at the first call. A problem if that is refused.
    Outcome<bool> reaches(const Gpu &peer) const;

private:
    Gpu(const Driver &driver, const CudaDevice &device, int index, std::filesystem::path sysroot);
    Trouble learnFacts();
    Trouble mayBeUsed() const;
    Trouble makeContext();
    Trouble loadKernels();
    int attribute(int which) const;

    CudaApi m_api;
    CuDevice m_device;
    std::filesystem::path m_sysroot;
    DeviceFacts m_facts;
    CuContext m_context = nullptr;
    CuModule m_module = nullptr;
    const char *m_kernelSource = "";
    std::array<CuFunction, kKernels> m_functions{};
    std::array<int, kKernels> m_blocks{};
    std::array<CuStream, 2> m_streams{};
    std::array<CuEvent, 3> m_events{}; ///< begin, end, end of the other stream
    CuAddress m_scratch = 0;
    bool m_onTheBus = false; ///< /sys showed it at the beginning
    int m_sharedForOne = 0; ///< bytes of shared memory that leave no room for a second block
    mutable std::vector<CuContext> m_peers; ///< whose memory is open to this one
    mutable Trouble m_dead;
};

} // namespace seatrial::engine::cuda
