// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/options.h"

#include "engine/measure/text.h"

namespace seatrial::engine {

namespace {

std::string outOfBounds(const std::string &name, const std::string &text, const std::string &kind, const std::string &least,
                        const std::string &most)
{
    return "parameter " + name + " is \"" + printable(text.substr(0, 80)) + "\": expected " + kind + " from " + least + " to " + most;
}

} // namespace

double Options::number(const std::string &name, double fallback, double least, double most)
{
    const auto given = m_parameters.find(name);
    if (given == m_parameters.end())
        return fallback;
    const auto value = parseNumber(given->second);
    if (value && *value >= least && *value <= most)
        return *value;
    note(outOfBounds(name, given->second, "a number", numberText(least), numberText(most)));
    return fallback;
}

std::int64_t Options::integer(const std::string &name, std::int64_t fallback, std::int64_t least, std::int64_t most)
{
    const auto given = m_parameters.find(name);
    if (given == m_parameters.end())
        return fallback;
    const auto value = parseInteger(given->second);
    if (value && *value >= least && *value <= most)
        return *value;
    note(outOfBounds(name, given->second, "an integer", std::to_string(least), std::to_string(most)));
    return fallback;
}

std::string Options::text(const std::string &name, const std::string &fallback) const
{
    const auto given = m_parameters.find(name);
    return given == m_parameters.end() ? fallback : given->second;
}

std::string Options::needed(const std::string &name)
{
    auto value = text(name);
    if (value.empty())
        note("parameter " + name + " is missing");
    return value;
}

void Options::reject(const std::string &name, const std::string &expected)
{
    note("parameter " + name + " is \"" + printable(text(name).substr(0, 80)) + "\": expected " + expected);
}

void Options::note(std::string problem)
{
    if (m_problem.empty())
        m_problem = std::move(problem);
}

} // namespace seatrial::engine
