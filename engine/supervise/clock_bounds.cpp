// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/clock_bounds.h"

#include <algorithm>
#include <cmath>

namespace seatrial::engine {

using namespace protocol;

namespace {

/// What clocks that run well may drift apart while a run lasts (100 ppm of an hour).
constexpr double kDriftSeconds = 0.4;

} // namespace

std::optional<Measurement> ClockBounds::heard(double desktopWall, std::optional<double> aheadAtLeast, double nodeWall)
{
    m_jumped = false;
    const double most = nodeWall - desktopWall;
    if (!aheadAtLeast || !std::isfinite(most) || *aheadAtLeast > most + kDriftSeconds)
        return std::nullopt; // one bound alone is none; and what contradicts itself was heard across a jump
    const double least = std::min(*aheadAtLeast, most);
    m_jumped = m_known && (least > m_most + kDriftSeconds || most < m_least - kDriftSeconds);
    if (!m_known || m_jumped || std::max(least, m_least) > std::min(most, m_most)) {
        m_least = least;
        m_most = most;
    } else {
        m_least = std::max(least, m_least);
        m_most = std::min(most, m_most);
    }
    const bool news = !m_known || m_jumped || m_most - m_least < m_writtenWidth / 2;
    m_known = true;
    if (!news || m_written >= kMostWritten)
        return std::nullopt;
    ++m_written;
    m_writtenWidth = m_most - m_least;
    Measurement measurement;
    measurement.step = "clock#1";
    measurement.check = "clock";
    measurement.metric = "offset";
    measurement.unit = Unit::Seconds;
    measurement.subject = "node";
    measurement.value = offset();
    measurement.spread = {m_least, m_most, 0};
    measurement.parameters = {{"statistic", "middle of two bounds"}, {"half_round_trip_us", std::to_string(std::llround(m_writtenWidth / 2 * 1e6))}};
    return measurement;
}

} // namespace seatrial::engine
