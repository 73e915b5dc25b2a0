// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/reporter.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace seatrial::engine {

Reporter::Reporter(const CheckContext &context, std::string_view check)
    : m_out(context.out), m_step(context.step), m_check(check)
{
}

void Reporter::measured(std::string metric, protocol::Unit unit, std::string subject, const Samples &samples,
                        protocol::Parameters parameters) const
{
    parameters.insert(m_shared.begin(), m_shared.end());
    emit(protocol::Measurement{m_step, m_check, std::move(metric), unit, std::move(subject), samples.median(),
                               std::uint32_t(samples.size()), samples.spread(), std::move(parameters)});
}

void Reporter::read(std::string metric, protocol::Unit unit, std::string subject, double value,
                    protocol::Parameters parameters) const
{
    measured(std::move(metric), unit, std::move(subject), Samples({value}), std::move(parameters));
}

void Reporter::counted(std::string metric, protocol::Unit unit, std::string subject, double value, std::uint64_t count,
                       const protocol::Spread &spread, protocol::Parameters parameters) const
{
    parameters.insert(m_shared.begin(), m_shared.end());
    const auto samples = std::uint32_t(std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
    emit(protocol::Measurement{m_step, m_check, std::move(metric), unit, std::move(subject), value, samples, spread, std::move(parameters)});
}

void Reporter::event(protocol::Severity severity, std::string code, std::string subject, std::string text,
                     protocol::Parameters parameters) const
{
    emit(protocol::Event{severity, std::move(code), m_step, std::move(subject), std::move(text), std::move(parameters)});
}

void Reporter::part(protocol::Part part) const
{
    emit(std::move(part));
}

void Reporter::emit(protocol::Body body) const
{
    if (m_out)
        m_out->emit(std::move(body));
}

} // namespace seatrial::engine
