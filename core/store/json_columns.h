// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/record.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace seatrial::store {

/// Text as JSON that comes back exactly, even if its bytes are no UTF-8 (a path may hold any).
nlohmann::json exactText(const std::string &text);
std::string exactText(const nlohmann::json &json);

/// "" for none.
std::string parametersToJson(const protocol::Parameters &parameters);
protocol::Parameters parametersFromJson(const std::string &json);

std::string textsToJson(const std::vector<std::string> &texts);
std::vector<std::string> textsFromJson(const std::string &json);

} // namespace seatrial::store
