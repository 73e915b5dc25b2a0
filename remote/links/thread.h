// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pthread.h>

#include <functional>

namespace seatrial::remote {

/// A thread with a small stack: there is one for each node that streams, and a fleet has thousands.
class Thread
{
public:
    Thread() = default;
    Thread(const Thread &) = delete;
    Thread &operator=(const Thread &) = delete;
    ~Thread() { join(); }

    /// False if the system has no more threads.
    bool start(std::function<void()> work);
    bool isMe() const;
    /// Waits for its end; called by itself it lets go instead.
    void join();

private:
    pthread_t m_thread{};
    bool m_started = false;
};

} // namespace seatrial::remote
