// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/secrets.h"

#include <chrono>
#include <cstring>
#include <functional>
#include <random>

namespace seatrial::remote {

namespace {

/// Different in every process, so that it says nothing about the answer to whoever sees it.
std::size_t hashed(const std::string &secret)
{
    static const std::string salt = std::to_string(std::random_device{}()) + std::to_string(std::random_device{}());
    std::string salted = salt + secret;
    const std::size_t hash = std::hash<std::string>{}(salted);
    wipe(salted);
    return hash;
}

} // namespace

void wipe(std::string &text)
{
    text.resize(text.capacity());
    explicit_bzero(text.data(), text.size());
    text.clear();
}

Secret &Secret::operator=(Secret &&other) noexcept
{
    if (this != &other) {
        wipe(m_text);
        m_text.swap(other.m_text);
    }
    return *this;
}

void Secrets::Turn::release()
{
    if (m_secrets == nullptr)
        return;
    {
        const std::lock_guard lock(m_secrets->m_mutex);
        m_slot->taken = false;
    }
    m_secrets->m_released.notify_all();
    m_secrets = nullptr;
}

std::optional<Secrets::Turn> Secrets::turn(const std::string &name, const std::atomic<bool> &cancelled)
{
    std::unique_lock lock(m_mutex);
    Slot &slot = m_slots[name];
    while (slot.taken) {
        if (cancelled)
            return std::nullopt;
        m_released.wait_for(lock, std::chrono::milliseconds(50));
    }
    if (cancelled)
        return std::nullopt;
    slot.taken = true;
    return Turn(*this, slot);
}

void Secrets::beginRun()
{
    const std::lock_guard lock(m_mutex);
    ++m_run;
    m_refused.clear();
}

void Secrets::noteRefused(const std::string &account, const std::string &secret)
{
    const std::lock_guard lock(m_mutex);
    m_refused.emplace(account, hashed(secret));
}

bool Secrets::wasRefused(const std::string &account, const std::string &secret) const
{
    const std::lock_guard lock(m_mutex);
    return m_refused.contains({account, hashed(secret)});
}

} // namespace seatrial::remote
