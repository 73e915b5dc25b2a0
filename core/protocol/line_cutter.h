// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace seatrial::protocol {

/// Cuts bytes as they arrive into lines. A part of a line waits for its rest; of a line longer than the bound only
/// the beginning is kept.
class LineCutter
{
public:
    static constexpr std::size_t kMaxLineBytes = 64 * 1024;

    /// Calls @p take(std::string line, std::uint64_t discardedBytes) for each line that is whole once @p bytes have come.
    template<typename Take>
    void feed(std::string_view bytes, Take take)
    {
        while (!bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            const std::string_view piece = bytes.substr(0, end);
            const std::size_t kept = std::min(piece.size(), kMaxLineBytes - m_partial.size());
            m_partial.append(piece, 0, kept);
            m_discarded += piece.size() - kept;
            if (end == std::string_view::npos)
                return;
            bytes.remove_prefix(end + 1);
            finish(take);
        }
    }

    /// Hands over what has come of the present line, even if that is nothing.
    template<typename Take>
    void finish(Take take)
    {
        take(std::exchange(m_partial, {}), std::exchange(m_discarded, 0));
    }

    bool hasPart() const { return !m_partial.empty(); }

private:
    std::string m_partial;
    std::uint64_t m_discarded = 0; ///< bytes of the present line beyond the bound
};

} // namespace seatrial::protocol
