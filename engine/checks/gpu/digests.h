// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// The value that more than half have; nothing if there is none.
std::optional<std::uint64_t> majorityOf(const std::vector<std::uint64_t> &values);

struct OddOne {
    std::string subject; ///< "node" where it cannot be told which of them is wrong
    std::string text;
};

/// Who calculates something else than most: named where most agree. One alone is compared with nobody.
std::vector<OddOne> oddOnesOut(const std::vector<std::string> &subjects, const std::vector<std::uint64_t> &digests);

} // namespace seatrial::engine
