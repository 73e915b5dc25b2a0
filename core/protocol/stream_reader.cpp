// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/stream_reader.h"

#include "core/protocol/text.h"

namespace seatrial::protocol {

namespace {

StreamLine read(std::string bytes, std::uint64_t discarded)
{
    StreamLine line;
    line.raw = std::move(bytes);
    if (discarded > 0) {
        line.content = Malformed{"the line has " + std::to_string(line.raw.size() + discarded) + " bytes, more than "
                                     + std::to_string(StreamReader::kMaxLineBytes),
                                 excerptOf(line.raw)};
        return line;
    }
    if (line.raw.ends_with('\r'))
        line.raw.pop_back();
    line.content = decodeRecord(line.raw);
    return line;
}

} // namespace

std::vector<StreamLine> StreamReader::feed(std::string_view bytes)
{
    std::vector<StreamLine> lines;
    m_cutter.feed(bytes, [&](std::string line, std::uint64_t discarded) {
        lines.push_back(read(std::move(line), discarded));
    });
    return lines;
}

std::vector<StreamLine> StreamReader::finish()
{
    std::vector<StreamLine> lines;
    if (!m_cutter.hasPart())
        return lines;
    // Even a rest that happens to be readable was cut: its end was never seen.
    m_cutter.finish([&](std::string rest, std::uint64_t) {
        const std::string excerpt = excerptOf(rest);
        lines.push_back({std::move(rest), Malformed{"the stream ended within this line", excerpt}});
    });
    return lines;
}

} // namespace seatrial::protocol
