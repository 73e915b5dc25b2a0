// SPDX-License-Identifier: Apache-2.0
#include "engine/collective/rendezvous.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <list>

namespace seatrial::engine::collective {

namespace {

constexpr std::string_view greeting = "seatrial-group 1 ";
constexpr std::size_t longestLine = 256;
constexpr double greetingSeconds = 3; ///< for whoever connects to say who it is
constexpr std::size_t mostGuests = 256; ///< that have not said it yet
constexpr std::size_t longestAddress = 192;
constexpr double leaveSeconds = 5;

void put(std::string &bytes, std::uint32_t number)
{
    for (int shift = 0; shift < 32; shift += 8)
        bytes += char(number >> shift & 255);
}

std::optional<std::uint32_t> taken(std::string_view &bytes)
{
    if (bytes.size() < 4)
        return std::nullopt;
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i)
        number |= std::uint32_t(std::uint8_t(bytes[std::size_t(i)])) << (8 * i);
    bytes.remove_prefix(4);
    return number;
}

std::size_t mostPacked(int ranks)
{
    return 12 + longestAddress * (std::size_t(ranks) + 1);
}

/// What has come of a line, at most to its end. False if nobody is there any more, or it is too long.
bool readOn(Socket &socket, std::string &line, bool &whole)
{
    whole = false;
    while (line.size() <= longestLine) {
        std::byte next;
        std::size_t got = 0;
        const auto end = socket.receiveSome({&next, 1}, {Deadline::after(0)}, got);
        if (end == IoEnd::TimedOut)
            return true;
        if (end != IoEnd::Done)
            return false;
        if (char(next) == '\n') {
            whole = true;
            return true;
        }
        line += char(next);
    }
    return false;
}

} // namespace

std::string packed(const Addresses &addresses)
{
    const std::vector<char> *sample = nullptr;
    for (const auto &one : addresses) {
        if (!one.empty())
            sample = &one;
    }
    std::string bytes;
    if (!sample || std::ranges::any_of(addresses, [&](const auto &one) { return !one.empty() && one.size() != sample->size(); }))
        return bytes; // which nobody takes for addresses
    std::size_t first = sample->size(), last = 0; // the bytes in which they differ
    for (const auto &one : addresses) {
        for (std::size_t i = 0; i < one.size(); ++i) {
            if (one[i] != (*sample)[i]) {
                first = std::min(first, i);
                last = std::max(last, i + 1);
            }
        }
    }
    first = std::min(first, last);
    put(bytes, std::uint32_t(sample->size()));
    put(bytes, std::uint32_t(first));
    put(bytes, std::uint32_t(last));
    bytes.append(sample->data(), sample->size());
    for (const auto &one : addresses) {
        const auto &there = one.empty() ? *sample : one;
        bytes.append(there.data() + first, last - first);
    }
    return bytes;
}

std::optional<Addresses> unpacked(std::string_view bytes, int ranks)
{
    const auto size = taken(bytes), first = taken(bytes), last = taken(bytes);
    if (!size || !first || !last || *size == 0 || *size > longestAddress || *first > *last || *last > *size
        || bytes.size() != *size + std::size_t(ranks) * (*last - *first))
        return std::nullopt;
    const std::vector<char> sample(bytes.begin(), bytes.begin() + *size);
    bytes.remove_prefix(*size);
    Addresses addresses;
    for (int rank = 0; rank < ranks; ++rank) {
        addresses.push_back(sample);
        std::memcpy(addresses.back().data() + *first, bytes.data(), *last - *first);
        bytes.remove_prefix(*last - *first);
    }
    return addresses;
}

/// Address number @p index of what was packed, and found well by unpacked().
static std::vector<char> onePacked(std::string_view bytes, std::size_t index)
{
    const auto size = *taken(bytes), first = *taken(bytes), last = *taken(bytes);
    std::vector<char> address(bytes.begin(), bytes.begin() + size);
    std::memcpy(address.data() + first, bytes.data() + size + index * (last - first), last - first);
    return address;
}

Patience Rendezvous::patience() const
{
    return {Deadline::after(m_job.stageDeadline), m_stop};
}

std::string Rendezvous::meet(const std::function<void(std::uint16_t)> &listening)
{
    if (m_job.rank > 0)
        return join();
    m_listener = Socket::listenOn({});
    if (!m_listener.isOpen())
        return "cannot listen on any address: " + m_listener.problem();
    listening(m_listener.localPort());
    return gather();
}

