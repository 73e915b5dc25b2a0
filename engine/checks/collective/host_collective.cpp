// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/collective/host_collective.h"

#include "engine/checks/collective/rank_watch.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/collective/job.h"
#include "engine/measure/cgroup.h"
#include "engine/measure/mapped_memory.h"
#include "engine/measure/text.h"

#include <algorithm>

#include <gnu/libc-version.h>

namespace seatrial::engine {

namespace {

using collective::Job;

/// Input, output, and for one operation the sums under way; a little for Gloo's own buffers.
std::uint64_t memoryFor(const Job &job)
{
    return 3 * job.largestBuffer() + (std::uint64_t(64) << 20);
}

/// Why this node has not the memory for it; at most half of what is free, since others may want some too.
std::string shortOfMemory(const Job &job, const std::filesystem::path &sysroot)
{
    auto available = meminfoBytes(sysroot, "MemAvailable");
    if (const auto limits = readCgroupLimits(sysroot); limits.memoryHeadroom)
        available = std::min(available, *limits.memoryHeadroom);
    const auto needed = memoryFor(job);
    if (available == 0 || needed <= available / 2)
        return {};
    return "buffers for " + std::to_string(job.size) + " ranks need " + std::to_string(needed >> 20) + " MiB, more than half of the "
        + std::to_string(available >> 20) + " MiB that are available";
}

} // namespace

HostCollective::HostCollective(Fault fault, const CollectiveParts &parts, std::string libc)
    : m_fault(fault), m_parts(parts), m_libc(libc.empty() ? gnu_get_libc_version() : std::move(libc))
{
}

std::vector<std::string> HostCollective::parameterHelp() const
{
    return {"operations=all_reduce,all_gather,reduce_scatter,broadcast,reduce,all_to_all,send_recv (which, in this order)",
            "bytes=8,65536,8388608 (sizes of each, as nccl-tests counts them)",
            "seconds=1 (per operation and size, s)",
            "iterations_most=100000 (per operation and size)",
            "stage_deadline=20 (without getting on, s)",
            "role=root|member, rank=, size= (place in the group; rank 0 is root)",
            "token=(hexadecimal, the same for all of a group)",
            "member: root=, port= (where rank 0 waits)"};
}

/// Of what a plan may say; the rest is given by the schedule.
std::string HostCollective::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    Job::ofPlan(options);
    return options.problem();
}

std::optional<CheckResult> HostCollective::absence(const CheckContext &) const
{
    if (m_parts.parts.empty())
        return CheckResult::notPresent("this engine was built without Gloo, which collective operations are made of");
    if (const auto why = libcRefusal(m_parts.needsLibc, m_libc); !why.empty())
        return CheckResult::notPresent("what does collective operations " + why);
    return std::nullopt;
}

CheckResult HostCollective::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto job = Job::ofSchedule(options);
    if (options.bad())
        return CheckResult::error(options.problem());
    if (const auto why = shortOfMemory(job, context.sysroot); !why.empty())
        return CheckResult::error(why);

    std::string problem;
    bool forbidden = false;
    const auto folder = context.workFolder / ("rank-" + std::to_string(job.rank));
    const auto program = unpackParts(m_parts, folder, problem, forbidden);
    if (program.empty())
        return forbidden ? CheckResult::notPermitted(problem) : CheckResult::error(problem);
    protocol::StartStep order{context.step, std::string(id()), job.parameters(), context.deadlineSeconds};
    if (m_fault == Fault::OneWrongElement)
        order.parameters[collective::corruptWord] = "one element";
    const auto process = RankProcess::start(program, order, problem, forbidden);
    std::error_code ignored;
    if (!process) {
        std::filesystem::remove_all(folder, ignored);
        return forbidden ? CheckResult::notPermitted(problem) : CheckResult::error(problem);
    }
    const auto result = RankWatch(context, job, *process).watch();
    std::filesystem::remove_all(folder, ignored);
    return result;
}

} // namespace seatrial::engine
