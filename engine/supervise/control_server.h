// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/codec.h"
#include "core/protocol/line_cutter.h"
#include "engine/supervise/journal.h"
#include "engine/supervise/posix.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <poll.h>

namespace seatrial::engine {

/// The local socket of a run: those who attach are sent the journal from where they wish, and say control lines.
/// A connection begins with one line of its own: "from N" to be sent the journal, "control" to speak only.
class ControlServer
{
public:
    static constexpr const char *kSocketName = "control.sock";
    static constexpr std::size_t kMaxClients = 16;

    using Said = std::variant<protocol::Control, protocol::Malformed, protocol::TooNew>;

    static std::optional<ControlServer> open(const std::filesystem::path &folder, std::string &error);

    void addTo(std::vector<pollfd> &polled) const;
    /// Accepts those who come and reads what was said since the last call. Bounded: the rest is read the next time.
    std::vector<Said> receive(const Journal &journal);
    /// Sends as much of the journal as each takes without waiting.
    void send(const Journal &journal);

    /// How many are being sent the journal.
    std::size_t attached() const;
    bool everythingSent(const Journal &journal) const;

private:
    struct Client {
        Fd stream;
        protocol::LineCutter cutter;
        bool greeted = false;
        bool follows = false;     ///< is sent the journal
        std::uint64_t offset = 0; ///< of what is read from the journal next
        std::string pending;      ///< read, not yet sent
        bool gone = false;
    };

    void accept();
    void readFrom(Client &client, const Journal &journal, std::vector<Said> &said);
    static void takeLine(Client &client, const std::string &line, std::uint64_t discarded, const Journal &journal,
                         std::vector<Said> &said);
    static void refill(Client &client, const Journal &journal);
    void dropGone();

    Fd m_listener;
    std::vector<Client> m_clients;
};

} // namespace seatrial::engine
