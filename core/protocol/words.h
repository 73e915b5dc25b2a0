// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <optional>
#include <string_view>

namespace seatrial::protocol {

/// The way back from the words of codec.h; nothing for a word that is unknown.
std::optional<StepStatus> statusFromText(std::string_view text);
std::optional<Waiver> waiverFromText(std::string_view text);
std::optional<Severity> severityFromText(std::string_view text);
std::optional<Outcome> outcomeFromText(std::string_view text);

} // namespace seatrial::protocol
