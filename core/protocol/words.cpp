// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/words.h"

#include "core/protocol/codec.h"
#include "core/protocol/unit.h"

#include <array>
#include <cstddef>

namespace seatrial::protocol {

namespace {

// Each table is indexed by the value of its enumeration.
constexpr std::array<std::string_view, 16> kUnits = {
    "", "count", "GB/s", "Gbit/s", "GFLOP/s", "ops/s", "s", "us", "ns", "B", "%", "degC", "W", "MHz", "GT/s", "lanes",
};
static_assert(kUnits.size() == static_cast<std::size_t>(Unit::Lanes) + 1);

constexpr std::array<std::string_view, 6> kStatuses = {
    "completed", "failed", "waived", "error", "timeout", "abandoned",
};
static_assert(kStatuses.size() == static_cast<std::size_t>(StepStatus::Abandoned) + 1);

constexpr std::array<std::string_view, 3> kWaivers = {"none", "not present", "not permitted"};
static_assert(kWaivers.size() == static_cast<std::size_t>(Waiver::NotPermitted) + 1);

constexpr std::array<std::string_view, 3> kSeverities = {"info", "warning", "error"};
static_assert(kSeverities.size() == static_cast<std::size_t>(Severity::Error) + 1);

constexpr std::array<std::string_view, 4> kOutcomes = {"finished", "cancelled", "lease expired", "broken"};
static_assert(kOutcomes.size() == static_cast<std::size_t>(Outcome::Broken) + 1);

template<typename Enum, std::size_t N>
std::string_view word(const std::array<std::string_view, N> &words, Enum value)
{
    const auto index = static_cast<std::size_t>(value);
    return index < N ? words[index] : std::string_view("?");
}

template<typename Enum, std::size_t N>
std::optional<Enum> fromWord(const std::array<std::string_view, N> &words, std::string_view text)
{
    for (std::size_t index = 0; index < N; ++index) {
        if (words[index] == text)
            return static_cast<Enum>(index);
    }
    return std::nullopt;
}

} // namespace

std::string_view unitText(Unit unit) { return word(kUnits, unit); }
std::string_view statusText(StepStatus status) { return word(kStatuses, status); }
std::string_view waiverText(Waiver waiver) { return word(kWaivers, waiver); }
std::string_view severityText(Severity severity) { return word(kSeverities, severity); }
std::string_view outcomeText(Outcome outcome) { return word(kOutcomes, outcome); }

std::optional<Unit> unitFromText(std::string_view text) { return fromWord<Unit>(kUnits, text); }
std::optional<StepStatus> statusFromText(std::string_view text) { return fromWord<StepStatus>(kStatuses, text); }
std::optional<Waiver> waiverFromText(std::string_view text) { return fromWord<Waiver>(kWaivers, text); }
std::optional<Severity> severityFromText(std::string_view text) { return fromWord<Severity>(kSeverities, text); }
std::optional<Outcome> outcomeFromText(std::string_view text) { return fromWord<Outcome>(kOutcomes, text); }

} // namespace seatrial::protocol
