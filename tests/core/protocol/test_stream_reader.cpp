// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/stream_reader.h"
#include "tests/core/protocol/samples.h"

#include <QTest>

#include <random>

using namespace seatrial;
using namespace seatrial::protocol;

namespace {

std::vector<Record> sampleRecords()
{
    std::vector<Record> records;
    for (const Body &body : samples::bodies())
        records.push_back({samples::stamp(records.size() + 1), body});
    return records;
}

std::string streamOf(const std::vector<Record> &records)
{
    std::string stream;
    for (const Record &record : records)
        stream += encode(record);
    return stream;
}

void append(std::vector<StreamLine> &lines, std::vector<StreamLine> more)
{
    std::move(more.begin(), more.end(), std::back_inserter(lines));
}

} // namespace

class TestStreamReader : public QObject
{
    Q_OBJECT

private slots:
    void anyCutGivesTheSameRecords_data()
    {
        QTest::addColumn<int>("largest");
        QTest::newRow("byte by byte") << 1;
        QTest::newRow("small pieces") << 7;
        QTest::newRow("pieces") << 300;
        QTest::newRow("at once") << (1 << 20);
    }

    void anyCutGivesTheSameRecords()
    {
        QFETCH(int, largest);
        const std::vector<Record> records = sampleRecords();
        const std::string stream = streamOf(records);
        std::mt19937 random(11);
        StreamReader reader;
        std::vector<StreamLine> lines;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t size = 1 + random() % largest;
            append(lines, reader.feed(std::string_view(stream).substr(at, size)));
            at += size;
        }
        QVERIFY(reader.finish().empty());
        QCOMPARE(lines.size(), records.size());
        for (std::size_t index = 0; index < records.size(); ++index) {
            QVERIFY(std::get<Record>(lines[index].content) == records[index]);
            QCOMPARE(lines[index].raw + '\n', encode(records[index]));
        }
    }

    void aTornEndIsSaidOnce()
    {
        const std::string stream = streamOf(sampleRecords());
        StreamReader reader;
        const auto lines = reader.feed(stream.substr(0, stream.size() - 1)); // even if only the line end is missing
        QCOMPARE(lines.size(), sampleRecords().size() - 1);
        const auto rest = reader.finish();
        QCOMPARE(rest.size(), std::size_t(1));
        QVERIFY(std::holds_alternative<Malformed>(rest.front().content));
        QVERIFY(reader.finish().empty());
    }

    void aLineWithoutEndStaysBounded()
    {
        StreamReader reader;
        const std::string block(1 << 20, 'x');
        for (int round = 0; round < 64; ++round)
            QVERIFY(reader.feed(block).empty());
        const auto lines = reader.feed("\n" + streamOf(sampleRecords()));
        QCOMPARE(lines.size(), sampleRecords().size() + 1);
        QCOMPARE(lines.front().raw.size(), StreamReader::kMaxLineBytes);
        const auto &malformed = std::get<Malformed>(lines.front().content);
        QVERIFY(malformed.reason.find(std::to_string(64 << 20)) != std::string::npos);
        QVERIFY(std::holds_alternative<Record>(lines[1].content));
    }

    void damageCostsOneLine()
    {
        const std::vector<Record> records = sampleRecords();
        StreamReader reader;
        std::vector<StreamLine> lines;
        for (const Record &record : records)
            append(lines, reader.feed("Welcome to n01!\r\n" + encode(record)));
        QCOMPARE(lines.size(), 2 * records.size());
        for (std::size_t index = 0; index < lines.size(); ++index)
            QCOMPARE(std::holds_alternative<Record>(lines[index].content), index % 2 == 1);
    }
};

QTEST_GUILESS_MAIN(TestStreamReader)
#include "test_stream_reader.moc"
