// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/store/store_fixture.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <csignal>
#include <random>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace seatrial;
using namespace seatrial::store;
using namespace seatrial::store::test;

namespace {

/// Writes records, two at a time and now and then flushed, until it is killed.
[[noreturn]] void writeUntilKilled(const std::string &path, const domain::RunId &run)
{
    auto store = openSqliteStore(path);
    if (!store)
        _exit(1);
    std::uint64_t next = (*store)->positions(run)->empty() ? 1 : (*store)->positions(run)->at(kNode).lastSequence + 1;
    for (int round = 0;; ++round) {
        (*store)->append(run, kNode, measurements(next, next + 1));
        next += 2;
        if (round % 20 == 0 && !(*store)->flush())
            _exit(2);
    }
}

std::string integrityOf(const std::string &path)
{
    SQLite::Database plain(path, SQLite::OPEN_READWRITE);
    return plain.execAndGet("PRAGMA integrity_check").getString();
}

/// Appends until the store says that it cannot; the failure it says.
domain::Failure fillUntilRefused(Store &store, const domain::RunId &run, std::uint64_t &durable)
{
    for (std::uint64_t next = durable + 1; next < 2'000'000; next += 500) {
        store.append(run, kNode, measurements(next, next + 499));
        const auto flushed = store.flush();
        if (!flushed)
            return flushed.error();
        durable = next + 499;
    }
    return {};
}

void checkRefusal(Store &store, const domain::RunId &run, const domain::Failure &failure, const std::string &path, std::uint64_t durable)
{
    QCOMPARE(failure.kind, domain::FailureKind::NoSpace);
    QVERIFY(failure.what.find(path) != std::string::npos);
    QVERIFY(!failure.advice.empty());
    QVERIFY(store.failure() == failure);
    // Refused in words from now on, without a crash or a wait; what was stored is still there to be read.
    store.append(run, kNode, measurements(durable + 1, durable + 10));
    QVERIFY(!store.flush() && !store.beginRun(smallRun()));
    const auto data = store.runData(run);
    QVERIFY2(data, why(data));
    QCOMPARE(data->observations.size(), static_cast<std::size_t>(durable));
}

} // namespace

class DurabilityTest : public QObject
{
    Q_OBJECT

private slots:
    void aKilledWriterLosesOnlyWhatWasNotFlushed()
    {
        StoreFile file;
        const domain::RunId run = file.open()->beginRun(smallRun())->id;
        std::mt19937 random(5);
        std::uint64_t before = 0;
        for (int round = 0; round < 8 || (before == 0 && round < 100); ++round) {
            const pid_t child = fork();
            QVERIFY(child >= 0);
            if (child == 0)
                writeUntilKilled(file.path(), run);
            usleep(60'000 + random() % 150'000);
            QCOMPARE(kill(child, SIGKILL), 0);
            int status = 0;
            QCOMPARE(waitpid(child, &status, 0), child);
            QVERIFY2(WIFSIGNALED(status), "the writer ended by itself");

            QCOMPARE(integrityOf(file.path()), std::string("ok"));
            const auto store = file.open();
            const auto positions = store->positions(run);
            QVERIFY2(positions, why(positions));
            const std::uint64_t last = positions->empty() ? 0 : positions->at(kNode).lastSequence;
            QVERIFY2(last >= before, "what was there before the kill is gone");
            QCOMPARE(store->runData(run)->observations.size(), static_cast<std::size_t>(last));
            QVERIFY(*store->rawStream(run, kNode) == rawOf(measurements(1, last)));
            before = last;
        }
        QVERIFY2(before > 0, "no writer stored anything");
        const auto store = file.open();
        store->append(run, kNode, measurements(1, before + 10));
        QVERIFY(store->flush());
        QCOMPARE(store->runData(run)->observations.size(), static_cast<std::size_t>(before + 10));
    }

    void whatWasNotFlushedIsStoredSoonAnyway()
    {
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(smallRun());
        store->append(run->id, kNode, measurements(1, 1));
        QTRY_COMPARE_WITH_TIMEOUT(store->runData(run->id)->observations.size(), std::size_t(1), 2000);
    }

    void closingStoresWhatWasAppended()
    {
        StoreFile file;
        domain::RunId run;
        {
            const auto store = file.open();
            run = store->beginRun(smallRun())->id;
            store->append(run, kNode, measurements(1, 1000));
        }
        QCOMPARE(file.open()->runData(run)->observations.size(), std::size_t(1000));
    }

    void aFullDiskIsAFailureInWords()
    {
        QTemporaryDir folder;
        const QByteArray mountPoint = folder.path().toUtf8();
        if (mount("tmpfs", mountPoint.constData(), "tmpfs", 0, "size=2m") != 0)
            QSKIP("a file system of 2 MB can only be mounted by root");
        const auto unmount = qScopeGuard([&] { umount2(mountPoint.constData(), MNT_DETACH); });
        const std::string path = (folder.path() + "/store.db").toStdString();
        {
            auto store = openSqliteStore(path);
            QVERIFY2(store, why(store));
            const auto run = (*store)->beginRun(smallRun());
            QVERIFY2(run, why(run));
            std::uint64_t durable = 0;
            const domain::Failure failure = fillUntilRefused(**store, run->id, durable);
            QVERIFY(durable > 0);
            checkRefusal(**store, run->id, failure, path, durable);
        }
        // With space again it goes on where it stood.
        QCOMPARE(mount("tmpfs", mountPoint.constData(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
        auto store = openSqliteStore(path);
        QVERIFY2(store, why(store));
        const std::uint64_t last = (*store)->positions({})->at(kNode).lastSequence;
        (*store)->append(domain::RunId("1"), kNode, measurements(1, last + 100));
        QVERIFY((*store)->flush());
        QCOMPARE((*store)->runData({})->observations.size(), static_cast<std::size_t>(last + 100));
    }

    void aFileThatMayNotGrowIsAFailureInWords()
    {
        // Needs no root: the system refuses writes beyond the limit as a full quota would.
        const pid_t child = fork();
        QVERIFY(child >= 0);
        if (child == 0) {
            signal(SIGXFSZ, SIG_IGN);
            StoreFile file;
            const auto store = file.open();
            const auto run = store->beginRun(smallRun());
            const rlimit limit{1'500'000, 1'500'000};
            setrlimit(RLIMIT_FSIZE, &limit);
            std::uint64_t durable = 0;
            const domain::Failure failure = fillUntilRefused(*store, run->id, durable);
            checkRefusal(*store, run->id, failure, file.path(), durable);
            if (failure.kind != domain::FailureKind::NoSpace)
                qWarning("%s", domain::sentence(failure).c_str());
            _exit(durable > 0 && failure.kind == domain::FailureKind::NoSpace && !QTest::currentTestFailed() ? 0 : 1);
        }
        int status = 0;
        QCOMPARE(waitpid(child, &status, 0), child);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);
    }

    void appendingToAStoreThatRefusesDoesNotWait()
    {
        StoreFile file;
        const auto store = file.open();
        store->append(domain::RunId("77"), kNode, measurements(1, 1)); // a run that nobody began
        QVERIFY(!store->flush());
        QVERIFY(store->failure() && store->failure()->what.find("77") != std::string::npos);
        for (int round = 0; round < 1000; ++round)
            store->append(domain::RunId("77"), kNode, measurements(1, 200)); // more than may wait
    }
};

QTEST_GUILESS_MAIN(DurabilityTest)
#include "durability_test.moc"
