// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/live_run.h"

namespace seatrial::campaign {

void LiveRun::add(const domain::NodeId &node, const protocol::Record &record)
{
    const auto &stamp = record.stamp;
    if (const auto *measurement = std::get_if<protocol::Measurement>(&record.body)) {
        if (const auto key = domain::StepKey::fromText(measurement->step))
            m_data.observations.push_back({node, *key, *measurement, stamp.sequence, stamp.wallSeconds, m_simulated.contains(node)});
    } else if (const auto *finished = std::get_if<protocol::StepFinished>(&record.body)) {
        if (const auto key = domain::StepKey::fromText(finished->step))
            m_data.results.push_back({node, *key, *finished});
    } else if (const auto *event = std::get_if<protocol::Event>(&record.body)) {
        m_data.events.push_back({node, *event, stamp.sequence, stamp.wallSeconds});
    } else if (const auto *part = std::get_if<protocol::Part>(&record.body)) {
        m_data.parts.push_back({node, *part});
    } else if (const auto *goodbye = std::get_if<protocol::Goodbye>(&record.body)) {
        if (goodbye->outcome == protocol::Outcome::Finished)
            m_data.goodbyes.push_back(node);
    } else {
        if (const auto *hello = std::get_if<protocol::Hello>(&record.body); hello && hello->simulated)
            m_simulated.insert(node);
        return; // hello, heartbeat and step starts change nothing that is judged
    }
    m_published.reset();
}

void LiveRun::add(domain::NodeFailure failure)
{
    m_data.failures.push_back(std::move(failure));
    m_published.reset();
}

void LiveRun::setState(domain::RunState state, double finishedWall)
{
    m_data.info.state = state;
    m_data.info.finishedWall = finishedWall;
    m_published.reset();
}

std::shared_ptr<const domain::RunData> LiveRun::published()
{
    if (!m_published)
        m_published = std::make_shared<const domain::RunData>(m_data);
    return m_published;
}

std::shared_ptr<const domain::RunData> LiveRun::handOver()
{
    if (!m_published)
        m_published = std::make_shared<const domain::RunData>(std::move(m_data));
    return m_published;
}

} // namespace seatrial::campaign
