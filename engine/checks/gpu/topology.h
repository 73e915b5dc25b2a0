// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/pci_tree.h"
#include "engine/device/management.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// A GPU, an adapter or an NVSwitch and how it is connected.
struct TopologyRow {
    protocol::Part part;              ///< kind "gpu", "nic" or "nvswitch" with all that is known of it
    const PciFunction *pci = nullptr; ///< where it sits; nullptr: not found in sysfs
    int gpu = -1;                     ///< the driver's number; -1: none, or the driver does not know it
    std::map<std::string, std::string> relations; ///< place of another row to the word
    std::optional<double> nvlinks;    ///< that are up
    std::optional<double> coherentLinks; ///< NVLink-C2C to its processor that are up; nothing where it has none
    std::optional<double> coherentSpeed; ///< of the slowest of them, GB/s
};

/// What a node's GPUs, adapters and switches hang on, from sysfs and the driver.
struct Topology {
    std::vector<TopologyRow> gpus;
    std::vector<TopologyRow> nics;       ///< with RDMA: what `nvidia-smi topo -m` lists
    std::vector<TopologyRow> nvswitches; ///< that the host can see
    std::vector<protocol::Part> bridges; ///< root ports and PCIe switches above them
    std::vector<protocol::Part> numaNodes;
    int gpusOnBus = 0;                    ///< that sysfs shows, whatever the driver says; without those that a virtual machine has
    std::string driverTrouble;           ///< why the driver was not asked; empty if it was
    std::vector<std::string> disagreements; ///< sentences: sysfs and the driver contradict each other
    std::vector<std::string> lost;       ///< sentences: GPUs that the driver counts and that do not answer
    std::string board;                   ///< what the mainboard calls itself: nodes of one board are built alike
};

/// @p tree has to outlive what is returned.
Topology readTopology(const PciTree &tree, const std::filesystem::path &sysroot, Management &management);

} // namespace seatrial::engine
