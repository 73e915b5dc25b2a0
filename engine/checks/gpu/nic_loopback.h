// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/load_check.h"

namespace seatrial::engine {

/// Bandwidth and latency of each port between nodes: what it writes by RDMA goes out of its send queue and comes back to it, so
/// that it crosses PCIe both ways. Each write is compared with what was sent.
class NicLoopback : public LoadCheck
{
public:
    std::string_view id() const override { return "nic.loopback"; }
    std::string_view summary() const override { return "Each InfiniBand or RoCE port against itself, by RDMA"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    bool loadsDevices() const override { return true; }
    std::optional<CheckResult> absence(const CheckContext &context) const override;
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
