// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/held_bytes.h"
#include "core/protocol/stream_reader.h"

#include <cstdint>
#include <optional>
#include <string>

namespace seatrial::campaign {

/// How much one node may say in a run before nobody listens any more: what an engine's own bounds allow it
/// (docs/protocol.md), and little enough that a node that lies fills neither memory nor disk, whatever it sends.
class Allowance
{
public:
    static constexpr std::uint64_t kMaxRecords = 200'000;         ///< heartbeats are not counted: they are not kept in memory
    static constexpr std::uint64_t kMaxBytes = 64'000'000;        ///< of those records
    static constexpr std::uint64_t kMaxHeldBytes = protocol::kMaxHeldBytes; ///< by what they take in memory
    static constexpr std::uint64_t kMaxStreamBytes = 512'000'000; ///< with heartbeats: a month of them is 60 MB
    static constexpr int kMaxDamaged = 1'000;                     ///< lines that could not be read
    static constexpr int kMaxSaid = 200;                          ///< lines of the log

    /// Counts a line; what is too much of it, for a person, if anything is.
    std::optional<std::string> take(const protocol::StreamLine &line);
    /// Whether one line more of the log may come from this node; the others are in its stream.
    bool maySay() { return ++m_said <= kMaxSaid; }
    bool saysLast() const { return m_said == kMaxSaid; }

private:
    std::uint64_t m_records = 0;
    std::uint64_t m_bytes = 0;
    std::uint64_t m_heldBytes = 0;
    std::uint64_t m_streamBytes = 0;
    int m_damaged = 0;
    int m_said = 0;
};

} // namespace seatrial::campaign
