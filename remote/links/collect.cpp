// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/collect.h"

#include "remote/text.h"
#include "remote/wait.h"

#include <algorithm>

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr std::size_t kMaxOutput = 1'000'000;
constexpr std::size_t kMaxErrors = 64'000;

/// Reads all that is there. What goes beyond the limit is read and dropped: the command must not block on it.
Result<std::size_t> drain(Command &command, Command::Stream stream, std::string &into, std::size_t limit)
{
    std::array<char, 16 * 1024> buffer;
    std::size_t total = 0;
    while (total < 64 * buffer.size()) {
        const auto count = command.read(stream, buffer);
        if (!count)
            return std::unexpected(count.error());
        if (*count == 0)
            break;
        total += *count;
        into.append(buffer.data(), std::min(*count, limit - std::min(limit, into.size())));
    }
    return total;
}

/// One round: take output, hand over input. True if anything moved. (Reading comes first: it is also what lets libssh
/// notice that it may write again.)
Result<bool> exchange(Command &command, std::string_view &input, bool &inputOpen, campaign::CommandOutput &output)
{
    const auto said = drain(command, Command::Stream::Output, output.output, kMaxOutput);
    if (!said)
        return std::unexpected(said.error());
    const auto complained = drain(command, Command::Stream::Errors, output.errors, kMaxErrors);
    if (!complained)
        return std::unexpected(complained.error());
    bool moved = *said > 0 || *complained > 0;
    while (!input.empty()) {
        const auto written = command.write(input);
        if (!written)
            return std::unexpected(written.error());
        if (*written == 0)
            break;
        input.remove_prefix(*written);
        moved = true;
    }
    if (input.empty() && inputOpen) {
        command.closeInput();
        inputOpen = false;
        moved = true;
    }
    return command.stirred() || moved;
}

Failure overdue(const std::string &where, double seconds, const campaign::CommandOutput &output)
{
    std::string said = output.errors.empty() ? output.output : output.errors;
    if (!said.empty())
        said = "; the last it said: " + printable(said.substr(said.size() - std::min<std::size_t>(said.size(), 300)));
    return {Stage::Run, FailureKind::Timeout, where + ": a command did not end within " + secondsText(seconds) + said,
            "running a command by /bin/sh", "look at the node's load and at its file systems, then try again"};
}

Waited glance(Moment deadline, const std::atomic<bool> &cancelled)
{
    if (cancelled)
        return Waited::Cancelled;
    return secondsUntil(deadline) > 0 ? Waited::Ready : Waited::TimedOut;
}

} // namespace

Result<campaign::CommandOutput> collect(Command &command, std::string_view input, double timeoutSeconds,
                                        const std::string &where, const std::atomic<bool> &cancelled)
{
    campaign::CommandOutput output;
    const Moment deadline = after(timeoutSeconds);
    bool inputOpen = true;
    while (true) {
        const auto moved = exchange(command, input, inputOpen, output);
        if (!moved)
            return std::unexpected(moved.error());
        const auto status = command.ended();
        if (!status)
            return std::unexpected(status.error());
        if (*status) {
            output.exitStatus = **status;
            output.noise = command.noise();
            return output;
        }
        std::array<pollfd, Command::kMaxDescriptors> fds;
        const std::size_t count = command.descriptors(fds, !input.empty());
        // After anything moved there may be more that no descriptor tells of: libssh keeps buffers of its own.
        const Waited waited = *moved ? glance(deadline, cancelled)
                                     : waitFor(std::span(fds).first(count), deadline, cancelled);
        switch (waited) {
        case Waited::Ready:
            break;
        case Waited::TimedOut:
            return std::unexpected(overdue(where, timeoutSeconds, output));
        case Waited::Cancelled:
            return std::unexpected(Failure{Stage::Run, FailureKind::Cancelled, where + ": cancelled", {}, {}});
        }
    }
}

} // namespace seatrial::remote
