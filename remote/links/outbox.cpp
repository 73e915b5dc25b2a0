// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/outbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace seatrial::remote {

Outbox::Outbox() : m_descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Outbox::~Outbox()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

void Outbox::put(std::string bytes)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_bytes.size() + bytes.size() > kMaxBytes)
            m_overflown = true;
        else
            m_bytes += bytes;
    }
    wake();
}

void Outbox::close()
{
    m_closed = true;
    wake();
}

void Outbox::takeInto(std::string &pending)
{
    eventfd_t ignored = 0;
    eventfd_read(m_descriptor, &ignored);
    const std::lock_guard lock(m_mutex);
    if (pending.size() + m_bytes.size() > kMaxBytes)
        m_overflown = true;
    pending += m_bytes;
    m_bytes.clear();
    m_bytes.shrink_to_fit();
}

void Outbox::wake()
{
    eventfd_write(m_descriptor, 1);
}

} // namespace seatrial::remote
