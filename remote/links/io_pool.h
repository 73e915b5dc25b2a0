// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/links/command.h"
#include "remote/wait.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace seatrial::remote {

/// A stream that an I/O thread serves beside many others. Its functions are called by that thread alone, and none of
/// them may wait.
class IoTask
{
public:
    enum class Next {
        Wait,  ///< for its descriptors, its due time, or a poke
        Again, ///< there is more, but the others shall have their turn first
        Done,  ///< never call again
    };
    virtual ~IoTask() = default;
    virtual std::size_t descriptors(std::span<pollfd, Command::kMaxDescriptors> fds) const = 0;
    virtual Moment due() const = 0;
    virtual Next step() = 0;
};

/// The few threads that follow the streams of all nodes: docs/decisions/0001-ssh-io.md says why not one for each.
class IoPool
{
public:
    class Thread;

    /// @p threads: 0 takes as many as there are processors, at most 4. They start when they are needed.
    explicit IoPool(unsigned threads = 0);
    ~IoPool();
    IoPool(const IoPool &) = delete;
    IoPool &operator=(const IoPool &) = delete;

    /// A handle to a task that is being served.
    class Place
    {
    public:
        Place() = default;
        /// Makes the thread step the task soon. From any thread.
        void poke() const;

    private:
        friend class IoPool;
        struct Slot;
        std::shared_ptr<Slot> m_slot;
        std::shared_ptr<Thread> m_thread;
    };

    /// Nothing if the system has no more threads.
    std::optional<Place> serve(std::shared_ptr<IoTask> task);

    /// Whether the caller is one of the threads of any pool, which must never wait for another stream.
    static bool isIoThread();

private:
    std::mutex m_mutex;
    std::vector<std::shared_ptr<Thread>> m_threads;
};

} // namespace seatrial::remote
