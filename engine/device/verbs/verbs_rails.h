// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/machine.h"
#include "engine/device/verbs/port_loopback.h"

#include <map>
#include <optional>

namespace seatrial::engine::verbs {

/// The InfiniBand and RoCE ports of this node by libibverbs, opened when it is first needed. A process may fork until its
/// first prepare(), loopback() or latency().
class VerbsRails final : public Rails
{
public:
    explicit VerbsRails(PortLoopback::Terms terms) : m_terms(std::move(terms)) {}

    Outcome<std::vector<RailFacts>> list() override;
    Outcome<Done> prepare(const std::string &name, std::uint64_t bytes) override;
    Outcome<double> loopback(const std::string &name, std::uint64_t bytes, int times) override;
    Outcome<double> latency(const std::string &name, int times) override;
    protocol::Parameters details(const std::string &name) const override;

private:
    Outcome<Library> library();
    Outcome<PortLoopback *> port(const std::string &name);

    PortLoopback::Terms m_terms;
    std::optional<Library> m_library;
    std::map<std::string, std::unique_ptr<PortLoopback>> m_open;
};

} // namespace seatrial::engine::verbs
