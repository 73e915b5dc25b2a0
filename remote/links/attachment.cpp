// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/attachment.h"

#include "remote/text.h"
#include "remote/wait.h"

#include <algorithm>
#include <cmath>

namespace seatrial::remote {

using namespace domain;

namespace {
constexpr std::size_t kErrorTail = 4'000;
/// After close(): how long what was queued before may take to leave.
constexpr double kFlushSeconds = 0.5;
} // namespace

struct Attachment::Pump {
    std::unique_ptr<Command> command;
    std::shared_ptr<campaign::StreamSink> sink;
    std::string where;
    double silentSeconds;
    Outbox outbox;
    std::string pending; ///< taken out of the outbox, not yet written
    std::string errorTail;
    Moment heard = now();

    void run();
    Result<int> untilEnd();
    Result<std::size_t> listen();
    Result<void> speak();
    void keepErrors(std::string_view text);
    void wait(Moment until);
    Failure failure(FailureKind kind, const std::string &what, std::string advice) const;
};

Attachment::Attachment(std::unique_ptr<Command> command, std::shared_ptr<campaign::StreamSink> sink, std::string where,
                       double silentSeconds)
    : m_pump(std::make_shared<Pump>())
{
    m_pump->command = std::move(command);
    m_pump->sink = std::move(sink);
    m_pump->where = std::move(where);
    m_pump->silentSeconds = silentSeconds;
}

Attachment::~Attachment()
{
    close();
}

bool Attachment::start()
{
    return m_thread.start([pump = m_pump] { pump->run(); });
}

void Attachment::send(std::string bytes)
{
    m_pump->outbox.put(std::move(bytes));
}

void Attachment::close()
{
    m_pump->outbox.close();
}

void Attachment::Pump::run()
{
    auto end = untilEnd();
    command.reset();
    const auto last = std::move(sink); // whoever is told may destroy the link, and this with it
    last->ended(std::move(end), std::move(errorTail));
}

Result<int> Attachment::Pump::untilEnd()
{
    std::optional<Moment> flushUntil;
    while (true) {
        const auto count = listen();
        if (!count)
            return std::unexpected(count.error());
        if (*count > 0)
            heard = now();
        const auto status = command->ended();
        if (!status)
            return std::unexpected(status.error());
        if (*status)
            return **status;
        if (const auto spoken = speak(); !spoken)
            return std::unexpected(spoken.error());

        if (outbox.closed() && !flushUntil)
            flushUntil = after(kFlushSeconds);
        if (flushUntil && (pending.empty() || secondsUntil(*flushUntil) <= 0))
            return std::unexpected(failure(FailureKind::Cancelled, "the connection was closed from here", {}));
        if (outbox.overflown())
            return std::unexpected(failure(FailureKind::Lost, "the node does not read what it is sent", "attach again"));
        const Moment silentAt = heard + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                            std::chrono::duration<double>(silentSeconds));
        if (secondsUntil(silentAt) <= 0) {
            return std::unexpected(failure(FailureKind::Lost, "silent for " + secondsText(silentSeconds),
                                           "check power and network of the node, then attach again"));
        }
        if (*count == 0) // else there may be more that no descriptor tells of: libssh keeps buffers of its own
            wait(flushUntil ? std::min(*flushUntil, silentAt) : silentAt);
    }
}

/// Takes what came, but not for ever: what is to be sent must get its turn beside a flood.
Result<std::size_t> Attachment::Pump::listen()
{
    std::array<char, 16 * 1024> buffer;
    std::size_t total = 0;
    for (int budget = 16; budget > 0; --budget) {
        const auto count = command->read(Command::Stream::Output, buffer);
        if (!count)
            return std::unexpected(count.error());
        if (*count == 0)
            break;
        total += *count;
        sink->bytes({buffer.data(), *count});
    }
    const auto complained = command->read(Command::Stream::Errors, buffer);
    if (!complained)
        return std::unexpected(complained.error());
    keepErrors({buffer.data(), *complained});
    return total + *complained;
}

Result<void> Attachment::Pump::speak()
{
    outbox.takeInto(pending);
    while (!pending.empty()) {
        const auto written = command->write(pending);
        if (!written)
            return std::unexpected(written.error());
        if (*written == 0)
            break;
        pending.erase(0, *written);
    }
    return {};
}

void Attachment::Pump::keepErrors(std::string_view text)
{
    errorTail += text;
    if (errorTail.size() > kErrorTail)
        errorTail.erase(0, errorTail.size() - kErrorTail);
}

void Attachment::Pump::wait(Moment until)
{
    std::array<pollfd, Command::kMaxDescriptors + 1> fds;
    const std::size_t count
        = command->descriptors(std::span(fds).first<Command::kMaxDescriptors>(), !pending.empty());
    fds[count] = {outbox.descriptor(), POLLIN, 0};
    const double milliseconds = std::ceil(std::min(secondsUntil(until), 3600.0) * 1000);
    poll(fds.data(), count + 1, static_cast<int>(milliseconds));
}

Result<void> AttachmentSlot::start(std::shared_ptr<Attachment> attachment, const std::string &where)
{
    const std::lock_guard lock(m_mutex);
    if (!attachment->start()) {
        return std::unexpected(Failure{Stage::Attach, FailureKind::Broken, where + ": this computer has no more threads",
                                       "starting the thread that follows the engine",
                                       "raise 'ulimit -u' or choose fewer nodes at a time"});
    }
    m_attachment = std::move(attachment);
    if (m_closed)
        m_attachment->close();
    return {};
}

void AttachmentSlot::send(std::string bytes)
{
    const std::lock_guard lock(m_mutex);
    if (m_attachment)
        m_attachment->send(std::move(bytes));
}

void AttachmentSlot::close()
{
    m_closed = true;
    const std::lock_guard lock(m_mutex);
    if (m_attachment)
        m_attachment->close();
}

Failure Attachment::Pump::failure(FailureKind kind, const std::string &what, std::string advice) const
{
    return {Stage::Run, kind, where + ": " + what, "following the engine's stream", std::move(advice)};
}

} // namespace seatrial::remote
