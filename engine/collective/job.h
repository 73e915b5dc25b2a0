// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/options.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine::collective {

enum class Operation { AllReduce, AllGather, ReduceScatter, Broadcast, Reduce, AllToAll, SendRecv };

/// "all_reduce", as it stands in parameters and in the names of figures.
std::string_view nameOf(Operation operation);
/// "8 MiB", "65537 B"
std::string sizeText(std::uint64_t bytes);

/// One operation with one size: what is measured at once.
struct Stage {
    Operation operation = Operation::AllReduce;
    std::uint64_t bytes = 0; ///< as it was asked for
};

/// What bytes of a stage mean for a group of a size; the words and factors are those of nccl-tests.
struct Shape {
    std::uint64_t share = 0;   ///< elements of one rank's piece; for operations without pieces: of the buffer
    std::uint64_t input = 0;   ///< elements
    std::uint64_t output = 0;  ///< elements
    double busFactor = 1;      ///< bus bandwidth = algorithm bandwidth × this
    bool summed = false;       ///< elements are floats that are added, not words that are copied

    /// Of the larger of both buffers: what algorithm bandwidth counts.
    std::uint64_t bytes() const;
};
Shape shapeOf(const Stage &stage, int ranks);
constexpr std::uint64_t elementBytes = 4;

/// What a rank is told to do, the same for all of a group but for its place in it.
struct Job {
    std::vector<Stage> stages;
    double seconds = 1;                    ///< per operation and size
    std::uint64_t mostIterations = 100000; ///< per operation and size
    double stageDeadline = 20;             ///< s without getting on

    int rank = 0;
    int size = 0;
    std::string token; ///< whoever does not know it is no member
    std::string root;  ///< address of rank 0; empty: it is this one
    std::uint16_t port = 0;

    /// What a plan may say. What is wrong with it is noted in @p options.
    static Job ofPlan(Options &options);
    /// That, and what only the schedule says.
    static Job ofSchedule(Options &options);
    /// The other way round, for the process that does it.
    protocol::Parameters parameters() const;

    /// Stages of the whole way: 0 meets the others, 1 connects, then those above, then done.
    int lastStage() const { return int(stages.size()) + 2; }
    std::string stageName(int stage) const;
    std::uint64_t largestBuffer() const; ///< bytes
    /// Ranks that were told different things would wait for each other for ever.
    std::uint64_t fingerprint() const;
};

constexpr int mostRanks = 4096;

} // namespace seatrial::engine::collective
