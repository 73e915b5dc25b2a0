// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"
#include "engine/measure/samples.h"

#include <string>
#include <string_view>

namespace seatrial::engine {

/// Writes what a check found, with the step, the check and the parameters that all its measurements share filled in.
class Reporter
{
public:
    Reporter(const CheckContext &context, std::string_view check);

    /// Becomes part of every measurement from now on.
    void share(const std::string &name, std::string value) { m_shared[name] = std::move(value); }

    /// The median of @p samples.
    void measured(std::string metric, protocol::Unit unit, std::string subject, const Samples &samples,
                  protocol::Parameters parameters = {}) const;
    /// A value that was read once.
    void read(std::string metric, protocol::Unit unit, std::string subject, double value,
              protocol::Parameters parameters = {}) const;
    /// A value that @p count others were condensed to already.
    void counted(std::string metric, protocol::Unit unit, std::string subject, double value, std::uint64_t count,
                 const protocol::Spread &spread, protocol::Parameters parameters = {}) const;
    void event(protocol::Severity severity, std::string code, std::string subject, std::string text,
               protocol::Parameters parameters = {}) const;
    void part(protocol::Part part) const;

private:
    void emit(protocol::Body body) const;

    Emitter *m_out;
    std::string m_step;
    std::string m_check;
    protocol::Parameters m_shared;
};

} // namespace seatrial::engine