std::string Rendezvous::gather()
{
    std::list<Member> guests;
    const auto waiting = patience();
    while (int(m_members.size()) < m_job.size - 1) {
        if (waiting.over())
            return "only " + std::to_string(m_members.size()) + " of " + std::to_string(m_job.size - 1) + " other ranks came";
        if (guests.size() < mostGuests) {
            auto socket = m_listener.accept({Deadline::after(0.01), m_stop});
            if (socket.isOpen())
                guests.push_back({std::move(socket), -1, {}, monotonicSeconds(), false});
        }
        for (auto guest = guests.begin(); guest != guests.end();) {
            bool whole = false;
            if (!readOn(guest->socket, guest->said, whole) || monotonicSeconds() - guest->since > greetingSeconds) {
                guest = guests.erase(guest);
            } else if (whole) {
                if (greet(*guest))
                    m_members.push_back(std::move(*guest));
                guest = guests.erase(guest);
            } else {
                ++guest;
            }
        }
    }
    m_listener.close();
    std::ranges::sort(m_members, {}, &Member::rank);
    return {};
}

/// Whether it is one of us. Who does not know the token hears nothing.
bool Rendezvous::greet(Member &guest)
{
    const std::string said = std::exchange(guest.said, {});
    const auto parts = words(said);
    if (!said.starts_with(greeting) || parts.size() != 5 || parts[2] != m_job.token)
        return false;
    const auto rank = parseInteger(parts[3]);
    std::string why;
    if (!rank || *rank < 1 || *rank >= m_job.size)
        why = "no such rank";
    else if (parts[4] != hexText(m_job.fingerprint()))
        why = "it was told to measure something else";
    else if (std::ranges::find(m_members, int(*rank), &Member::rank) != m_members.end())
        why = "this rank has come already";
    const Patience soon{Deadline::after(greetingSeconds), m_stop};
    if (!why.empty()) {
        guest.socket.send("refused " + why + '\n', soon);
        return false;
    }
    guest.rank = int(*rank);
    if (m_ownAddress.empty())
        m_ownAddress = guest.socket.localAddress();
    guest.socket.sendAtOnce();
    return guest.socket.send("welcome\n", soon) == IoEnd::Done;
}

std::string Rendezvous::join()
{
    const auto where = printable(m_job.root) + " port " + std::to_string(m_job.port);
    Member root;
    root.rank = 0;
    root.socket = Socket::connectTo(m_job.root, m_job.port, patience());
    if (!root.socket.isOpen())
        return "cannot reach rank 0 at " + where + ": " + root.socket.problem();
    m_ownAddress = root.socket.localAddress();
    root.socket.sendAtOnce();
    const auto waiting = patience();
    std::string answer;
    auto end = root.socket.send(std::string(greeting) + m_job.token + ' ' + std::to_string(m_job.rank) + ' ' + hexText(m_job.fingerprint()) + '\n', waiting);
    if (end == IoEnd::Done)
        end = root.socket.receiveLine(answer, waiting, longestLine);
    if (end == IoEnd::Closed)
        return "rank 0 at " + where + " does not know the token, or is gone";
    if (end != IoEnd::Done)
        return "rank 0 at " + where + ' ' + std::string(describe(end));
    if (answer != "welcome")
        return "rank 0 at " + where + " said \"" + printable(answer) + '"';
    m_members.push_back(std::move(root));
    return {};
}

std::string Rendezvous::sendAddresses(Socket &socket, const std::string &bytes) const
{
    const auto waiting = patience();
    auto end = socket.send("addresses " + std::to_string(bytes.size()) + '\n', waiting);
    if (end == IoEnd::Done)
        end = socket.send(bytes, waiting);
    return end == IoEnd::Done ? std::string() : std::string(describe(end));
}

std::string Rendezvous::receiveAddresses(Socket &socket, std::string &bytes, std::size_t most) const
{
    const auto waiting = patience();
    std::string line;
    auto end = socket.receiveLine(line, waiting, longestLine);
    if (end == IoEnd::Done) {
        const auto size = line.starts_with("addresses ") ? parseInteger(std::string_view(line).substr(10)) : std::nullopt;
        if (!size || *size < 0 || std::size_t(*size) > most)
            return "sent something else than addresses";
        bytes.resize(std::size_t(*size));
        std::size_t got = 0;
        end = socket.receive(std::as_writable_bytes(std::span(bytes)), waiting, got);
    }
    return end == IoEnd::Done ? std::string() : std::string(describe(end));
}

