// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/thread.h"

#include <memory>

namespace seatrial::remote {

namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

void *enter(void *argument)
{
    const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()> *>(argument));
    (*work)();
    return nullptr;
}

} // namespace

bool Thread::start(std::function<void()> work)
{
    auto argument = std::make_unique<std::function<void()>>(std::move(work));
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    m_started = pthread_create(&m_thread, &attributes, enter, argument.get()) == 0;
    pthread_attr_destroy(&attributes);
    if (m_started)
        argument.release();
    return m_started;
}

bool Thread::isMe() const
{
    return m_started && pthread_equal(m_thread, pthread_self()) != 0;
}

void Thread::join()
{
    if (!m_started)
        return;
    if (isMe())
        pthread_detach(m_thread);
    else
        pthread_join(m_thread, nullptr);
    m_started = false;
}

} // namespace seatrial::remote
