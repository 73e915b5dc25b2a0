// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/store/store_fixture.h"

#include "core/store/migrations.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <fstream>

using namespace seatrial;
using namespace seatrial::store;
using namespace seatrial::store::test;

namespace {

QByteArray contentsOf(const std::string &path)
{
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("cannot be read");
}

void writeFile(const std::string &path, const QByteArray &bytes)
{
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

} // namespace

class FilesTest : public QObject
{
    Q_OBJECT

private slots:
    void everyVersionIsBroughtToTheLatest_data()
    {
        QTest::addColumn<int>("version");
        for (int version = 0; version <= latestVersion(); ++version)
            QTest::addRow("from version %d", version) << version;
    }

    void everyVersionIsBroughtToTheLatest()
    {
        QFETCH(int, version);
        StoreFile file;
        {
            SQLite::Database database(file.path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            for (int step = 0; step < version; ++step)
                database.exec(migrations()[static_cast<std::size_t>(step)]);
            if (version > 0)
                database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
            database.exec("PRAGMA user_version = " + std::to_string(version));
        }
        const auto store = file.open();
        QVERIFY(store->beginRun(smallRun()));
        SQLite::Database database(file.path(), SQLite::OPEN_READONLY);
        QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), latestVersion());
        QCOMPARE(database.execAndGet("PRAGMA application_id").getInt(), kApplicationId);
        QCOMPARE(database.execAndGet("PRAGMA journal_mode").getString(), std::string("wal"));
    }

    void anEmptyFileBecomesAStore()
    {
        StoreFile file;
        writeFile(file.path(), {});
        QVERIFY(file.open()->beginRun(smallRun()));
    }

    void aNewerStoreIsRefused()
    {
        StoreFile file;
        QVERIFY(file.open()->beginRun(smallRun()));
        {
            SQLite::Database database(file.path(), SQLite::OPEN_READWRITE);
            database.exec("PRAGMA user_version = 99");
        }
        const auto store = openSqliteStore(file.path());
        QVERIFY(!store);
        QCOMPARE(store.error().kind, domain::FailureKind::Unsupported);
        QVERIFY2(store.error().what.find("version 99") != std::string::npos, why(store));
        SQLite::Database database(file.path(), SQLite::OPEN_READONLY);
        QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), 99);
    }

    void whatIsNoStoreIsLeftAlone_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("a byte") << QByteArray("x");
        QTest::newRow("a line") << QByteArray("nodes:\n  - n01\n");
        QTest::newRow("a page of text") << QByteArray(5000, 'a');
        QTest::newRow("zeros") << QByteArray(5000, '\0');
        QTest::newRow("a header alone") << QByteArray("SQLite format 3\0", 16);
        QTest::newRow("a header and noise") << QByteArray("SQLite format 3\0", 16) + QByteArray(9000, '\x5a');
    }

    void whatIsNoStoreIsLeftAlone()
    {
        QFETCH(QByteArray, bytes);
        StoreFile file;
        writeFile(file.path(), bytes);
        const auto store = openSqliteStore(file.path());
        QVERIFY(!store);
        QVERIFY2(store.error().what.find(file.path()) != std::string::npos && !store.error().advice.empty(), why(store));
        QCOMPARE(contentsOf(file.path()), bytes);
        QCOMPARE(QDir(QString::fromStdString(file.folder())).entryList(QDir::Files), QStringList("store.db"));
    }

    void theDatabaseOfAnotherProgramIsLeftAlone()
    {
        StoreFile file;
        {
            SQLite::Database database(file.path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            database.exec("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')");
        }
        const QByteArray before = contentsOf(file.path());
        const auto store = openSqliteStore(file.path());
        QVERIFY(!store);
        QCOMPARE(store.error().kind, domain::FailureKind::Invalid);
        QCOMPARE(contentsOf(file.path()), before);
    }

    void aPlaceThatCannotBeIsNamed()
    {
        StoreFile file;
        const auto missing = openSqliteStore(file.folder() + "/no/such/store.db");
        QVERIFY(!missing);
        QCOMPARE(missing.error().kind, domain::FailureKind::NotFound);
        const auto folder = openSqliteStore(file.folder());
        QVERIFY(!folder);
        QCOMPARE(folder.error().kind, domain::FailureKind::Invalid);
    }

    void aDamagedStoreIsAFailureInWords()
    {
        StoreFile file;
        {
            const auto store = file.open();
            const auto run = store->beginRun(smallRun());
            store->append(run->id, kNode, measurements(1, 5000));
            QVERIFY(store->flush());
        }
        QByteArray bytes = contentsOf(file.path());
        for (qsizetype at = 20'000; at < bytes.size(); ++at)
            bytes[at] = static_cast<char>(at * 31);
        writeFile(file.path(), bytes);
        const auto store = openSqliteStore(file.path());
        if (!store) {
            QVERIFY2(store.error().what.find("damaged") != std::string::npos, why(store));
            return;
        }
        const auto data = (*store)->runData({});
        QVERIFY(!data);
        QVERIFY2(data.error().what.find("damaged") != std::string::npos, why(data));
    }

    void aDamagedValueIsAFailureInWords_data()
    {
        QTest::addColumn<QString>("change");
        QTest::newRow("no JSON") << "UPDATE runs SET plan = 'version: ' || substr(plan, 3)";
        QTest::newRow("cut") << "UPDATE runs SET plan = substr(plan, 1, length(plan) - 3)";
        QTest::newRow("of another kind") << "UPDATE runs SET plan = '[1]'";
    }
    void aDamagedValueIsAFailureInWords()
    {
        QFETCH(QString, change);
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(smallRun());
        QVERIFY(run && store->flush());
        {
            SQLite::Database database(file.path(), SQLite::OPEN_READWRITE);
            QCOMPARE(database.exec(change.toStdString()), 1);
        }
        const auto data = store->runData(run->id);
        QVERIFY(!data);
        QVERIFY2(data.error().what.find("is damaged: a value in it") != std::string::npos, why(data));
        QVERIFY2(data.error().advice.find("restore a copy") != std::string::npos, data.error().advice.c_str());
    }

    void aDamagedChunkIsAFailureInWords()
    {
        StoreFile file;
        const auto store = file.open();
        const auto run = store->beginRun(smallRun());
        store->append(run->id, kNode, measurements(1, 100));
        QVERIFY(store->flush());
        {
            SQLite::Database database(file.path(), SQLite::OPEN_READWRITE);
            database.exec("UPDATE chunks SET data = substr(data, 1, length(data) - 5)");
        }
        const auto raw = store->rawStream(run->id, kNode);
        QVERIFY(!raw);
        QVERIFY2(raw.error().what.find("damaged") != std::string::npos, why(raw));
        QVERIFY2(store->runData(run->id), "what is not in the chunk can still be read");
    }
};

QTEST_GUILESS_MAIN(FilesTest)
#include "files_test.moc"
