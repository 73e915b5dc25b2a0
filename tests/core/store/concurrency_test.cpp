// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/store/store_fixture.h"

#include <atomic>
#include <set>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace seatrial;
using namespace seatrial::store;
using namespace seatrial::store::test;

namespace {

constexpr std::uint64_t kRecords = 4000;

domain::NodeId nodeName(int number)
{
    return domain::NodeId("n" + std::to_string(number));
}

void appendAll(Store &store, const domain::RunId &run, const domain::NodeId &node)
{
    for (std::uint64_t first = 1; first <= kRecords; first += 50)
        store.append(run, node, measurements(first, first + 49));
}

/// Each node's records are a whole beginning of its stream: nothing half, nothing twice.
bool isConsistent(const domain::RunData &data)
{
    std::map<domain::NodeId, std::uint64_t> last;
    for (const domain::Observation &observation : data.observations) {
        if (observation.sequence != ++last[observation.node] || observation.measurement.value != static_cast<double>(observation.sequence))
            return false;
    }
    return true;
}

} // namespace

class ConcurrencyTest : public QObject
{
    Q_OBJECT

private slots:
    void readersSeeWholeMomentsWhileManyWrite()
    {
        StoreFile file;
        const auto store = file.open();
        const domain::RunId run = store->beginRun(smallRun())->id;
        std::atomic<bool> writing = true;
        std::atomic<int> reads = 0;
        std::atomic<int> bad = 0;
        {
            std::vector<std::jthread> readers;
            for (int reader = 0; reader < 2; ++reader) {
                readers.emplace_back([&] {
                    while (writing) {
                        const auto data = store->runData(run);
                        const auto positions = store->positions(run);
                        bad += !data || !positions || !isConsistent(*data) || !store->runs() || !store->rawStream(run, nodeName(1));
                        ++reads;
                    }
                });
            }
            {
                std::vector<std::jthread> writers;
                for (int node = 1; node <= 4; ++node)
                    writers.emplace_back([&, node] { appendAll(*store, run, nodeName(node)); });
            }
            const auto flushed = store->flush();
            QVERIFY2(flushed, why(flushed));
            while (reads < 5)
                std::this_thread::yield();
            writing = false;
        }
        QCOMPARE(bad.load(), 0);
        QCOMPARE(store->runData(run)->observations.size(), std::size_t(4 * kRecords));
    }

    void twoStoresOnOneFile()
    {
        StoreFile file;
        const auto one = file.open();
        const auto two = file.open();
        const domain::RunId run = one->beginRun(smallRun())->id;
        const domain::RunId other = two->beginRun(smallRun())->id;
        QVERIFY(run != other);
        {
            std::jthread first([&] { appendAll(*one, run, nodeName(1)); appendAll(*one, other, nodeName(1)); });
            std::jthread second([&] { appendAll(*two, other, nodeName(2)); appendAll(*two, run, nodeName(2)); });
        }
        QVERIFY(one->flush() && two->flush());
        for (const domain::RunId &each : {run, other}) {
            const auto data = one->runData(each);
            QVERIFY2(data, why(data));
            QCOMPARE(data->observations.size(), std::size_t(2 * kRecords));
            QVERIFY(isConsistent(*data));
        }
    }

    void twoStoresThatFollowTheSameNodeStoreItOnce()
    {
        StoreFile file;
        const auto one = file.open();
        const auto two = file.open();
        const domain::RunId run = one->beginRun(smallRun())->id;
        {
            std::jthread first([&] { appendAll(*one, run, kNode); });
            std::jthread second([&] { appendAll(*two, run, kNode); });
        }
        QVERIFY(one->flush() && two->flush());
        const auto data = one->runData(run);
        QVERIFY2(data, why(data));
        QCOMPARE(data->observations.size(), std::size_t(kRecords));
        QVERIFY(isConsistent(*data) && data->events.empty());
        QCOMPARE(two->rawStream(run, kNode)->size(), rawOf(measurements(1, kRecords)).size());
    }

    void manyProgramsOpenANewFileAtOnce()
    {
        StoreFile file;
        std::vector<pid_t> children;
        for (int program = 0; program < 6; ++program) {
            const pid_t child = fork();
            QVERIFY(child >= 0);
            if (child == 0) {
                auto store = openSqliteStore(file.path());
                if (!store)
                    qWarning("%s", why(store));
                _exit(store && (*store)->beginRun(smallRun()) ? 0 : 1);
            }
            children.push_back(child);
        }
        for (const pid_t child : children) {
            int status = 0;
            QCOMPARE(waitpid(child, &status, 0), child);
            QVERIFY(WIFEXITED(status));
            QCOMPARE(WEXITSTATUS(status), 0);
        }
        std::set<std::string> ids;
        const auto store = file.open();
        const auto runs = store->runs();
        QVERIFY2(runs, why(runs));
        for (const RunSummary &summary : *runs)
            ids.insert(summary.id.text());
        QCOMPARE(ids.size(), std::size_t(6));
    }

    void aFloodWaitsInsteadOfFillingTheMemory()
    {
        StoreFile file;
        const auto store = file.open();
        const domain::RunId run = store->beginRun(smallRun())->id;
        const std::string text(60'000, 'x');
        constexpr int kLines = 4000; // 240 MB of lines
        for (int sequence = 1; sequence <= kLines; ++sequence)
            store->append(run, kNode, {lineOf(static_cast<std::uint64_t>(sequence),
                                              protocol::Event{protocol::Severity::Info, "flood", "", "", text, {}})});
        QVERIFY(store->flush());
        QCOMPARE(store->positions(run)->at(kNode).lastSequence, std::uint64_t(kLines));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer's own memory hides ours");
#endif
        QFile status("/proc/self/status");
        QVERIFY(status.open(QIODevice::ReadOnly));
        const auto peak = QRegularExpression("VmHWM:\\s+(\\d+) kB").match(QString::fromUtf8(status.readAll())).captured(1).toLongLong();
        QVERIFY2(peak > 0 && peak < 300'000, qPrintable(QString::number(peak)));
    }
};

QTEST_GUILESS_MAIN(ConcurrencyTest)
#include "concurrency_test.moc"
