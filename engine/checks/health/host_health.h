// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

namespace seatrial::engine {

/// What the node says about itself without being loaded: parts, links, counters, the kernel's complaints. Run before and
/// after the others (phase), the counters show what the load brought up.
class HostHealth : public Check
{
public:
    std::string_view id() const override { return "host.health"; }
    std::string_view summary() const override { return "Parts, PCIe and NIC links, error counters, kernel log, throttling, versions"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;
    bool loads() const override { return false; }
    CheckResult run(const CheckContext &context) const override;
};

} // namespace seatrial::engine
