// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace seatrial::engine {

/// The parameters of a step as values within bounds. The first bad one is kept as a sentence for the person who wrote
/// it; the check asks for @c problem after it has read all it wants.
class Options
{
public:
    explicit Options(const protocol::Parameters &parameters) : m_parameters(parameters) {}

    double number(const std::string &name, double fallback, double least, double most);
    std::int64_t integer(const std::string &name, std::int64_t fallback, std::int64_t least, std::int64_t most);
    std::string text(const std::string &name, const std::string &fallback = {}) const;
    /// As text(), but must not be empty.
    std::string needed(const std::string &name);

    /// The text of @p name is none of those that are meant: @p expected says which.
    void reject(const std::string &name, const std::string &expected);

    bool bad() const { return !m_problem.empty(); }
    const std::string &problem() const { return m_problem; }

private:
    void note(std::string problem);

    const protocol::Parameters &m_parameters;
    std::string m_problem;
};

} // namespace seatrial::engine
