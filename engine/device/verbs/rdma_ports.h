// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine::verbs {

/// A port of an InfiniBand or RoCE adapter as sysfs shows it.
struct Port {
    std::string adapter; ///< "mlx5_0"
    int number = 1;
    bool only = true;   ///< its adapter has no other
    bool iwarp = false; ///< of a kind that needs a connection manager
    bool active = false;
    std::string down;             ///< why it is not active: "its state is DOWN, …"
    double gigabitsPerSecond = 0; ///< 0: not known
    int numaNode = -1;

    /// "mlx5_0", or "mlx5_0/2" where the adapter has several.
    std::string name() const { return only ? adapter : adapter + '/' + std::to_string(number); }
};

/// In the order of their numbers: mlx5_2 before mlx5_10. At most 64.
std::vector<Port> readPorts(const std::filesystem::path &sysroot);

/// An address of a port, under which RoCE finds it.
struct Gid {
    int index = 0;
    std::array<std::uint8_t, 16> raw{};
    std::string kind; ///< "RoCE v2", "IB/RoCE v1"; empty where the kernel does not tell (InfiniBand)
    std::string text; ///< "0000:0000:0000:0000:0000:ffff:0a00:0001"
};

/// The one to use: RoCE v2 before v1, of those an address made of IPv4 first, then any other that is routed, then link-local.
/// Nothing if the port has none.
std::optional<Gid> chooseGid(const std::filesystem::path &sysroot, const Port &port);

} // namespace seatrial::engine::verbs
