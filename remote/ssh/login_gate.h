// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace seatrial::remote {

/// Lets a few logins in at a time: sshd drops connections at random once ten of them have not logged in (MaxStartups).
class LoginGate : public std::enable_shared_from_this<LoginGate>
{
public:
    static constexpr int kPlaces = 8;

    /// A place, given back by its end.
    class Place
    {
    public:
        explicit Place(std::shared_ptr<LoginGate> gate) : m_gate(std::move(gate)) {}
        Place(Place &&) noexcept = default;
        ~Place();

    private:
        std::shared_ptr<LoginGate> m_gate;
    };

    /// Waits for a place. Nothing if cancelled.
    std::optional<Place> enter(const std::atomic<bool> &cancelled);

private:
    std::mutex m_mutex;
    std::condition_variable m_left;
    int m_inside = 0;
};

/// The gates of all servers, by name.
class LoginGates
{
public:
    std::shared_ptr<LoginGate> gate(const std::string &name);

private:
    std::mutex m_mutex;
    std::map<std::string, std::weak_ptr<LoginGate>> m_gates;
};

} // namespace seatrial::remote
