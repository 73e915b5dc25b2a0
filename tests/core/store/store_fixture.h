// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/codec.h"
#include "core/store/store.h"

#include <QTemporaryDir>
#include <QtTest>

#include <string>
#include <vector>

namespace seatrial::store::test {

inline const domain::NodeId kNode("n01");

/// What a failed result says, so that a test that fails says it too.
template<typename T>
const char *why(const domain::Result<T> &result)
{
    static std::string text;
    text = result ? std::string() : domain::sentence(result.error());
    return text.c_str();
}

class StoreFile
{
public:
    std::string path() const { return m_folder.filePath("store.db").toStdString(); }
    std::string folder() const { return m_folder.path().toStdString(); }
    std::unique_ptr<Store> open() const
    {
        auto store = openSqliteStore(path());
        if (!store)
            qFatal("%s", why(store));
        return std::move(*store);
    }

private:
    QTemporaryDir m_folder;
};

inline domain::RunInfo smallRun()
{
    domain::RunInfo info;
    info.plan.name = "quick";
    info.fleet.name = "lab";
    info.fleet.nodes = {{kNode, "10.0.0.1", domain::RackId("r1"), 7, 1, {}}};
    info.nodes = {kNode};
    info.startedWall = 1000;
    return info;
}

inline protocol::Stamp stampAt(std::uint64_t sequence)
{
    return {sequence, 10.5 + static_cast<double>(sequence), 1.7e9 + static_cast<double>(sequence), "boot-a"};
}

inline protocol::Measurement measurement(double value)
{
    return {"memory#1", "host.memory", "triad", protocol::Unit::GigabytesPerSecond, "node", value, 5, {value - 0.5, value + 0.5, 0.01},
            {{"array_bytes", "67108864"}}};
}

/// @p body as the line that a stream reader makes of it.
inline protocol::StreamLine lineOf(std::uint64_t sequence, protocol::Body body)
{
    const protocol::Record record{stampAt(sequence), std::move(body)};
    std::string raw = protocol::encode(record);
    raw.pop_back();
    return {std::move(raw), record};
}

inline protocol::StreamLine malformedLine(const std::string &raw)
{
    return {raw, protocol::Malformed{"no JSON", raw.substr(0, 200)}};
}

/// Records first … last, each a measurement of the value of its sequence.
inline std::vector<protocol::StreamLine> measurements(std::uint64_t first, std::uint64_t last)
{
    std::vector<protocol::StreamLine> lines;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence)
        lines.push_back(lineOf(sequence, measurement(static_cast<double>(sequence))));
    return lines;
}

inline std::string rawOf(const std::vector<protocol::StreamLine> &lines)
{
    std::string raw;
    for (const protocol::StreamLine &line : lines)
        raw += line.raw + "\n";
    return raw;
}

} // namespace seatrial::store::test
