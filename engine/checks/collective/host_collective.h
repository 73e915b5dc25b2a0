// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/collective/parts.h"
#include "engine/checks/load_check.h"

namespace seatrial::engine {

/// Collective operations over TCP between the nodes of a group, one rank a node, data verified. Rank 0 runs role=root and
/// tells its port, the others role=member.
class HostCollective : public LoadCheck
{
public:
    /// What a test has it do wrong.
    enum class Fault {
        None,
        OneWrongElement, ///< this rank gives one wrong element away, once per operation and size
    };

    explicit HostCollective(Fault fault = Fault::None, const CollectiveParts &parts = collectiveParts(), std::string libc = {});

    std::string_view id() const override { return "host.collective"; }
    std::string_view summary() const override { return "collective operations over TCP between the nodes of a group, data verified"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    std::optional<CheckResult> absence(const CheckContext &context) const override;
    CheckResult load(const CheckContext &context) const override;

private:
    Fault m_fault;
    const CollectiveParts &m_parts;
    std::string m_libc; ///< of this node
};

} // namespace seatrial::engine
