// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/nics.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

using protocol::Unit;
namespace fs = std::filesystem;

/// Names of interfaces that are made by software and carry no link of their own.
constexpr std::array<std::string_view, 9> madeUp{"lo", "ifb", "dummy", "tun", "tap", "docker", "virbr", "br-", "bonding_masters"};

bool isMadeUp(const fs::path &interfaces, const std::string &name)
{
    std::error_code error;
    if (fs::exists(interfaces / name / "bridge", error))
        return true;
    return std::any_of(madeUp.begin(), madeUp.end(), [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::vector<std::string> interfacesWorthALook(const fs::path &interfaces)
{
    std::vector<std::string> real, virtualOnes;
    std::error_code error;
    for (auto &name : namesIn(interfaces)) {
        const bool bond = fs::exists(interfaces / name / "bonding", error);
        if (bond || fs::exists(interfaces / name / "device", error))
            real.push_back(name);
        else if (!isMadeUp(interfaces, name))
            virtualOnes.push_back(name);
    }
    return real.empty() ? virtualOnes : real;
}

/// Firmware as ethtool shows it; only the running system can be asked.
std::string firmwareByEthtool(const fs::path &sysroot, const std::string &name)
{
    ifreq request{};
    if (sysroot != "/" || name.size() >= sizeof request.ifr_name)
        return {};
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return {};
    ethtool_drvinfo info{};
    info.cmd = ETHTOOL_GDRVINFO;
    std::memcpy(request.ifr_name, name.c_str(), name.size());
    request.ifr_data = reinterpret_cast<char *>(&info);
    const bool answered = ::ioctl(fd, SIOCETHTOOL, &request) == 0;
    ::close(fd);
    if (!answered)
        return {};
    auto firmware = printable(trimmed(std::string_view(info.fw_version, strnlen(info.fw_version, sizeof info.fw_version))));
    return firmware == "N/A" ? std::string() : firmware;
}

std::string firmwareOf(const fs::path &sysroot, const fs::path &interface, const std::string &name)
{
    for (const auto &hca : namesIn(interface / "device/infiniband")) {
        if (auto firmware = fieldOf(interface / "device/infiniband" / hca / "fw_ver"); !firmware.empty())
            return firmware;
    }
    return firmwareByEthtool(sysroot, name);
}

/// A bond lends its address to its members; the one they were made with tells them apart.
std::string macOf(const fs::path &interface)
{
    auto permanent = fieldOf(interface / "bonding_slave/perm_hwaddr");
    if (!permanent.empty())
        return permanent;
    const auto address = readLine(interface / "address").value_or("");
    return address.find_first_not_of("0:") == address.npos ? std::string() : address;
}

void reportPart(const Reporter &reporter, const fs::path &sysroot, const fs::path &interface, const std::string &name)
{
    protocol::Part part{"nic", "nic/" + printable(name), macOf(interface), {}, firmwareOf(sysroot, interface, name), {}};
    const auto vendor = fieldOf(interface / "device/vendor"), device = fieldOf(interface / "device/device");
    if (!vendor.empty())
        part.model = vendor + ':' + device;
    if (const auto driver = linkName(interface / "device/driver"); !driver.empty())
        part.attributes["driver"] = driver;
    if (const auto address = linkName(interface / "device"); !address.empty())
        part.attributes["bus"] = address;
    if (const auto mtu = readLine(interface / "mtu"))
        part.attributes["mtu"] = *mtu;
    for (const auto &hca : namesIn(interface / "device/infiniband"))
        part.attributes["hca"] = printable(hca);
    reporter.part(std::move(part));
}

void reportState(const Reporter &reporter, const fs::path &interface, const std::string &subject)
{
    const auto state = readLine(interface / "operstate").value_or("unknown");
    const protocol::Parameters parameters{{"operstate", state}};
    const auto carrier = readInteger(interface / "carrier"); // refused while the interface is switched off
    reporter.read("link", Unit::None, subject, carrier.value_or(0) == 1 ? 1 : 0, parameters);
    if (const auto speed = readInteger(interface / "speed"); speed && *speed > 0)
        reporter.read("nic_speed", Unit::GigabitsPerSecond, subject, double(*speed) / 1000, parameters);
    if (const auto changes = readInteger(interface / "carrier_changes"))
        reporter.read("carrier_changes", Unit::Count, subject, double(*changes), parameters);
    if (const auto downs = readInteger(interface / "carrier_down_count"))
        reporter.read("carrier_downs", Unit::Count, subject, double(*downs), parameters);
}

void reportCounters(const Reporter &reporter, const fs::path &interface, const std::string &subject)
{
    const auto sum = [&](const char *metric, std::initializer_list<const char *> counters) {
        double total = 0;
        protocol::Parameters parameters;
        for (const auto *counter : counters) {
            const auto value = readInteger(interface / "statistics" / counter);
            if (!value)
                continue;
            parameters[counter] = std::to_string(*value);
            total += double(*value);
        }
        if (!parameters.empty())
            reporter.read(metric, Unit::Count, subject, total, std::move(parameters));
    };
    sum("nic_errors", {"rx_errors", "tx_errors"});
    sum("nic_drops", {"rx_dropped", "tx_dropped"});
}

} // namespace

void reportNics(const Reporter &reporter, const fs::path &sysroot)
{
    const auto interfaces = sysroot / "sys/class/net";
    for (const auto &name : interfacesWorthALook(interfaces)) {
        const auto interface = interfaces / name;
        const auto subject = "nic/" + printable(name);
        reportPart(reporter, sysroot, interface, name);
        reportState(reporter, interface, subject);
        reportCounters(reporter, interface, subject);
    }
}

} // namespace seatrial::engine
