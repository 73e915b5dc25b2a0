// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/store/store_fixture.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <random>
#include <set>

using namespace seatrial;
using namespace seatrial::store;
using namespace seatrial::store::test;
using protocol::StreamLine;

namespace {

std::vector<double> valuesOf(const domain::RunData &data)
{
    std::vector<double> values;
    for (const domain::Observation &observation : data.observations)
        values.push_back(observation.measurement.value);
    return values;
}

std::vector<double> upTo(int last)
{
    std::vector<double> values;
    for (int value = 1; value <= last; ++value)
        values.push_back(value);
    return values;
}

std::size_t eventsOf(const domain::RunData &data, const std::string &code)
{
    return static_cast<std::size_t>(std::ranges::count_if(data.events, [&](const auto &event) { return event.event.code == code; }));
}

} // namespace

class ExactlyOnceTest : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_file = std::make_unique<StoreFile>();
        m_store = m_file->open();
        m_run = m_store->beginRun(smallRun())->id;
    }
    void cleanup()
    {
        m_store.reset();
        m_file.reset();
    }

    void whatCameBeforeIsDropped_data()
    {
        QTest::addColumn<bool>("reopened");
        QTest::addColumn<int>("from");
        for (const bool reopened : {false, true}) {
            for (const int from : {1, 17, 1999, 2000})
                QTest::addRow("%s from %d", reopened ? "reopened" : "same program", from) << reopened << from;
        }
    }

    void whatCameBeforeIsDropped()
    {
        QFETCH(bool, reopened);
        QFETCH(int, from);
        append(measurements(1, 2000));
        if (reopened) {
            m_store.reset();
            m_store = m_file->open();
        }
        append(measurements(static_cast<std::uint64_t>(from), 2100));
        const domain::RunData data = read();
        QCOMPARE(valuesOf(data), upTo(2100));
        QVERIFY(data.events.empty());
        QCOMPARE(*m_store->rawStream(m_run, kNode), rawOf(measurements(1, 2100)));
    }

    void aCutAtAnyPlaceLosesAndDoublesNothing()
    {
        std::mt19937 random(7);
        const int last = 3000;
        int stored = 0;
        while (stored < last) {
            const int begin = std::max(1, stored - static_cast<int>(random() % 40)); // the node sends some again
            const int end = std::min(last, stored + 1 + static_cast<int>(random() % 90));
            append(measurements(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)), random() % 3 == 0);
            stored = std::max(stored, end);
            if (random() % 8 == 0) {
                m_store.reset();
                m_store = m_file->open();
                QCOMPARE(m_store->positions(m_run)->at(kNode).lastSequence, static_cast<std::uint64_t>(stored));
            }
        }
        QVERIFY(m_store->flush());
        QCOMPARE(valuesOf(read()), upTo(last));
        QCOMPARE(*m_store->rawStream(m_run, kNode), rawOf(measurements(1, last)));
    }

    void recordsOutOfOrderAreStoredOnce()
    {
        std::vector<StreamLine> lines = measurements(1, 500);
        std::vector<StreamLine> shuffled = lines;
        shuffled.insert(shuffled.end(), lines.begin(), lines.end());
        std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(3));
        for (std::size_t at = 0; at < shuffled.size(); at += 50)
            append({shuffled.begin() + static_cast<std::ptrdiff_t>(at), shuffled.begin() + static_cast<std::ptrdiff_t>(at) + 50}, at % 100 == 0);
        QVERIFY(m_store->flush());
        QCOMPARE(valuesOf(read()), upTo(500));
        QCOMPARE(m_store->rawStream(m_run, kNode)->size(), rawOf(lines).size());
    }

    void aRewrittenJournalIsToldOnceAndTheFirstStays()
    {
        append(measurements(1, 50));
        append({lineOf(10, measurement(-10)), lineOf(11, measurement(-11)), lineOf(51, measurement(51))});
        m_store.reset();
        m_store = m_file->open();
        append({lineOf(12, measurement(-12)), lineOf(13, measurement(13))});
        const domain::RunData data = read();
        QCOMPARE(valuesOf(data), upTo(51));
        QCOMPARE(eventsOf(data, "journal.rewritten"), std::size_t(1));
        QVERIFY(data.events[0].event.severity == protocol::Severity::Error);
        QCOMPARE(data.events[0].event.parameters.at("sequence"), std::string("10"));
        QCOMPARE(*m_store->rawStream(m_run, kNode), rawOf(measurements(1, 51)));
    }

    void malformedLinesAreToldAndKept()
    {
        std::vector<StreamLine> lines = measurements(1, 3);
        for (int line = 0; line < 30; ++line)
            lines.push_back(malformedLine(std::string("torn \x01\xff {\"") + std::to_string(line)));
        lines.push_back(lineOf(4, measurement(4)));
        lines.push_back({"{\"protocol\":99}", protocol::TooNew{99, "9.0"}});
        append(lines);
        const domain::RunData data = read();
        QCOMPARE(valuesOf(data), upTo(4));
        QCOMPARE(eventsOf(data, "stream.malformed"), std::size_t(20));
        QCOMPARE(eventsOf(data, "stream.malformed.further"), std::size_t(1));
        QCOMPARE(eventsOf(data, "stream.too_new"), std::size_t(1));
        QCOMPARE(data.events.back().event.parameters.at("lines"), std::string("10"));
        QCOMPARE(*m_store->rawStream(m_run, kNode), rawOf(lines));

        append(measurements(2, 5)); // chunks with lines that are no records are searched as well
        QCOMPARE(valuesOf(read()), upTo(5));
    }

    void aSequenceOutOfBoundsIsNoRecord()
    {
        append({lineOf(0, measurement(1)), lineOf(std::uint64_t(1) << 63, measurement(1)), lineOf(1, measurement(1))});
        QVERIFY(!m_store->failure());
        QCOMPARE(valuesOf(read()), upTo(1));
        QCOMPARE(eventsOf(read(), "stream.malformed"), std::size_t(2));
        QCOMPARE(m_store->positions(m_run)->at(kNode).lastSequence, std::uint64_t(1));
    }

    void aJumpAheadDoesNotHideWhatComesAfter()
    {
        append({lineOf(1'000'000'000'000, measurement(0))});
        append(measurements(1, 100));
        append(measurements(50, 120));
        QCOMPARE(read().observations.size(), std::size_t(121));
    }

    void rawBytesComeBackThroughManyChunks()
    {
        // Thousands of small transactions and some large ones: chunks are melted together on the way.
        std::mt19937 random(11);
        std::vector<StreamLine> all;
        std::uint64_t next = 1;
        while (next < 20'000) {
            const std::uint64_t count = random() % 50 == 0 ? 3000 : 1 + random() % 30;
            std::vector<StreamLine> lines = measurements(next, next + count - 1);
            if (random() % 4 == 0)
                lines.push_back(malformedLine(std::string(random() % 2000, 'x')));
            next += count;
            all.insert(all.end(), lines.begin(), lines.end());
            append(lines, random() % 2 == 0);
        }
        QVERIFY(m_store->flush());
        const auto raw = m_store->rawStream(m_run, kNode);
        QVERIFY2(raw, why(raw));
        QVERIFY(*raw == rawOf(all));
        SQLite::Database plain(m_file->path(), SQLite::OPEN_READONLY);
        const int chunks = plain.execAndGet("SELECT count(*) FROM chunks").getInt();
        const double packed = plain.execAndGet("SELECT sum(length(data)) FROM chunks").getDouble();
        QVERIFY2(chunks < 200, qPrintable(QString::number(chunks)));
        QVERIFY2(packed < 0.25 * static_cast<double>(raw->size()), qPrintable(QString::number(packed)));
    }

    void nodesAndRunsAreKeptApart()
    {
        const domain::RunId other = m_store->beginRun(smallRun())->id;
        append(measurements(1, 10));
        m_store->append(m_run, domain::NodeId("n02"), measurements(1, 20));
        m_store->append(other, kNode, measurements(1, 30));
        QVERIFY(m_store->flush());
        QCOMPARE(m_store->runData(m_run)->observations.size(), std::size_t(30));
        QCOMPARE(m_store->runData(other)->observations.size(), std::size_t(30));
        QCOMPARE(m_store->positions(m_run)->at(domain::NodeId("n02")).lastSequence, std::uint64_t(20));
    }

private:
    void append(std::vector<StreamLine> lines, bool flushed = true)
    {
        m_store->append(m_run, kNode, std::move(lines));
        if (!flushed)
            return;
        const auto done = m_store->flush();
        QVERIFY2(done, why(done));
    }

    domain::RunData read()
    {
        auto data = m_store->runData(m_run);
        if (!data)
            qFatal("%s", why(data));
        return std::move(*data);
    }

    std::unique_ptr<StoreFile> m_file;
    std::unique_ptr<Store> m_store;
    domain::RunId m_run;
};

QTEST_GUILESS_MAIN(ExactlyOnceTest)
#include "exactly_once_test.moc"
