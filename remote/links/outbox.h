// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <mutex>
#include <string>

namespace seatrial::remote {

/// Bytes on their way to a command: put in by any thread, taken by the one that polls. Its descriptor wakes that thread.
class Outbox
{
public:
    /// More than this unsent means that the other side does not read.
    static constexpr std::size_t kMaxBytes = 8u << 20;

    Outbox();
    Outbox(const Outbox &) = delete;
    Outbox &operator=(const Outbox &) = delete;
    ~Outbox();

    void put(std::string bytes);
    void close();
    bool closed() const { return m_closed.load(); }
    bool overflown() const { return m_overflown.load(); }

    /// Readable when something was put in or the box was closed.
    int descriptor() const { return m_descriptor; }
    /// Moves everything put in to the end of @p pending.
    void takeInto(std::string &pending);

private:
    void wake();

    int m_descriptor = -1;
    std::mutex m_mutex;
    std::string m_bytes;
    std::atomic<bool> m_closed{false};
    std::atomic<bool> m_overflown{false};
};

} // namespace seatrial::remote
