// SPDX-License-Identifier: Apache-2.0
/// seatrial-collective: one rank of a group of nodes, in a process of its own, because what it is built on throws, waits
/// and can be stopped. host.collective (engine/checks/collective) starts it: the order is the first line of standard
/// input, what it finds are records on standard output, and it ends when standard input does.
#include "core/protocol/codec.h"
#include "core/protocol/line_cutter.h"
#include "engine/collective/rank_run.h"

#include <csignal>
#include <cstdio>
#include <mutex>
#include <new>
#include <thread>

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace seatrial;
using namespace seatrial::engine::collective;

constexpr int beatMilliseconds = 100;

/// The first line of standard input.
std::string readOrder()
{
    std::string line;
    char letter = 0;
    while (line.size() < protocol::LineCutter::kMaxLineBytes && ::read(STDIN_FILENO, &letter, 1) == 1 && letter != '\n')
        line += letter;
    return line;
}

/// The page that whoever started us shares with us, or one that nobody sees.
RankPage &sharedPage()
{
    static RankPage own;
    void *memory = ::mmap(nullptr, sizeof(RankPage), PROT_READ | PROT_WRITE, MAP_SHARED, pageDescriptor, 0);
    return memory == MAP_FAILED ? own : *static_cast<RankPage *>(memory);
}

/// Lives as long as the process: says that it does, and ends it when nobody listens any more.
[[noreturn]] void beat(RankPage &page)
{
    while (true) {
        ++page.beats;
        pollfd order{STDIN_FILENO, POLLIN, 0};
        if (::poll(&order, 1, beatMilliseconds) <= 0)
            continue;
        char ignored[256];
        if (::read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
            ::_exit(0); // at once: nothing here needs tidying up, and Gloo's threads may hang
    }
}

void say(const protocol::Body &body)
{
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    const auto line = protocol::encodeBody(body);
    std::size_t written = 0;
    while (written < line.size()) {
        const auto count = ::write(STDOUT_FILENO, line.data() + written, line.size() - written);
        if (count <= 0)
            ::_exit(1);
        written += std::size_t(count);
    }
}

} // namespace

int main()
{
    ::signal(SIGPIPE, SIG_IGN); // Gloo writes to connections that others may have closed
    const auto read = protocol::decodeControl(readOrder());
    const auto *control = std::get_if<protocol::Control>(&read);
    const auto *order = control ? std::get_if<protocol::StartStep>(control) : nullptr;
    if (!order) {
        std::fprintf(stderr, "seatrial-collective: a check of seatrial-engine starts this program; nobody else can\n");
        return 2;
    }
    engine::Options options(order->parameters);
    const auto job = Job::ofSchedule(options);
    if (options.bad()) {
        std::fprintf(stderr, "seatrial-collective: %s\n", options.problem().c_str());
        return 2;
    }
    auto &page = sharedPage();
    std::thread([&page] { beat(page); }).detach();
    const std::atomic<bool> over = false; // whoever wants the end closes standard input
    runRank(job, *order, page, say, over);
    ::_exit(0);
}
