// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"
#include "engine/checks/reporter.h"
#include "engine/device/management.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// One Xid or SXid as one source told it, several times perhaps.
struct SeenXid {
    std::string source;    ///< "kernel log", "nvml"
    std::string subject;   ///< "gpu/3", or "pci/0000:1b:00.0" where the GPU at that address is not known
    std::string address;   ///< PCI address, as the source knows it
    std::string number;    ///< "79"
    bool ofSwitch = false; ///< an SXid: of an NVSwitch
    std::string text;
    std::uint64_t count = 0;
    double firstSeconds = 0;
    double lastSeconds = 0;
};

/// What the kernel log holds of Xids now. Those that differ in what they say (a link, a bit of an error register, a recovery
/// action) stay apart; the same one of many channels is one.
class XidLog
{
public:
    /// @p gpus: PCI address to "gpu/3".
    static XidLog read(const CheckContext &context, const std::map<std::string, std::string> &gpus);

    const std::vector<SeenXid> &xids() const { return m_xids; }
    const std::string &refusal() const { return m_refusal; } ///< why it could not be read
    const std::string &remedy() const { return m_remedy; }
    std::uint64_t left() const { return m_left; } ///< that found no place

private:
    void add(double seconds, const std::string &text, const std::map<std::string, std::string> &gpus);

    std::map<std::string, std::size_t> m_places;
    std::vector<SeenXid> m_xids;
    std::string m_refusal, m_remedy;
    std::uint64_t m_left = 0;
};

/// What the event set of the driver tells from its making on.
class DriverXids
{
public:
    /// @p gpu: of this one alone; else of all. Opens the driver.
    explicit DriverXids(const CheckContext &context, std::optional<int> gpu = std::nullopt);
    /// Says what came since as events "gpu.xid"; how many there were.
    std::size_t report(const Reporter &reporter);

private:
    Management &m_management;
    const std::optional<int> m_gpu;
};

/// Ties Xids to the step in whose time they fell: what the kernel log got between its making and report() is said by that step, and if
/// @p byDriver what the driver's event set told. A process that must not open the driver reads the log alone.
///
///     XidWatch xids(context, reporter); work(); xids.report();
class XidWatch
{
public:
    XidWatch(const CheckContext &context, const Reporter &reporter, bool byDriver = true);
    /// Says what came since as events "gpu.xid"; how many there were.
    std::size_t report();

private:
    const CheckContext &m_context;
    const Reporter &m_reporter;
    std::optional<DriverXids> m_driver;
    std::map<std::string, std::string> m_gpus;
    std::map<std::string, std::uint64_t> m_before; ///< key of what the log held to how often
};

/// The same check, whose step tells the Xids that the kernel logged while it worked.
std::unique_ptr<Check> tiedToXids(std::unique_ptr<Check> check);

/// PCI addresses of the GPUs that the driver knows, to "gpu/3". Opens the driver.
std::map<std::string, std::string> gpuAddresses(Management &management);

/// Now by the clock of the kernel log, which counts from boot; negative: it does not run as fast as ours (simulated time).
double logClock(const CheckContext &context);

/// The event "gpu.xid" of it. @p now: by the clock of the log, so that it can be told how long ago it was; before it: not known.
void reportXid(const Reporter &reporter, const SeenXid &xid, double now);

} // namespace seatrial::engine