std::string Rendezvous::exchange(const Addresses &own, Addresses &forUs)
{
    const auto n = m_job.size;
    const auto failed = [&](int rank, const std::string &why) {
        m_gone = rank;
        return "rank " + std::to_string(rank) + ' ' + why;
    };
    if (m_job.rank > 0) {
        auto &root = m_members.front().socket;
        std::string bytes;
        auto why = sendAddresses(root, packed(own));
        if (why.empty())
            why = receiveAddresses(root, bytes, mostPacked(n));
        if (!why.empty())
            return failed(0, why);
        auto all = unpacked(bytes, n);
        if (!all)
            return failed(0, "sent addresses that make no sense");
        forUs = std::move(*all);
        return {};
    }
    auto kept = std::vector<std::string>(std::size_t(n)); // two bytes for each pair of ranks, as a rule
    kept[0] = packed(own);
    for (auto &member : m_members) {
        auto &bytes = kept[std::size_t(member.rank)];
        if (const auto why = receiveAddresses(member.socket, bytes, mostPacked(n)); !why.empty())
            return failed(member.rank, why);
        if (!unpacked(bytes, n))
            return failed(member.rank, "sent addresses that make no sense");
    }
    const auto listFor = [&](int rank) {
        Addresses list;
        for (const auto &bytes : kept)
            list.push_back(onePacked(bytes, std::size_t(rank)));
        return list;
    };
    for (auto &member : m_members) {
        if (const auto why = sendAddresses(member.socket, packed(listFor(member.rank))); !why.empty())
            return failed(member.rank, why);
    }
    forUs = listFor(0);
    return {};
}

void Rendezvous::lost(Member &member)
{
    member.socket.close();
    if (member.done)
        return;
    int none = -1;
    m_gone.compare_exchange_strong(none, member.rank);
    for (auto &other : m_members) { // rank 0 tells it to those that cannot see it
        if (m_job.rank == 0 && other.socket.isOpen())
            other.socket.send("gone " + std::to_string(member.rank) + '\n', {Deadline::after(0.2), m_stop});
    }
}

void Rendezvous::heard(Member &from, const std::string &line)
{
    if (line == "done") {
        from.done = true;
    } else if (line == "end" && m_job.rank > 0) {
        from.done = true;
        m_ended = true;
    } else if (line.starts_with("gone ") && m_job.rank > 0) {
        const auto rank = parseInteger(std::string_view(line).substr(5));
        int none = -1;
        if (rank && *rank >= 0 && *rank < m_job.size)
            m_gone.compare_exchange_strong(none, int(*rank));
    }
}

void Rendezvous::look()
{
    const std::lock_guard lock(m_mutex);
    for (auto &member : m_members) {
        bool whole = true;
        while (member.socket.isOpen() && whole) {
            if (!readOn(member.socket, member.said, whole))
                lost(member);
            else if (whole)
                heard(member, std::exchange(member.said, {}));
        }
    }
}

void Rendezvous::leave()
{
    const Patience waiting{Deadline::after(leaveSeconds), m_stop};
    const auto tell = [&](const char *word) {
        const std::lock_guard lock(m_mutex);
        for (auto &member : m_members) {
            if (member.socket.isOpen())
                member.socket.send(word, {Deadline::after(0.5), m_stop});
        }
    };
    const auto everybody = [&] {
        const std::lock_guard lock(m_mutex);
        return std::ranges::all_of(m_members, [](const Member &member) { return member.done || !member.socket.isOpen(); });
    };
    tell("done\n");
    while (!waiting.over() && !(m_job.rank == 0 ? everybody() : m_ended || !m_members.front().socket.isOpen())) {
        look();
        sleepUnlessStopped(0.01, m_stop);
    }
    if (m_job.rank == 0)
        tell("end\n");
}

std::vector<int> Rendezvous::missing() const
{
    std::vector<int> ranks;
    for (int rank = 1; rank < m_job.size && m_job.rank == 0; ++rank) {
        if (std::ranges::find(m_members, rank, &Member::rank) == m_members.end())
            ranks.push_back(rank);
    }
    return ranks;
}

} // namespace seatrial::engine::collective
