// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace seatrial::engine::collective {

/// A page that a rank's process shares with whoever watches it: where it is stands there also when it is stopped or dead.
struct RankPage {
    std::atomic<std::uint64_t> beats{0}; ///< of a thread that does nothing else: the process lives, whatever the rank waits for
    /// The stage above, the iteration last entered in it below, so that both are of one moment.
    std::atomic<std::uint64_t> place{0};

    static constexpr unsigned iterationBits = 40;
    static constexpr std::uint64_t placeOf(int stage, std::uint64_t iteration)
    {
        return std::uint64_t(stage) << iterationBits | (iteration & ((std::uint64_t(1) << iterationBits) - 1));
    }
    static constexpr int stageOf(std::uint64_t place) { return int(place >> iterationBits); }
    static constexpr std::uint64_t iterationOf(std::uint64_t place) { return place & ((std::uint64_t(1) << iterationBits) - 1); }
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

constexpr int pageDescriptor = 3; ///< of the rank's process

/// Words of the events that a rank's process writes for whoever started it.
constexpr const char *listeningWord = "collective.listening"; ///< parameter port
constexpr const char *brokenWord = "collective.broken";       ///< text; parameters cause, peer_rank
constexpr const char *doneWord = "collective.done";
constexpr const char *checkName = "host.collective";
/// Parameter of the order that only tests give: this rank gives one wrong element away, once per operation and size.
constexpr const char *corruptWord = "corrupt";

} // namespace seatrial::engine::collective
