// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/figures.h"
#include "core/domain/verdict.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::analysis {

/// The parts that nodes said they have, by node and place, so that a finding names what a person has to exchange. What several
/// checks say of one part is joined; of two that contradict, the later one counts.
class PartTable
{
public:
    PartTable(const domain::RunData &run, const NodeTable &nodes);

    /// The part at @p place ("gpu/3") or nullptr.
    const protocol::Part *find(int node, std::string_view place) const;
    /// The parts that @p subject is about: one for "gpu/3", "gpu/3/link/7", "ib/mlx5_0/1" and "pci/0000:5d:00.0", two for "gpu/0→gpu/5", none for "node".
    std::vector<domain::PartName> named(int node, std::string_view subject) const;
    /// "GPU 3 (NVIDIA H100 80GB HBM3, serial 1650123456789, 0000:5d:00.0)", "NVLink 7 of GPU 3 (…)"; empty if no part is known.
    std::string shown(int node, std::string_view subject) const;
    /// The GPUs that @p subject is about; all of the node if it is "node".
    std::vector<const protocol::Part *> gpusOf(int node, std::string_view subject) const;
    /// The same parts, for a sentence that mentions them as "GPU 3" or "gpu/3" but has no subject of its own.
    std::vector<domain::PartName> mentioned(int node, std::string_view sentence) const;

    /// The same for whatever the part is called by: gpu/3 and pci/0000:5d:00.0 are "0000:5d:00.0" if that GPU sits there.
    std::string physical(int node, std::string_view subject) const;

    static std::string shown(const domain::PartName &part);

private:
    void add(int node, const protocol::Part &part);
    /// A part with an identity at this PCI address.
    const protocol::Part *atAddress(int node, std::string_view address) const;
    const protocol::Part *ofSubject(int node, std::string_view subject) const;

    std::vector<std::map<std::string, protocol::Part, std::less<>>> m_parts; ///< by node, then by place
};

} // namespace seatrial::analysis
