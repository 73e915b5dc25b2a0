// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_topology.h"

#include "engine/checks/gpu/topology.h"
#include "engine/checks/health/pci_devices.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/device/machine.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

using protocol::Severity;
using protocol::Unit;

constexpr std::size_t kMostSaid = 8; ///< sentences of one kind

class TopologyReport
{
public:
    TopologyReport(const CheckContext &context, const Topology &topology) : m_reporter(context, "gpu.topology"), m_topology(topology)
    {
        m_reporter.share("provenance", context.machine->provenance());
        if (!topology.board.empty())
            m_reporter.share("board", topology.board);
    }

    void parts() const
    {
        for (const auto *parts : {&m_topology.numaNodes, &m_topology.bridges}) {
            for (const protocol::Part &part : *parts)
                m_reporter.part(part);
        }
        for (const auto *rows : {&m_topology.gpus, &m_topology.nics, &m_topology.nvswitches}) {
            for (const TopologyRow &row : *rows)
                m_reporter.part(row.part);
        }
    }

    void counts() const
    {
        const auto count = [&](const char *metric, std::size_t number) { m_reporter.read(metric, Unit::Count, "node", double(number)); };
        const auto known = std::count_if(m_topology.gpus.begin(), m_topology.gpus.end(), [](const TopologyRow &row) { return row.gpu >= 0; });
        count("gpus", std::size_t(known) - std::min(std::size_t(known), m_topology.lost.size()));
        count("gpus_on_bus", std::size_t(m_topology.gpusOnBus));
        count("nics", m_topology.nics.size());
        count("nvswitches", m_topology.nvswitches.size());
        count("numa_nodes", m_topology.numaNodes.size());
    }

    void links() const
    {
        for (const auto *rows : {&m_topology.gpus, &m_topology.nics}) {
            for (const TopologyRow &row : *rows) {
                if (row.pci)
                    reportPciLink(m_reporter, row.pci->folder, row.part.place, {{"pci_address", row.pci->address}});
                if (row.nvlinks)
                    m_reporter.read("nvlinks", Unit::Count, row.part.place, *row.nvlinks);
                if (row.coherentLinks)
                    m_reporter.read("c2c_active", Unit::Count, row.part.place, *row.coherentLinks);
                if (row.coherentSpeed)
                    m_reporter.read("c2c_speed", Unit::GigabytesPerSecond, row.part.place, *row.coherentSpeed);
            }
        }
    }

    void events() const
    {
        if (!m_topology.driverTrouble.empty() && m_topology.gpusOnBus > 0)
            m_reporter.event(Severity::Warning, "topology.no_driver", "node",
                             std::to_string(m_topology.gpusOnBus) + " GPUs are on the PCI bus, and the driver was not asked: " + m_topology.driverTrouble);
        for (std::size_t index = 0; index < std::min(kMostSaid, m_topology.disagreements.size()); ++index)
            m_reporter.event(Severity::Warning, "topology.disagree", "node", m_topology.disagreements[index]);
        for (const TopologyRow &gpu : m_topology.gpus) {
            if (!gpu.pci)
                m_reporter.event(Severity::Warning, "topology.not_found", gpu.part.place, gpu.part.place + " is known to the driver, and sysfs shows no such PCI device");
        }
    }

private:
    Reporter m_reporter;
    const Topology &m_topology;
};

} // namespace

CheckResult GpuTopology::run(const CheckContext &context) const
{
    const Options options(context.parameters);
    if (const auto problem = options.problem(); !problem.empty())
        return CheckResult::error(problem);
    const auto sysroot = context.machine->sysroot();
    const PciTree tree(sysroot);
    const Topology topology = readTopology(tree, sysroot, context.machine->management());
    const TopologyReport report(context, topology);
    report.counts(); // also of a node without GPUs: its neighbours may have some
    if (topology.gpus.empty())
        return CheckResult::notPresent("no GPU: " + (topology.driverTrouble.empty() ? std::string("the driver knows none") : topology.driverTrouble));
    report.parts();
    report.links();
    report.events();
    if (!topology.lost.empty())
        return CheckResult::failed(topology.lost.front() + (topology.lost.size() > 1 ? "; and " + std::to_string(topology.lost.size() - 1) + " more" : ""));
    return CheckResult::completed();
}

} // namespace seatrial::engine
