// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"

#include <memory>
#include <set>

namespace seatrial::campaign {

/// The data of a run as its records arrive.
class LiveRun
{
public:
    explicit LiveRun(domain::RunData data) : m_data(std::move(data)) {}

    void add(const domain::NodeId &node, const protocol::Record &record);
    void add(domain::NodeFailure failure);
    void setState(domain::RunState state, double finishedWall);

    const domain::RunData &data() const { return m_data; }
    /// A copy that nobody changes any more; the same one as before if nothing was added.
    std::shared_ptr<const domain::RunData> published();
    /// The data itself, which is gone from here afterwards.
    std::shared_ptr<const domain::RunData> handOver();

private:
    domain::RunData m_data;
    std::set<domain::NodeId> m_simulated;
    std::shared_ptr<const domain::RunData> m_published;
};

} // namespace seatrial::campaign
