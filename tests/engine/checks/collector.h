// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checks/check.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::tests {

/// Keeps what a check says.
class Collector : public engine::Emitter
{
public:
    std::function<void(const protocol::Event &)> onEvent;

    void emit(protocol::Body body) override
    {
        const std::lock_guard lock(m_mutex);
        m_bodies.push_back(body);
        if (const auto *event = std::get_if<protocol::Event>(&body); event && onEvent)
            onEvent(*event);
    }

    template<typename T>
    std::vector<T> all() const
    {
        const std::lock_guard lock(m_mutex);
        std::vector<T> found;
        for (const auto &body : m_bodies) {
            if (const auto *one = std::get_if<T>(&body))
                found.push_back(*one);
        }
        return found;
    }

    std::optional<protocol::Measurement> measurement(const std::string &metric, const std::string &subject) const
    {
        for (auto &one : all<protocol::Measurement>()) {
            if (one.metric == metric && one.subject == subject)
                return one;
        }
        return std::nullopt;
    }

    std::optional<double> value(const std::string &metric, const std::string &subject) const
    {
        const auto found = measurement(metric, subject);
        return found ? std::optional(found->value) : std::nullopt;
    }

    std::vector<protocol::Event> events(const std::string &code) const
    {
        std::vector<protocol::Event> found;
        for (auto &event : all<protocol::Event>()) {
            if (event.code == code)
                found.push_back(event);
        }
        return found;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<protocol::Body> m_bodies;
};

/// A context on this machine; other people's work does not matter to a test of a fraction of a second.
inline engine::CheckContext contextFor(Collector &collector, protocol::Parameters parameters = {})
{
    engine::CheckContext context;
    context.step = "s1";
    context.parameters = std::move(parameters);
    context.allowBusy = true;
    context.out = &collector;
    return context;
}

inline std::filesystem::path sysroot(const char *name)
{
    return std::filesystem::path(SEATRIAL_SOURCE_DIR) / "tests/fixtures/sysroot" / name;
}

} // namespace seatrial::tests
