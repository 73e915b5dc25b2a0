// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/secret_keeper.h"
#include "remote/ssh/known_hosts.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace seatrial::remote {

/// Overwrites @p text before it is emptied.
void wipe(std::string &text);

/// A text that is overwritten when it goes.
class Secret
{
public:
    Secret() = default;
    explicit Secret(std::string &&text) { m_text.swap(text); wipe(text); }
    Secret(Secret &&other) noexcept { m_text.swap(other.m_text); }
    Secret &operator=(Secret &&other) noexcept;
    ~Secret() { wipe(m_text); }

    const std::string &text() const { return m_text; }
    Secret copy() const { return Secret(std::string(m_text)); }

private:
    std::string m_text;
};

/// What persons answered, for all links of the program and until it ends: in memory alone. Each secret has a slot of
/// which one thread at a time has the turn; so of many nodes that need the same secret one asks, and the others wait
/// for the answer.
class Secrets
{
public:
    struct Slot {
        std::optional<Secret> value; ///< of a password: an answer, tried or not
        bool accepted = false;       ///< some node took it
        bool keep = false;           ///< to be kept once it is accepted
        bool lookedUp = false;       ///< whether the keeper was asked
        Key key;                     ///< of a key file: what was unlocked
        int declinedRun = -1;        ///< the run in which nobody answered

    private:
        friend class Secrets;
        bool taken = false;
    };

    /// The right to look at a slot and to change it; given back at its end.
    class Turn
    {
    public:
        Turn(Secrets &secrets, Slot &slot) : m_secrets(&secrets), m_slot(&slot) {}
        Turn(Turn &&other) noexcept : m_secrets(std::exchange(other.m_secrets, nullptr)), m_slot(other.m_slot) {}
        ~Turn() { release(); }
        Slot *operator->() const { return m_slot; }
        void release();

    private:
        Secrets *m_secrets;
        Slot *m_slot;
    };

    explicit Secrets(std::shared_ptr<campaign::SecretKeeper> keeper = nullptr) : m_keeper(std::move(keeper)) {}

    /// Nothing if @p cancelled.
    std::optional<Turn> turn(const std::string &name, const std::atomic<bool> &cancelled);
    /// Null if nothing can be kept.
    campaign::SecretKeeper *keeper() const { return m_keeper.get(); }

    /// A new run asks again what nobody would answer in the last one, and may try again what was refused in it.
    void beginRun();
    int run() const { return m_run; }

    void noteRefused(const std::string &account, const std::string &secret);
    /// Whether @p account ("ops@10.0.0.3") refused it in this run.
    bool wasRefused(const std::string &account, const std::string &secret) const;

private:
    std::shared_ptr<campaign::SecretKeeper> m_keeper;
    mutable std::mutex m_mutex;
    std::condition_variable m_released;
    std::map<std::string, Slot> m_slots;
    std::set<std::pair<std::string, std::size_t>> m_refused; ///< with the hash of the answer, which is kept nowhere
    std::atomic<int> m_run{0};
};

} // namespace seatrial::remote
