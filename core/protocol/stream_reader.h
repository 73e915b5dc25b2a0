// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/codec.h"
#include "core/protocol/line_cutter.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace seatrial::protocol {

/// A whole line as it came, and what it says.
struct StreamLine {
    std::string raw; ///< the bytes without the line end; cut to the bound for a line that is too long
    std::variant<Record, Malformed, TooNew> content;
};

/// Cuts bytes as they arrive into lines and reads them. A part of a line waits for its rest; memory is bounded
/// by one line of kMaxLineBytes, whatever a node sends.
class StreamReader
{
public:
    static constexpr std::size_t kMaxLineBytes = LineCutter::kMaxLineBytes;

    /// The lines that are whole once @p bytes have come.
    std::vector<StreamLine> feed(std::string_view bytes);

    /// The torn rest of a stream that has ended, as Malformed, or nothing if it ended with a whole line.
    std::vector<StreamLine> finish();

private:
    LineCutter m_cutter;
};

} // namespace seatrial::protocol
