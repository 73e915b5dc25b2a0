// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/login_gate.h"

#include <chrono>

namespace seatrial::remote {

std::optional<LoginGate::Place> LoginGate::enter(const std::atomic<bool> &cancelled)
{
    std::unique_lock lock(m_mutex);
    while (m_inside >= kPlaces && !cancelled)
        m_left.wait_for(lock, std::chrono::milliseconds(50));
    if (cancelled)
        return std::nullopt;
    ++m_inside;
    return Place(shared_from_this());
}

LoginGate::Place::~Place()
{
    if (!m_gate)
        return;
    const std::lock_guard lock(m_gate->m_mutex);
    --m_gate->m_inside;
    m_gate->m_left.notify_one();
}

std::shared_ptr<LoginGate> LoginGates::gate(const std::string &name)
{
    const std::lock_guard lock(m_mutex);
    auto &known = m_gates[name];
    auto gate = known.lock();
    if (!gate) {
        gate = std::make_shared<LoginGate>();
        known = gate;
        std::erase_if(m_gates, [](const auto &entry) { return entry.second.expired(); });
    }
    return gate;
}

} // namespace seatrial::remote
