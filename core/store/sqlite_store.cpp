// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/phrase.h"
#include "core/store/raw_streams.h"
#include "core/store/record_writer.h"
#include "core/store/run_reader.h"
#include "core/store/run_tables.h"
#include "core/store/store.h"
#include "core/store/verdict_tables.h"
#include "core/store/write_queue.h"

#include <chrono>
#include <mutex>

namespace seatrial::store {

using namespace domain;

namespace {

using Connection = std::unique_ptr<SQLite::Database>;

double now()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Roughly what a line takes in memory while it waits.
std::size_t sizeOf(const protocol::StreamLine &line)
{
    return sizeof(line) + 2 * line.raw.size();
}

/// Connections for reading: one for each reader at work, kept for the next one.
class ReaderPool
{
public:
    explicit ReaderPool(std::string file) : m_file(std::move(file)) {}

    Connection take()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_idle.empty()) {
                Connection connection = std::move(m_idle.back());
                m_idle.pop_back();
                return connection;
            }
        }
        return connect(m_file, Access::Read);
    }

    void giveBack(Connection connection)
    {
        const std::lock_guard lock(m_mutex);
        m_idle.push_back(std::move(connection));
    }

private:
    std::string m_file;
    std::mutex m_mutex;
    std::vector<Connection> m_idle;
};

class SqliteStore final : public Store
{
public:
    SqliteStore(std::string file, Connection connection)
        : m_file(std::move(file)), m_database(std::move(connection)), m_names(*m_database), m_records(*m_database, m_names), m_readers(m_file),
          m_queue([this](WriteQueue::Batch &batch, bool durable) { return commit(batch, durable); })
    {
    }

    Result<RunInfo> beginRun(RunInfo info) override
    {
        RunInfo begun;
        const Result<void> written = m_queue.wait([&] { begun = insertRun(*m_database, std::move(info)); });
        if (!written)
            return std::unexpected(written.error());
        return begun;
    }

    Result<void> setRunState(const RunId &run, RunState state, double finishedWall) override
    {
        return changeRun(run, [&](std::int64_t number) { updateRunState(*m_database, number, state, finishedWall); });
    }

    void append(const RunId &run, const NodeId &node, std::vector<protocol::StreamLine> lines) override
    {
        std::size_t bytes = 0;
        for (const protocol::StreamLine &line : lines)
            bytes += sizeOf(line);
        const std::size_t count = lines.size();
        m_queue.post([this, run, node, kept = std::move(lines)] { m_records.write(run, node, kept); }, bytes, count);
    }

    void appendFailure(const RunId &run, NodeFailure failure) override
    {
        m_queue.post(
            [this, run, kept = std::move(failure)] {
                const auto number = runNumber(run);
                if (!number || !hasRun(*m_database, *number))
                    throw std::runtime_error(unknownRun(run).what);
                insertFailure(*m_database, m_names, *number, kept);
            },
            sizeof(NodeFailure) + 1024, 1);
    }

    Result<void> saveVerdict(const FleetVerdict &verdict) override
    {
        return changeRun(verdict.run, [&](std::int64_t number) { replaceVerdict(*m_database, m_names, number, verdict, now()); });
    }

    Result<void> flush() override { return m_queue.wait([] {}); }
    std::optional<Failure> failure() const override { return m_queue.failure(); }

    Result<std::vector<RunSummary>> runs() const override
    {
        return reading("read the list of runs", readSummaries);
    }

    Result<RunData> runData(const RunId &run) const override
    {
        return readingRun(run, "read a run", [](SQLite::Database &database, std::int64_t number) { return RunReader(database, number).read(); });
    }

    Result<std::map<NodeId, StreamPosition>> positions(const RunId &run) const override
    {
        return readingRun(run, "read where the streams of a run stand", readPositions);
    }

    Result<std::string> rawStream(const RunId &run, const NodeId &node) const override
    {
        return readingRun(run, "read a raw stream", [&](SQLite::Database &database, std::int64_t number) {
            const auto stream = findStream(database, number, node);
            return stream ? RawStreams::read(database, *stream) : std::string();
        });
    }

private:
    /// On the writer's thread: all of @p batch or nothing of it.
    Result<void> commit(WriteQueue::Batch &batch, bool durable)
    {
        const Result<void> done = guarded(m_file, "store what the nodes sent", [&] {
            // NORMAL leaves the last commits to the operating system; FULL writes them through, and all before with them.
            m_database->exec(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            SQLite::Transaction transaction(*m_database, SQLite::TransactionBehavior::IMMEDIATE);
            m_records.begin();
            for (WriteQueue::Work &work : batch)
                work();
            m_records.finish();
            if (durable)
                m_database->exec("UPDATE store SET flushes = flushes + 1"); // without a change there would be no write to push through
            transaction.commit();
        });
        if (!done)
            m_records.forget();
        return done;
    }

    template<typename Change>
    Result<void> changeRun(const RunId &run, Change change)
    {
        bool found = false;
        const Result<void> written = m_queue.wait([&] {
            const auto number = runNumber(run);
            found = number && hasRun(*m_database, *number);
            if (found)
                change(*number);
        });
        if (written && !found)
            return std::unexpected(unknownRun(run));
        return written;
    }

    /// All that @p read reads is of one moment.
    template<typename Read>
    auto reading(const std::string &attempted, Read read) const -> Result<std::invoke_result_t<Read, SQLite::Database &>>
    {
        return guarded(m_file, attempted, [&] {
            Connection connection = m_readers.take();
            auto result = [&] {
                SQLite::Transaction moment(*connection);
                return read(*connection);
            }();
            m_readers.giveBack(std::move(connection));
            return result;
        });
    }

    template<typename Read>
    auto readingRun(const RunId &run, const std::string &attempted, Read read) const
        -> Result<std::invoke_result_t<Read, SQLite::Database &, std::int64_t>>
    {
        using Value = std::invoke_result_t<Read, SQLite::Database &, std::int64_t>;
        auto result = reading(attempted, [&](SQLite::Database &database) -> std::optional<Value> {
            const auto number = run.empty() ? newestRun(database) : runNumber(run);
            if (!number || !hasRun(database, *number))
                return std::nullopt;
            return read(database, *number);
        });
        if (!result)
            return std::unexpected(result.error());
        if (!*result)
            return std::unexpected(unknownRun(run));
        return std::move(**result);
    }

    Failure unknownRun(const RunId &run) const
    {
        if (run.empty())
            return {Stage::Store, FailureKind::NotFound, phrase("the store {} holds no run yet", m_file), "find the newest run",
                    "run a plan first"};
        return {Stage::Store, FailureKind::NotFound, phrase("there is no run \"{}\" in the store {}", run.text(), m_file), "find the run",
                "list the runs of this store and name one of them"};
    }

    const std::string m_file;
    Connection m_database; ///< of the writer's thread, as the two below
    NameWriter m_names;
    RecordWriter m_records;
    mutable ReaderPool m_readers;
    WriteQueue m_queue; ///< last: its thread uses the rest
};

} // namespace

Result<std::unique_ptr<Store>> openSqliteStore(const std::string &file)
{
    auto connection = openForWriting(file);
    if (!connection)
        return std::unexpected(connection.error());
    return guarded(file, "open the store", [&]() -> std::unique_ptr<Store> { return std::make_unique<SqliteStore>(file, std::move(*connection)); });
}

} // namespace seatrial::store
