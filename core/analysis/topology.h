// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/domain/verdict.h"

#include <string>
#include <vector>

namespace seatrial::analysis {

/// A GPU or an adapter in the matrix of a node.
struct TopologyMember {
    std::string label; ///< "GPU0", "NIC3", as `nvidia-smi topo -m` calls it
    domain::PartName part;
    std::string cpus;   ///< near it; empty: not known
    std::string numa;   ///< its NUMA node; empty: not known
    std::string parent; ///< place of what it hangs on: "pcie/0000:14:01.0", "numa/0"
    std::string memoryNear; ///< NUMA nodes whose memory is near, as the driver says: "0,3-9"; empty: not known
    std::string ownNuma;    ///< the NUMA node that its own memory is; empty: it is none
    std::string coherent;   ///< place of the processor that NVLink-C2C joins it to; empty: none
};

/// Who is connected to whom in one node, from the parts that gpu.topology found.
struct NodeTopology {
    std::vector<TopologyMember> members;         ///< GPUs, then adapters, each in their order
    std::vector<std::vector<std::string>> words; ///< "X", "NV18", "PIX", "PXB", "PHB", "NODE", "SYS"; "?": not known. By row, then column
    std::vector<protocol::Part> others;          ///< NUMA nodes, root ports, PCIe switches, NVSwitches

    bool empty() const { return members.empty(); }
};

/// As it was seen last in @p run; empty if the node said nothing of it.
NodeTopology topologyOf(const domain::RunData &run, const domain::NodeId &node);

} // namespace seatrial::analysis
