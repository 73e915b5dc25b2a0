// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/engine/measure/file_tree.h"

#include <string>
#include <vector>

namespace seatrial::tests {

/// What sysfs and /proc show of a machine with so many NUMA nodes.
inline void writeNumaNodes(const FileTree &tree, const std::vector<std::string> &cpulists, const std::string &memsAllowed, long freeMegabytes = 4096)
{
    const std::string nodes = "sys/devices/system/node/";
    const auto last = std::to_string(cpulists.size() - 1);
    tree.write(nodes + "online", (cpulists.size() == 1 ? "0" : "0-" + last) + "\n");
    for (std::size_t id = 0; id < cpulists.size(); ++id) {
        const auto number = std::to_string(id);
        const auto folder = nodes + "node" + number + "/";
        tree.write(folder + "cpulist", cpulists[id] + "\n");
        tree.write(folder + "meminfo", "Node " + number + " MemTotal:       67108864 kB\nNode " + number + " MemFree:        "
                       + std::to_string(freeMegabytes * 1024) + " kB\nNode " + number + " Inactive(file):       1024 kB\n");
        std::string distances;
        for (std::size_t other = 0; other < cpulists.size(); ++other)
            distances += (other ? " " : "") + std::string(other == id ? "10" : other / 2 == id / 2 ? "12" : "32");
        tree.write(folder + "distance", distances + "\n");
    }
    tree.write("proc/meminfo", "MemTotal:       67108864 kB\nMemFree: 1 kB\nMemAvailable:   " + std::to_string(freeMegabytes * 1024) + " kB\n");
    tree.write("proc/self/status", "Name:\tengine\nMems_allowed:\tff\nMems_allowed_list:\t" + memsAllowed + "\n");
}

} // namespace seatrial::tests
