// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/disk/host_disk.h"

#include "engine/checks/disk/mounts.h"
#include "engine/checks/disk/random_io.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/measure/clock.h"
#include "engine/measure/random_seed.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <sys/statvfs.h>

namespace seatrial::engine {

namespace {

using protocol::Unit;
namespace fs = std::filesystem;

constexpr std::uint64_t leastBytes = 16 * DiskRun::blockBytes;

struct Asked {
    std::uint64_t bytes = 0;
    unsigned depth = 0;
    double seconds = 0;
    std::uint64_t syncWrites = 0;
    double randomSeconds = 0;
    unsigned queueDepth = 1;
};

Asked read(Options &options)
{
    Asked asked;
    asked.bytes = std::uint64_t(options.integer("bytes", 256 << 20, std::int64_t(leastBytes), std::int64_t(1) << 40));
    asked.depth = unsigned(options.integer("depth", 4, 1, 64));
    asked.seconds = options.number("seconds", 10, 0.1, 3600);
    asked.syncWrites = std::uint64_t(options.integer("sync_writes", 200, 2, 100'000));
    asked.randomSeconds = options.number("random_seconds", 5, 0, 3600);
    asked.queueDepth = unsigned(options.integer("queue_depth", 32, 1, 256));
    return asked;
}

protocol::Parameters passParameters(const DiskPass &pass)
{
    return {{"repetitions", std::to_string(pass.gigabytesPerSecond.size())},
            {"stopped_by", std::string(pass.stoppedBy)},
            {"pass_bytes", std::to_string(pass.bytes)},
            {"pass_seconds", numberText(pass.seconds)},
            {"pass_gigabytes_per_second", numberText(pass.seconds > 0 ? double(pass.bytes) * 1e-9 / pass.seconds : 0)}};
}

/// Where the test may go: first by the name of the folder alone, then by where it really is.
DiskTarget locate(const CheckContext &context, fs::path &folder)
{
    folder = context.workFolder.lexically_normal();
    if (!folder.is_absolute())
        return {"no work folder was given as an absolute path, so it is not known which disk to test", {}, {}, {}, {}};
    const auto named = findDiskTarget(context.sysroot, folder);
    if (!named.refusal.empty())
        return named;
    std::error_code error;
    folder = fs::canonical(folder, error);
    if (error)
        return {"the work folder " + printable(context.workFolder.string()) + " cannot be reached: " + error.message(), {}, {}, {}, {}};
    return findDiskTarget(context.sysroot, folder);
}

/// Of a DiskPass or a RandomPass.
template<typename Pass>
CheckResult ended(const Pass &pass, const Reporter &reporter, const std::string &subject)
{
    if (!pass.miscompare.empty()) {
        reporter.event(protocol::Severity::Error, "disk.miscompare", subject, subject + ": " + pass.miscompare + ".");
        return CheckResult::failed(subject + ": " + pass.miscompare);
    }
    if (!pass.problem.empty())
        return CheckResult::error(subject + ": " + pass.problem);
    return pass.stoppedBy == "request" ? stoppedEarly() : CheckResult::completed();
}

std::string randomStem(bool writing, unsigned depth)
{
    if (writing)
        return depth == 1 ? "random_write_qd1_" : "random_write_deep_";
    return depth == 1 ? "random_read_qd1_" : "random_read_deep_";
}

void reportRandom(const Reporter &reporter, const std::string &stem, const std::string &subject, const RandomPass &pass,
                  const protocol::Parameters &parameters)
{
    const auto &latency = pass.latency;
    reporter.counted(stem + "iops", Unit::OperationsPerSecond, subject, pass.perSecond(), latency.count(),
                     {pass.perSecond(), pass.perSecond(), 0}, parameters);
    const protocol::Spread spread{latency.minimum() * 1e-3, latency.maximum() * 1e-3, latency.cv()};
    for (const auto &[suffix, percent] : {std::pair{"p50", 50.}, {"p90", 90.}, {"p99", 99.}, {"p999", 99.9}, {"max", 100.}}) {
        auto with = parameters;
        with["statistic"] = percent == 100 ? "maximum" : "percentile " + numberText(percent);
        reporter.counted(stem + suffix, Unit::Microseconds, subject, latency.percentile(percent) * 1e-3, latency.count(), spread, std::move(with));
    }
}

/// 4 KiB at random places: one at a time, then as many as asked for.
CheckResult measureRandom(const CheckContext &context, const Reporter &reporter, const TestFile &file, const DiskRun &run, std::uint64_t bytes,
                          const Asked &asked, const std::string &subject, const DiskTamper &tamper)
{
    RandomIo io(file, bytes, run.pattern(), randomSeed());
    std::vector<unsigned> depths{1};
    if (asked.queueDepth > 1)
        depths.push_back(asked.queueDepth);
    const double seconds = asked.randomSeconds / double(2 * depths.size() + 1); // the last part is for reading back
    struct Done {
        std::string stem;
        unsigned depth;
        RandomPass pass;
    };
    std::vector<Done> all;
    for (const bool writing : {false, true}) {
        for (const unsigned depth : depths) {
            auto pass = writing ? io.write(depth, seconds, context.stop) : io.read(depth, seconds, context.stop, tamper);
            if (const auto end = ended(pass, reporter, subject); end.status != protocol::StepStatus::Completed)
                return end;
            all.push_back({randomStem(writing, depth), depth, std::move(pass)});
        }
    }
    const auto verified = io.verifyWritten(seconds, context.stop, tamper);
    RandomPass readBack;
    readBack.problem = verified.problem;
    readBack.miscompare = verified.miscompare;
    readBack.stoppedBy = stopRequested(context.stop) ? "request" : "time";
    if (const auto end = ended(readBack, reporter, subject); end.status != protocol::StepStatus::Completed)
        return end;
    for (const auto &[stem, depth, pass] : all) {
        if (pass.latency.count() == 0)
            continue;
        reportRandom(reporter, stem, subject, pass,
                     {{"queue_depth", std::to_string(depth)},
                      {"queue", depth == 1 ? "one thread" : "as many threads, each waits for its own"},
                      {"transfer_bytes", std::to_string(RandomIo::pageBytes)},
                      {"page_cache", file.direct() ? "passed by (O_DIRECT)" : "no O_DIRECT here: dropped before each read, writes durable (O_DSYNC)"},
                      {"pass_seconds", numberText(pass.seconds)},
                      {"verified_pages", std::to_string(verified.pages)},
                      {"written_pages", std::to_string(verified.written)},
                      {"verified", "yes"}});
    }
    return CheckResult::completed();
}

CheckResult measure(const CheckContext &context, Reporter &reporter, const TestFile &file, const Asked &asked,
                    const std::string &subject, const DiskTamper &tamper)
{
    const DiskRun run(file, randomSeed());
    DiskJob job{asked.bytes, asked.depth, asked.seconds, context.stop, tamper};
    const auto written = run.write(job);
    if (const auto end = ended(written, reporter, subject); end.status != protocol::StepStatus::Completed)
        return end;
    if (written.gigabytesPerSecond.empty())
        return CheckResult::error(subject + ": only " + std::to_string(written.bytes) + " bytes could be written in "
                                  + numberText(written.seconds) + " s, too little to say anything");
    job.bytes = written.bytes;
    const auto read = run.read(job);
    if (const auto end = ended(read, reporter, subject); end.status != protocol::StepStatus::Completed)
        return end;
    const auto sync = run.syncWrites(written.bytes, asked.syncWrites, std::min(2.0, asked.seconds), context.stop);
    if (!sync.problem.empty())
        return CheckResult::error(subject + ": " + sync.problem);
    if (sync.stoppedBy == "request")
        return stoppedEarly();

    reporter.share("bytes_written", std::to_string(written.bytes + (sync.microseconds.size() + 1) * 4096));
    reporter.measured("write", Unit::GigabytesPerSecond, subject, written.gigabytesPerSecond, passParameters(written));
    auto readParameters = passParameters(read);
    readParameters["verified"] = "yes";
    if (!read.gigabytesPerSecond.empty())
        reporter.measured("read", Unit::GigabytesPerSecond, subject, read.gigabytesPerSecond, std::move(readParameters));
    if (!sync.microseconds.empty())
        reporter.measured("sync_write_latency", Unit::Microseconds, subject, sync.microseconds,
                          {{"p99", numberText(sync.microseconds.percentile(99))},
                           {"count", std::to_string(sync.microseconds.size())},
                           {"write_bytes", "4096"},
                           {"stopped_by", std::string(sync.stoppedBy)}});
    return asked.randomSeconds > 0 ? measureRandom(context, reporter, file, run, written.bytes, asked, subject, tamper) : CheckResult::completed();
}

} // namespace

DiskPlan planDisk(std::uint64_t asked, std::uint64_t freeBytes)
{
    DiskPlan plan{std::min(asked, freeBytes / 10), freeBytes / 10 < asked ? "free space" : "parameter", {}};
    plan.bytes -= plan.bytes % DiskRun::blockBytes;
    if (plan.bytes < leastBytes)
        plan.problem = "a test file of at least " + std::to_string(leastBytes) + " bytes is needed and may take 10 % of the free space, but only "
            + std::to_string(freeBytes) + " bytes are free";
    return plan;
}

std::vector<std::string> HostDisk::parameterHelp() const
{
    return {"bytes=268435456 (size of the test file, at most 10 % of the free space)", "depth=4 (blocks of 1 MiB in flight)",
            "seconds=10 (longest time for each of write and read, s)", "sync_writes=200 (durable writes of 4 KiB)",
            "random_seconds=5 (4 KiB at random places: time for reads and writes together, s; 0: none)",
            "queue_depth=32 (of the random transfers that follow those one at a time)"};
}

std::string HostDisk::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    read(options);
    return options.problem();
}

CheckResult HostDisk::load(const CheckContext &context) const
{
    Options options(context.parameters);
    auto asked = read(options);
    if (options.bad())
        return CheckResult::error(options.problem());

    fs::path folder;
    const auto target = locate(context, folder);
    if (!target.refusal.empty())
        return target.fileSystem.empty() ? CheckResult::error(target.refusal) : CheckResult::notPresent(target.refusal);
    struct statvfs space {};
    if (statvfs(folder.c_str(), &space) != 0)
        return CheckResult::error("the free space of " + printable(folder.string()) + " cannot be read: " + std::strerror(errno));
    const auto plan = planDisk(asked.bytes, std::uint64_t(space.f_bavail) * space.f_frsize);
    if (!plan.problem.empty())
        return CheckResult::error(printable(folder.string()) + ": " + plan.problem);
    const TestFile file(folder);
    if (!file.problem().empty())
        return CheckResult::error(printable(file.problem()));

    asked.bytes = plan.bytes;
    Reporter reporter(context, id());
    reporter.share("file_bytes", std::to_string(plan.bytes));
    reporter.share("size_bound", plan.bound);
    reporter.share("block_bytes", std::to_string(DiskRun::blockBytes));
    reporter.share("depth", std::to_string(asked.depth));
    reporter.share("direct", file.direct() ? "yes" : "no");
    reporter.share("fs", target.fileSystem);
    reporter.share("device", target.device);
    reporter.share("warmup", "1");
    if (!target.members.empty())
        reporter.share("members", target.members);
    return measure(context, reporter, file, asked, "disk/" + target.disk, m_tamper);
}

} // namespace seatrial::engine
