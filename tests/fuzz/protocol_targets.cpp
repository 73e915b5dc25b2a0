// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/stream_reader.h"
#include "core/protocol/text.h"
#include "tests/fuzz/targets.h"

namespace seatrial::fuzz {

using namespace protocol;

namespace {

bool same(const StreamLine &a, const StreamLine &b)
{
    if (a.raw != b.raw || a.content.index() != b.content.index())
        return false;
    const auto *record = std::get_if<Record>(&a.content);
    return !record || *record == std::get<Record>(b.content);
}

} // namespace

/// However the bytes are cut, the same lines come out; a record that was read is read again from what we write.
void streamReader(const std::string &input)
{
    StreamReader whole;
    auto lines = whole.feed(input);
    for (auto &line : whole.finish())
        lines.push_back(std::move(line));

    StreamReader pieces;
    std::vector<StreamLine> cut;
    const std::size_t step = input.empty() ? 1 : 1 + static_cast<unsigned char>(input.front()) % 7;
    for (std::size_t at = 0; at < input.size(); at += step) {
        for (auto &line : pieces.feed(std::string_view(input).substr(at, step)))
            cut.push_back(std::move(line));
    }
    for (auto &line : pieces.finish())
        cut.push_back(std::move(line));

    promise(lines.size() == cut.size(), "the same number of lines, however they are cut");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        promise(same(lines[i], cut[i]), "the same lines, however they are cut");
        promise(lines[i].raw.size() <= StreamReader::kMaxLineBytes, "a line is bounded");
        if (const auto *bad = std::get_if<Malformed>(&lines[i].content)) {
            promise(bad->excerpt.size() <= 200 && isPrintable(bad->excerpt), "an excerpt can be shown");
            promise(!bad->reason.empty() && isPrintable(bad->reason), "a reason can be shown");
        }
        if (const auto *record = std::get_if<Record>(&lines[i].content)) {
            const auto again = decodeRecord(encode(*record));
            const auto *read = std::get_if<Record>(&again);
            promise(read && *read == *record, "what we write is read as the same");
        }
    }
}

void control(const std::string &input)
{
    const auto first = decodeControl(input);
    if (const auto *read = std::get_if<Control>(&first)) {
        const auto again = decodeControl(encode(*read));
        const auto *same = std::get_if<Control>(&again);
        promise(same && *same == *read, "what we write is read as the same");
    }
    const auto body = decodeBody(input);
    if (const auto *read = std::get_if<Body>(&body)) {
        const auto again = decodeBody(encodeBody(*read));
        const auto *same = std::get_if<Body>(&again);
        promise(same && *same == *read, "what a worker writes is read as the same");
    }
}

} // namespace seatrial::fuzz
