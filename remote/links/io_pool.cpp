// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/io_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>
#include <thread>

namespace seatrial::remote {

namespace {
thread_local bool t_isIoThread = false;
}

struct IoPool::Place::Slot {
    std::shared_ptr<IoTask> task;
    std::atomic<bool> poked{true};
    bool again = false;
    std::size_t firstDescriptor = 0;
    std::size_t descriptorCount = 0;
};

/// One thread and its tasks. The running thread keeps it alive, because the pool may be destroyed by a task.
class IoPool::Thread : public std::enable_shared_from_this<IoPool::Thread>
{
public:
    Thread() : m_wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~Thread()
    {
        if (m_wake >= 0)
            close(m_wake);
    }

    bool start();
    void stop();
    bool started() const { return m_thread.joinable(); }
    int load() const { return m_load; }
    void add(std::shared_ptr<Place::Slot> slot);
    void wake() const { eventfd_write(m_wake, 1); }

private:
    void run();
    void takeNew();
    int arrange();
    void stepReady();
    bool isReady(const Place::Slot &slot) const;

    int m_wake;
    std::thread m_thread;
    std::atomic<bool> m_stopping{false};
    std::atomic<int> m_load{0};
    std::mutex m_mutex;
    std::vector<std::shared_ptr<Place::Slot>> m_new;
    std::vector<std::shared_ptr<Place::Slot>> m_slots;
    std::vector<pollfd> m_fds;
};

bool IoPool::Thread::start()
{
    try {
        m_thread = std::thread([self = shared_from_this()] { self->run(); });
    } catch (const std::system_error &) {
        return false;
    }
    return true;
}

void IoPool::Thread::stop()
{
    m_stopping = true;
    wake();
    if (!m_thread.joinable())
        return;
    if (m_thread.get_id() == std::this_thread::get_id())
        m_thread.detach();
    else
        m_thread.join();
}

void IoPool::Thread::add(std::shared_ptr<Place::Slot> slot)
{
    ++m_load;
    {
        const std::lock_guard lock(m_mutex);
        m_new.push_back(std::move(slot));
    }
    wake();
}

void IoPool::Thread::run()
{
    t_isIoThread = true;
    // All links, and with them all tasks, are closed before their pool; what is left then ends by itself.
    while (!m_stopping || m_load > 0) {
        takeNew();
        const int milliseconds = arrange();
        poll(m_fds.data(), m_fds.size(), milliseconds);
        eventfd_t ignored = 0;
        eventfd_read(m_wake, &ignored);
        stepReady();
    }
}

void IoPool::Thread::takeNew()
{
    const std::lock_guard lock(m_mutex);
    m_slots.insert(m_slots.end(), std::make_move_iterator(m_new.begin()), std::make_move_iterator(m_new.end()));
    m_new.clear();
}

/// Fills in what to poll for; returns how long, in milliseconds.
int IoPool::Thread::arrange()
{
    m_fds.assign(1, pollfd{m_wake, POLLIN, 0});
    double seconds = 3600;
    for (const auto &slot : m_slots) {
        std::array<pollfd, Command::kMaxDescriptors> fds;
        slot->firstDescriptor = m_fds.size();
        slot->descriptorCount = slot->task->descriptors(fds);
        m_fds.insert(m_fds.end(), fds.begin(), fds.begin() + static_cast<std::ptrdiff_t>(slot->descriptorCount));
        seconds = slot->again || slot->poked ? 0.0 : std::min(seconds, secondsUntil(slot->task->due()));
    }
    return static_cast<int>(std::ceil(seconds * 1000));
}

bool IoPool::Thread::isReady(const Place::Slot &slot) const
{
    const auto fds = std::span(m_fds).subspan(slot.firstDescriptor, slot.descriptorCount);
    return slot.again || std::any_of(fds.begin(), fds.end(), [](const pollfd &fd) { return fd.revents != 0; })
        || secondsUntil(slot.task->due()) <= 0;
}

void IoPool::Thread::stepReady()
{
    std::erase_if(m_slots, [this](const auto &slot) {
        const bool poked = slot->poked.exchange(false);
        if (!poked && !isReady(*slot))
            return false;
        const IoTask::Next next = slot->task->step();
        slot->again = next == IoTask::Next::Again;
        if (next != IoTask::Next::Done)
            return false;
        --m_load;
        return true;
    });
}

IoPool::IoPool(unsigned threads)
{
    if (threads == 0)
        threads = std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
    for (unsigned i = 0; i < threads; ++i)
        m_threads.push_back(std::make_shared<Thread>());
}

IoPool::~IoPool()
{
    for (const auto &thread : m_threads)
        thread->stop();
}

std::optional<IoPool::Place> IoPool::serve(std::shared_ptr<IoTask> task)
{
    const std::lock_guard lock(m_mutex);
    const auto least = std::min_element(m_threads.begin(), m_threads.end(),
                                        [](const auto &a, const auto &b) { return a->load() < b->load(); });
    if (!(*least)->started() && !(*least)->start())
        return std::nullopt;
    Place place;
    place.m_thread = *least;
    place.m_slot = std::make_shared<Place::Slot>();
    place.m_slot->task = std::move(task);
    (*least)->add(place.m_slot);
    return place;
}

bool IoPool::isIoThread()
{
    return t_isIoThread;
}

void IoPool::Place::poke() const
{
    if (!m_slot || m_slot->poked.exchange(true))
        return;
    m_thread->wake();
}

} // namespace seatrial::remote
