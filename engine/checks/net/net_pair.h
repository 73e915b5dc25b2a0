// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/load_check.h"
#include "engine/checks/net/transfer.h"

namespace seatrial::engine {

/// TCP between two nodes: one runs role=serve and tells its port, the other role=measure and reports both directions.
class NetPair : public LoadCheck
{
public:
    explicit NetPair(FaultyBlock faulty = -1) : m_faulty(faulty) {}

    std::string_view id() const override { return "net.pair"; }
    std::string_view summary() const override { return "TCP throughput in both directions and latency between two nodes, data verified"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    CheckResult serve(const CheckContext &context) const;
    CheckResult measure(const CheckContext &context) const;

    FaultyBlock m_faulty;
};

} // namespace seatrial::engine
