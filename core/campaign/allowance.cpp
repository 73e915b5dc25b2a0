// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/allowance.h"

#include <fmt/format.h>

namespace seatrial::campaign {

std::optional<std::string> Allowance::take(const protocol::StreamLine &line)
{
    m_streamBytes += line.raw.size();
    if (m_streamBytes > kMaxStreamBytes)
        return fmt::format("it sent more than {} MB", kMaxStreamBytes / 1'000'000);
    const auto *record = std::get_if<protocol::Record>(&line.content);
    if (record && std::holds_alternative<protocol::Heartbeat>(record->body))
        return std::nullopt;
    m_bytes += line.raw.size();
    if (m_bytes > kMaxBytes)
        return fmt::format("its records are more than {} MB", kMaxBytes / 1'000'000);
    if (!record)
        return ++m_damaged > kMaxDamaged ? std::optional(fmt::format("more than {} of its lines cannot be read", kMaxDamaged)) : std::nullopt;
    m_heldBytes += protocol::heldBytes(record->body);
    if (m_heldBytes > kMaxHeldBytes)
        return fmt::format("its records take more than {} MB of memory", kMaxHeldBytes / 1'000'000);
    return ++m_records > kMaxRecords ? std::optional(fmt::format("it sent more than {} records", kMaxRecords)) : std::nullopt;
}

} // namespace seatrial::campaign
