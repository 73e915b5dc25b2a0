// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"

#include "core/store/json_columns.h"
#include "core/store/migrations.h"
#include "core/store/phrase.h"

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>

namespace seatrial::store {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

constexpr int kBusyMilliseconds = 30'000;
constexpr int kPageCacheKib = 64 * 1024;
constexpr int kCheckpointPages = 4000;          // 16 MB: fewer, larger visits to the main file
constexpr int kLargestLogBytes = 64 * 1024 * 1024;

std::string folderOf(const std::string &file)
{
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    return folder.empty() ? "." : folder.string();
}

Failure refusal(FailureKind kind, const std::string &what, const std::string &attempted, const std::string &advice)
{
    return {Stage::Store, kind, what, attempted, advice};
}

/// SQLite names the operating system's reason only as a number beside its own.
std::string systemReason(const SQLite::Exception &exception)
{
    return errno != 0 ? phrase("{} ({})", exception.what(), std::strerror(errno)) : exception.what();
}

Failure noSpace(const std::string &file, const std::string &attempted)
{
    return refusal(FailureKind::NoSpace, phrase("the store {} could not be written: no space is left for it", file), attempted,
                   phrase("free space in {} (or move the store), then open it again: everything stored before is kept", folderOf(file)));
}

Failure noDatabase(const std::string &file, const std::string &attempted)
{
    return refusal(FailureKind::Invalid, phrase("{} is no store: it is not an SQLite database", file), attempted,
                   "name another file; this one was left as it is");
}

/// SQLite takes a file shorter than its header for an empty one and would write over it.
bool beginsLikeADatabase(const std::string &file)
{
    static constexpr std::string_view kMagic("SQLite format 3\0", 16);
    std::string head(kMagic.size(), '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.read(head.data(), static_cast<std::streamsize>(head.size()));
    return stream.gcount() == 0 || (stream && head == kMagic);
}

/// WAL needs a lock that nobody else holds for a moment, and SQLite does not wait for that one by itself.
std::string switchToWal(SQLite::Database &database)
{
    for (int attempt = 1;; ++attempt) {
        try {
            return database.execAndGet("PRAGMA journal_mode = WAL").getString();
        } catch (const SQLite::Exception &exception) {
            if (exception.getErrorCode() != SQLITE_BUSY || attempt == 100)
                throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

void prepareConnection(SQLite::Database &database)
{
    database.exec(phrase("PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
                              "PRAGMA cache_size = -{}; PRAGMA wal_autocheckpoint = {}; PRAGMA journal_size_limit = {}",
                              kPageCacheKib, kCheckpointPages, kLargestLogBytes));
}

/// Nothing if the file may be written to as a store of ours.
std::optional<Failure> refuseStranger(SQLite::Database &database, const std::string &file, const std::string &attempted)
{
    const SQLite::Transaction moment(database); // another program may be creating the store right now
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    const int application = database.execAndGet("PRAGMA application_id").getInt();
    const bool empty = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
    if (application != kApplicationId && !empty)
        return refusal(FailureKind::Invalid, phrase("{} is the database of another program, not a store of Seatrial", file), attempted,
                       "name another file; this one was left as it is");
    if (version > latestVersion())
        return refusal(FailureKind::Unsupported,
                       phrase("the store {} has version {}; this program reads versions up to {}", file, version, latestVersion()), attempted,
                       "open it with the newer Seatrial that wrote it; it was left as it is");
    if (sqlite3_db_readonly(database.getHandle(), "main") == 1)
        return refusal(FailureKind::Refused, phrase("the store {} is read-only", file), attempted,
                       phrase("make the file and its folder {} writable for you, or copy the store to another place", folderOf(file)));
    return std::nullopt;
}

} // namespace

std::unique_ptr<SQLite::Database> connect(const std::string &file, Access access)
{
    auto database = std::make_unique<SQLite::Database>(file, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyMilliseconds);
    prepareConnection(*database);
    if (access == Access::Read)
        database->exec("PRAGMA query_only = ON");
    return database;
}

domain::Result<std::unique_ptr<SQLite::Database>> openForWriting(const std::string &file)
{
    const std::string attempted = "open the store";
    std::error_code error;
    if (std::filesystem::is_directory(file, error))
        return std::unexpected(refusal(FailureKind::Invalid, phrase("{} is a folder, not a store", file), attempted, "name a file in it"));
    if (!std::filesystem::is_directory(folderOf(file), error))
        return std::unexpected(refusal(FailureKind::NotFound, phrase("the folder {} of the store does not exist", folderOf(file)), attempted,
                                       "create the folder or name another file"));
    if (!beginsLikeADatabase(file))
        return std::unexpected(noDatabase(file, attempted));

    std::optional<Failure> refused;
    auto opened = guarded(file, attempted, [&]() -> std::unique_ptr<SQLite::Database> {
        auto database = std::make_unique<SQLite::Database>(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                                                           kBusyMilliseconds);
        refused = refuseStranger(*database, file, attempted);
        if (refused)
            return nullptr;
        if (switchToWal(*database) != "wal") {
            refused = refusal(FailureKind::Unsupported, phrase("the file system of {} cannot hold a store (no shared memory for SQLite's log)", file),
                              attempted, "keep the store on a local disk");
            return nullptr;
        }
        prepareConnection(*database);
        migrate(*database);
        return database;
    });
    if (refused)
        return std::unexpected(*refused);
    return opened;
}

domain::Failure failureOf(const std::exception &exception, const std::string &file, const std::string &attempted)
{
    const bool damagedValue = dynamic_cast<const nlohmann::json::exception *>(&exception); // whose own words are for programmers
    if (damagedValue || dynamic_cast<const DamagedStore *>(&exception))
        return refusal(FailureKind::Broken, phrase("the store {} is damaged: {}", file, damagedValue ? "a value in it is not as it was written" : exception.what()),
                       attempted, "keep the file, and start a new store or restore a copy");
    const auto *sql = dynamic_cast<const SQLite::Exception *>(&exception);
    if (!sql)
        return refusal(FailureKind::Broken, phrase("the store {} could not be used: {}", file, exception.what()), attempted,
                       "open the store again; if it happens again, keep the file and report what this says");

    switch (sql->getErrorCode()) {
    case SQLITE_FULL:
        return noSpace(file, attempted);
    case SQLITE_IOERR:
        if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
            return noSpace(file, attempted);
        return refusal(FailureKind::Broken, phrase("the store {} could not be read or written: {}", file, systemReason(*sql)), attempted,
                       "check the disk (dmesg), then open the store again: everything stored before is kept");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return refusal(FailureKind::Refused, phrase("the store {} may not be written: {}", file, sql->what()), attempted,
                       phrase("make the file and its folder {} writable for you", folderOf(file)));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return refusal(FailureKind::Timeout,
                       phrase("another program kept the store {} to itself for more than {} s", file, kBusyMilliseconds / 1000), attempted,
                       "end the other program that uses this store, or use another store");
    case SQLITE_CANTOPEN:
        return refusal(FailureKind::Refused, phrase("the store {} could not be opened: {}", file, systemReason(*sql)), attempted,
                       phrase("check that {} exists and that you may write there", folderOf(file)));
    case SQLITE_NOTADB:
        return noDatabase(file, attempted);
    case SQLITE_CORRUPT:
        return refusal(FailureKind::Broken, phrase("the store {} is damaged: {}", file, sql->what()), attempted,
                       "keep the file, save what can be read with \"sqlite3 FILE .recover\", and go on with a new store");
    default:
        return refusal(FailureKind::Broken, phrase("the store {} could not be used: {}", file, sql->what()), attempted,
                       "open the store again; if it happens again, keep the file and report what this says");
    }
}

} // namespace seatrial::store
