// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/engine/measure/file_tree.h"

#include <filesystem>
#include <string>

namespace seatrial::tests {

/// Ports below /sys/class/infiniband as a kernel shows them.
class RdmaTree : public FileTree
{
public:
    void port(const std::string &adapter, const std::string &rate = "400 Gb/sec (4X NDR)", const std::string &state = "4: ACTIVE",
              const std::string &physical = "5: LinkUp", int number = 1) const
    {
        const std::string folder = folderOf(adapter, number);
        write("sys/class/infiniband/" + adapter + "/node_type", "1: CA\n");
        write(folder + "state", state + '\n');
        write(folder + "phys_state", physical + '\n');
        write(folder + "rate", rate + '\n');
    }

    void gid(const std::string &adapter, int index, const std::string &gid, const std::string &kind) const
    {
        write(folderOf(adapter, 1) + "gids/" + std::to_string(index), gid + '\n');
        write(folderOf(adapter, 1) + "gid_attrs/types/" + std::to_string(index), kind + '\n');
    }

    /// Its PCI device: below a port of a switch, both of that speed and width.
    void slot(const std::string &adapter, const std::string &address, const std::string &speed, int lanes) const
    {
        const std::string above = "sys/devices/pci0000:00/0000:00:01.0/", at = above + address + '/';
        for (const auto &folder : {above, at}) {
            write(folder + "max_link_speed", speed + " GT/s PCIe\n");
            write(folder + "max_link_width", std::to_string(lanes) + '\n');
        }
        write(at + "numa_node", "0\n");
        std::filesystem::create_directories(root() / "sys/bus/pci/devices");
        std::filesystem::create_directory_symlink("../../../devices/pci0000:00/0000:00:01.0/" + address, root() / "sys/bus/pci/devices" / address);
        std::filesystem::create_directory_symlink("../../../devices/pci0000:00/0000:00:01.0/" + address,
                                                  root() / "sys/class/infiniband" / adapter / "device");
    }

private:
    static std::string folderOf(const std::string &adapter, int number)
    {
        return "sys/class/infiniband/" + adapter + "/ports/" + std::to_string(number) + '/';
    }
};

} // namespace seatrial::tests
