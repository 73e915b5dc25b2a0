// SPDX-License-Identifier: GPL-3.0-or-later
// Records a second from the socket's bytes into the store, beside what SQLite does on this machine by itself.
#include "core/protocol/codec.h"
#include "core/protocol/stream_reader.h"
#include "core/store/store.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

using namespace seatrial;

namespace {

constexpr int kRounds = 5;
constexpr int kNodes = 1000;
constexpr int kRecordsPerNode = 200;
constexpr int kRecords = kNodes * kRecordsPerNode;
constexpr std::size_t kReadBytes = 16 * 1024; // what one read of a busy connection brings

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

[[noreturn]] void stop(const std::string &why)
{
    std::fprintf(stderr, "store_bench: %s\n", why.c_str());
    std::exit(1);
}

template<typename T>
T must(domain::Result<T> result)
{
    if (!result)
        stop(domain::sentence(result.error()));
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

domain::NodeId nodeName(int node)
{
    return domain::NodeId("rack" + std::to_string(node / 40) + "-n" + std::to_string(node));
}

protocol::Measurement measurement(int node, int at)
{
    static const char *const kMetrics[] = {"copy", "scale", "add", "triad", "read"};
    const double value = 180.25 + node * 0.37 + at * 0.0113;
    return {"memory#" + std::to_string(1 + at / 50), "host.memory", kMetrics[at % 5], protocol::Unit::GigabytesPerSecond,
            "cpu/" + std::to_string(at % 64), value, 20, {value * 0.97, value * 1.02, 0.013},
            {{"array_bytes", "268435456"}, {"bound", "cache"}, {"threads", std::to_string(1 + at % 64)}}};
}

std::string streamOf(int node)
{
    std::string bytes;
    for (int at = 0; at < kRecordsPerNode; ++at) {
        const auto sequence = static_cast<std::uint64_t>(at) + 1;
        bytes += protocol::encode(protocol::Record{{sequence, 1000.5 + at * 0.001, 1.7e9 + at * 0.001, "6c2f8a52-0e0f-4d7e-9d53-8a2f3c1f8a11"},
                                                   measurement(node, at)});
    }
    return bytes;
}

std::vector<std::vector<protocol::StreamLine>> linesOf(const std::string &bytes)
{
    protocol::StreamReader reader;
    std::vector<std::vector<protocol::StreamLine>> batches;
    for (std::size_t at = 0; at < bytes.size(); at += kReadBytes)
        batches.push_back(reader.feed(std::string_view(bytes).substr(at, kReadBytes)));
    return batches;
}

/// A store of its own, gone afterwards.
class FreshFile
{
public:
    FreshFile() : m_path(std::filesystem::temp_directory_path() / ("seatrial-store-bench-" + std::to_string(::getpid()) + ".db")) { remove(); }
    ~FreshFile() { remove(); }
    std::string path() const { return m_path.string(); }

private:
    void remove()
    {
        for (const char *suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(m_path.string() + suffix);
    }
    std::filesystem::path m_path;
};

domain::RunId begin(store::Store &store)
{
    domain::RunInfo info;
    info.plan.name = "bench";
    for (int node = 0; node < kNodes; ++node)
        info.nodes.push_back(nodeName(node));
    return must(store.beginRun(info)).id;
}

/// The peer: the same figures by one prepared insert into one table, in transactions of 10,000 rows.
double plainSqlite(const std::vector<protocol::Measurement> &measurements)
{
    const FreshFile file;
    sqlite3 *database = nullptr;
    sqlite3_stmt *insert = nullptr;
    if (sqlite3_open(file.path().c_str(), &database) != SQLITE_OK)
        stop("the peer's database cannot be opened");
    const auto run = [&](const char *sql) {
        if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            stop(sqlite3_errmsg(database));
    };
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE m (node INT, seq INT, metric TEXT, subject TEXT, value REAL, samples INT, "
        "minimum REAL, maximum REAL)");
    if (sqlite3_prepare_v2(database, "INSERT INTO m VALUES (?,?,?,?,?,?,?,?)", -1, &insert, nullptr) != SQLITE_OK)
        stop(sqlite3_errmsg(database));
    const auto start = Clock::now();
    run("BEGIN");
    for (int at = 0; at < kRecords; ++at) {
        const protocol::Measurement &each = measurements[static_cast<std::size_t>(at)];
        sqlite3_bind_int(insert, 1, at / kRecordsPerNode);
        sqlite3_bind_int(insert, 2, at % kRecordsPerNode);
        sqlite3_bind_text(insert, 3, each.metric.c_str(), -1, SQLITE_STATIC);
        sqlite3_bind_text(insert, 4, each.subject.c_str(), -1, SQLITE_STATIC);
        sqlite3_bind_double(insert, 5, each.value);
        sqlite3_bind_int(insert, 6, static_cast<int>(each.samples));
        sqlite3_bind_double(insert, 7, each.spread.minimum);
        sqlite3_bind_double(insert, 8, each.spread.maximum);
        if (sqlite3_step(insert) != SQLITE_DONE)
            stop(sqlite3_errmsg(database));
        sqlite3_reset(insert);
        if (at % 10'000 == 9'999)
            run("COMMIT; BEGIN");
    }
    run("COMMIT");
    const double seconds = secondsSince(start);
    sqlite3_finalize(insert);
    sqlite3_close(database);
    return kRecords / seconds;
}

struct Rates {
    double peer = 0;
    double store = 0;
    double decodeAndStore = 0;
    double processorMicroseconds = 0; ///< of all threads, for a record from bytes to store
    double runDataSeconds = 0;
};

double storeAlone(const std::vector<std::string> &streams)
{
    std::vector<std::vector<std::vector<protocol::StreamLine>>> lines;
    for (const std::string &stream : streams)
        lines.push_back(linesOf(stream));
    const FreshFile file;
    const auto store = must(store::openSqliteStore(file.path()));
    const domain::RunId run = begin(*store);
    const auto start = Clock::now();
    for (std::size_t read = 0; read < lines.front().size(); ++read) { // the nodes speak in turn
        for (std::size_t node = 0; node < lines.size(); ++node) {
            if (read < lines[node].size())
                store->append(run, nodeName(static_cast<int>(node)), std::move(lines[node][read]));
        }
    }
    must(store->flush());
    return kRecords / secondsSince(start);
}

void decodeAndStore(const std::vector<std::string> &streams, Rates &rates)
{
    const FreshFile file;
    const auto store = must(store::openSqliteStore(file.path()));
    const domain::RunId run = begin(*store);
    std::vector<protocol::StreamReader> readers(streams.size());
    std::size_t longest = 0;
    for (const std::string &stream : streams)
        longest = std::max(longest, stream.size());
    auto start = Clock::now();
    const std::clock_t processor = std::clock();
    for (std::size_t at = 0; at < longest; at += kReadBytes) {
        for (std::size_t node = 0; node < streams.size(); ++node) {
            if (at < streams[node].size())
                store->append(run, nodeName(static_cast<int>(node)), readers[node].feed(std::string_view(streams[node]).substr(at, kReadBytes)));
        }
    }
    must(store->flush());
    rates.decodeAndStore = kRecords / secondsSince(start);
    rates.processorMicroseconds = 1e6 * static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC / kRecords;

    start = Clock::now();
    const domain::RunData data = must(store->runData(run));
    rates.runDataSeconds = secondsSince(start);
    if (data.observations.size() != kRecords)
        stop("the store lost or doubled records");
}

template<typename Get>
double median(std::vector<Rates> rounds, Get get)
{
    std::ranges::sort(rounds, {}, get);
    return get(rounds[rounds.size() / 2]);
}

} // namespace

int main()
{
    std::vector<std::string> streams;
    std::vector<protocol::Measurement> measurements;
    std::size_t bytes = 0;
    for (int node = 0; node < kNodes; ++node) {
        streams.push_back(streamOf(node));
        bytes += streams.back().size();
        for (int at = 0; at < kRecordsPerNode; ++at)
            measurements.push_back(measurement(node, at));
    }

    std::vector<Rates> rounds(kRounds);
    for (Rates &round : rounds) {
        round.peer = plainSqlite(measurements);
        round.store = storeAlone(streams);
        decodeAndStore(streams, round);
    }
    const double peer = median(rounds, [](const Rates &rates) { return rates.peer; });
    const double store = median(rounds, [](const Rates &rates) { return rates.store; });
    const double whole = median(rounds, [](const Rates &rates) { return rates.decodeAndStore; });
    const double processor = median(rounds, [](const Rates &rates) { return rates.processorMicroseconds; });
    const double read = median(rounds, [](const Rates &rates) { return rates.runDataSeconds; });

    std::printf("store: %d records of %d nodes, %.0f bytes a record, median of %d rounds\n", kRecords, kNodes, static_cast<double>(bytes) / kRecords,
                kRounds);
    std::printf("  %-44s %10.0f records/s\n", "plain SQLite, one table, 8 columns (peer)", peer);
    std::printf("  %-44s %10.0f records/s  %.2f of the peer\n", "store alone", store, store / peer);
    std::printf("  %-44s %10.0f records/s  %.2f of the peer\n", "bytes to store (decode and store)", whole, whole / peer);
    std::printf("  %-44s %10.3f s per 100,000 records\n", "reading the run back", read * 100'000 / kRecords);
    std::printf("  %-44s %10.2f us a record, all threads (a busy machine slows the rates, not this)\n", "processor time, bytes to store", processor);
    std::printf("  floor: 50,000 records/s from bytes to store; here %.1f times that\n", whole / 50'000);
    return 0;
}
