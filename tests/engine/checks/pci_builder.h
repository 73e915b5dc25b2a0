// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/engine/measure/file_tree.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace seatrial::tests {

/// Builds the part of /sys that tells where PCI devices sit: real folders within each other, and links to them.
class PciBuilder
{
public:
    static constexpr const char *kGpu = "0x030200";
    static constexpr const char *kNic = "0x020700";
    static constexpr const char *kNvSwitch = "0x068000";

    std::filesystem::path root() const { return m_tree.root(); }
    const FileTree &files() const { return m_tree; }

    /// @p path from the host bridge ("pci0000:14") down to the device; what is above it becomes bridges.
    void add(const std::vector<std::string> &path, const char *classCode, int numa = -1, const std::string &cpus = {})
    {
        std::string folder = "sys/devices/" + path.front();
        for (std::size_t level = 1; level < path.size(); ++level) {
            folder += '/' + path[level];
            const bool last = level + 1 == path.size();
            if (!m_known.insert(path[level]).second)
                continue;
            m_tree.write(folder + "/class", std::string(last ? classCode : "0x060400") + "\n");
            m_tree.write(folder + "/vendor", last && classCode != std::string(kNic) ? "0x10de\n" : "0x15b3\n");
            m_tree.write(folder + "/device", "0x2330\n");
            m_tree.write(folder + "/numa_node", std::to_string(numa) + "\n");
            if (!cpus.empty())
                m_tree.write(folder + "/local_cpulist", cpus + "\n");
            link("sys/bus/pci/devices/" + path[level], folder);
        }
        m_last = folder;
    }

    /// The device that was added last is an adapter of this name.
    void adapter(const std::string &name) const
    {
        m_tree.write(m_last + "/infiniband/" + name + "/node_guid", "a088:c203:00f6:1234\n");
        link(m_last + "/infiniband/" + name + "/device", m_last);
        link("sys/class/infiniband/" + name, m_last + "/infiniband/" + name);
    }

    void numaNode(int number, const std::string &cpus) const
    {
        m_tree.write("sys/devices/system/node/node" + std::to_string(number) + "/cpulist", cpus + "\n");
    }

    void link(const std::string &from, const std::string &to) const
    {
        std::filesystem::create_directories((root() / from).parent_path());
        std::filesystem::create_symlink(root() / to, root() / from);
    }

private:
    FileTree m_tree;
    std::set<std::string> m_known;
    std::string m_last;
};

} // namespace seatrial::tests
