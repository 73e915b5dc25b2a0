// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/load_check.h"

#include <functional>
#include <span>

namespace seatrial::engine {

/// Memory bandwidth by STREAM's loops and its way to count: copy and scale move two arrays, add and triad three, read
/// one. Every result is verified to the bit.
class HostMemory : public LoadCheck
{
public:
    /// Sees the array that a loop has written before it is verified; a test breaks it there.
    using Tamper = std::function<void(std::string_view kernel, std::span<double> written)>;

    explicit HostMemory(Tamper tamper = {}) : m_tamper(std::move(tamper)) {}

    std::string_view id() const override { return "host.memory"; }
    std::string_view summary() const override { return "Memory bandwidth (copy, scale, add, triad, read), results verified"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    Tamper m_tamper;
};

} // namespace seatrial::engine
