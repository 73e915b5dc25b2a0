// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/plan.h"
#include "core/protocol/stream_reader.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace seatrial::cli {

/// A recorded stream of one node, as known after one reading. Its lines stay in the file: many streams need little memory.
struct Recording {
    struct Step {
        domain::StepKey key;
        domain::CheckId check;
    };

    std::string file;
    domain::NodeId node;
    std::vector<Step> steps; ///< each step once, in their order
    double startedWall = 0;
    double finishedWall = 0;
    std::size_t lines = 0;
    std::size_t unreadable = 0;
    std::size_t firstUnreadable = 0; ///< counted from 1
    std::string unreadableReason;
};

/// Reads @p file once. What no engine would have said in a run is refused, as it is in a run.
domain::Result<Recording> surveyRecording(const std::string &file);

/// Reads it again, and hands its lines on in pieces.
domain::Result<void> readAgain(const Recording &recording, const std::function<void(std::vector<protocol::StreamLine>)> &take);

} // namespace seatrial::cli
