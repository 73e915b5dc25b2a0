// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/net/socket.h"
#include "engine/collective/job.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine::collective {

/// Addresses under which one rank waits for each of the others; empty for itself.
using Addresses = std::vector<std::vector<char>>;
/// They differ in few bytes, so that the root can keep those of all ranks.
std::string packed(const Addresses &addresses);
std::optional<Addresses> unpacked(std::string_view bytes, int ranks);

/// Where the ranks of a group find each other: rank 0 listens, the others come and say the token. Then addresses are
/// exchanged. The connections stay, to know at once whose process is gone.
///
///   member → root   seatrial-group 1 TOKEN RANK FINGERPRINT
///   root → member   welcome, or: refused WHY (only to who knows the token)
///   both            addresses BYTES, and as many bytes: of the member for all, then of all for the member
///   both            done; root → member: gone RANK, end
class Rendezvous
{
public:
    Rendezvous(const Job &job, const std::atomic<bool> *stop) : m_job(job), m_stop(stop) {}

    /// Rank 0 listens and tells the port, then waits for all others; they go there. A sentence if that fails.
    std::string meet(const std::function<void(std::uint16_t)> &listening);
    /// The address by which the root, or the first member, is reached from here.
    const std::string &ownAddress() const { return m_ownAddress; }
    /// Gives what this rank has for the others; @p forUs is what each has for this one.
    std::string exchange(const Addresses &own, Addresses &forUs);

    /// Looks who is gone, without waiting; once every now and then, by one thread.
    void look();
    /// This rank has done all: tells it, and waits until everybody has, or some seconds.
    void leave();
    /// The first rank whose process is gone, though it was not done; -1: none is known.
    int gone() const { return m_gone; }
    /// Of rank 0: who has not come, after meet() has failed.
    std::vector<int> missing() const;

private:
    struct Member {
        Socket socket;
        int rank = -1;    ///< -1: has not said it yet
        std::string said; ///< of a line that is not whole
        double since = 0;
        bool done = false;
    };
    Patience patience() const;
    std::string gather();
    bool greet(Member &guest);
    std::string join();
    std::string receiveAddresses(Socket &socket, std::string &bytes, std::size_t most) const;
    std::string sendAddresses(Socket &socket, const std::string &bytes) const;
    void heard(Member &from, const std::string &line);
    void lost(Member &member);

    const Job &m_job;
    const std::atomic<bool> *m_stop;
    Socket m_listener;
    std::vector<Member> m_members; ///< of rank 0: those that are welcome; else rank 0 alone
    std::string m_ownAddress;
    std::mutex m_mutex; ///< guards the members once look() may be called
    std::atomic<int> m_gone{-1};
    std::atomic<bool> m_ended{false};
};

} // namespace seatrial::engine::collective
