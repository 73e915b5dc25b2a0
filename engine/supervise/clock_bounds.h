// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <optional>

namespace seatrial::engine {

/// How far this node's clock is ahead of the desktop's, kept between two bounds. A line that the desktop sent at its time d
/// and that came here at time h shows that the node is at most h − d ahead; a record written here at h that was there at d
/// shows that it is at least h − d ahead. What the line took on its way is all the uncertainty there is.
class ClockBounds
{
public:
    /// A renewal from the desktop. The measurement to be written, if it says something new: the first, one at least twice
    /// as narrow, or one that contradicts the last.
    std::optional<protocol::Measurement> heard(double desktopWall, std::optional<double> aheadAtLeast, double nodeWall);
    /// Whether what was heard last contradicts what was known: one of the clocks was set, or runs wrong.
    bool jumped() const { return m_jumped; }
    double offset() const { return (m_least + m_most) / 2; }

private:
    static constexpr int kMostWritten = 10; ///< of one supervisor

    bool m_known = false;
    bool m_jumped = false;
    double m_least = 0;
    double m_most = 0;
    double m_writtenWidth = 0;
    int m_written = 0;
};

} // namespace seatrial::engine
