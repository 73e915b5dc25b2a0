// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/attachment.h"

#include "remote/text.h"

#include <algorithm>
#include <array>
#include <condition_variable>

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr std::size_t kErrorTail = 4'000;
/// More unsent than this means that the other side does not read.
constexpr std::size_t kMaxUnsent = 8u << 20;
/// After close(): how long what was queued before may take to leave.
constexpr double kFlushSeconds = 0.5;
/// How often a full sink is asked again.
constexpr double kPauseSeconds = 0.01;

} // namespace

class Attachment::Pump : public IoTask
{
public:
    Pump(std::unique_ptr<Command> command, std::shared_ptr<campaign::StreamSink> sink, std::string where,
         double silentSeconds)
        : m_command(std::move(command)), m_sink(std::move(sink)), m_where(std::move(where)),
          m_silentSeconds(silentSeconds), m_silentAt(after(silentSeconds))
    {
    }

    // From any thread.
    void put(std::string bytes);
    void close();
    void awaitEnd();

    // From the I/O thread.
    std::size_t descriptors(std::span<pollfd, Command::kMaxDescriptors> fds) const override;
    Moment due() const override;
    Next step() override;

private:
    /// Nothing while the command goes on; else how it ended.
    std::optional<Result<int>> exchange(bool &moved);
    Result<bool> listen();
    Result<void> speak();
    void takeOutbox();
    void finish(Result<int> end);
    Failure failure(FailureKind kind, const std::string &what, std::string advice) const;

    std::unique_ptr<Command> m_command;
    std::shared_ptr<campaign::StreamSink> m_sink;
    const std::string m_where;
    const double m_silentSeconds;
    Moment m_silentAt;
    std::optional<Moment> m_flushUntil;
    Moment m_askAgainAt = now();
    bool m_paused = false; ///< the sink is full: nothing is read until it has room
    std::string m_pending; ///< taken out of the outbox, not yet written
    std::string m_errorTail;

    std::mutex m_mutex;
    std::condition_variable m_endedSignal;
    std::string m_outbox;
    bool m_closing = false;
    bool m_ended = false;
};

void Attachment::Pump::put(std::string bytes)
{
    const std::lock_guard lock(m_mutex);
    // One beyond the limit is enough to tell, and must not grow on.
    if (!m_ended && m_outbox.size() <= kMaxUnsent)
        m_outbox += bytes;
}

void Attachment::Pump::close()
{
    const std::lock_guard lock(m_mutex);
    m_closing = true;
}

void Attachment::Pump::awaitEnd()
{
    std::unique_lock lock(m_mutex);
    m_endedSignal.wait(lock, [this] { return m_ended; });
}

std::size_t Attachment::Pump::descriptors(std::span<pollfd, Command::kMaxDescriptors> fds) const
{
    // A paused stream stays readable: waiting for that would be no waiting.
    return m_command && !m_paused ? m_command->descriptors(fds, !m_pending.empty()) : 0;
}

Moment Attachment::Pump::due() const
{
    const Moment next = m_paused ? std::min(m_askAgainAt, m_silentAt) : m_silentAt;
    return m_flushUntil ? std::min(*m_flushUntil, next) : next;
}

IoTask::Next Attachment::Pump::step()
{
    bool moved = false;
    if (auto end = exchange(moved)) {
        finish(std::move(*end));
        return Next::Done;
    }
    // After anything moved there may be more that no descriptor tells of: libssh keeps buffers of its own.
    return m_command->stirred() || moved ? Next::Again : Next::Wait;
}

std::optional<Result<int>> Attachment::Pump::exchange(bool &moved)
{
    // Reading comes first: it is also what lets libssh notice that it may write again.
    const auto heard = listen();
    if (!heard)
        return std::unexpected(heard.error());
    moved = *heard;
    if (moved || m_paused)
        m_silentAt = after(m_silentSeconds);
    if (!m_paused) { // what is still unread comes before the end
        const auto status = m_command->ended();
        if (!status)
            return std::unexpected(status.error());
        if (*status)
            return **status;
    }
    takeOutbox();
    if (const auto spoken = speak(); !spoken)
        return std::unexpected(spoken.error());

    if (m_flushUntil && (m_pending.empty() || secondsUntil(*m_flushUntil) <= 0))
        return std::unexpected(failure(FailureKind::Cancelled, "the connection was closed from here", {}));
    if (m_pending.size() > kMaxUnsent)
        return std::unexpected(failure(FailureKind::Lost, "the node does not read what it is sent", "attach again"));
    if (secondsUntil(m_silentAt) <= 0) {
        return std::unexpected(failure(FailureKind::Lost, "silent for " + secondsText(m_silentSeconds),
                                       "check power and network of the node, then attach again"));
    }
    return std::nullopt;
}

Result<bool> Attachment::Pump::listen()
{
    std::array<char, 16 * 1024> buffer;
    bool any = false;
    m_paused = m_sink->full();
    if (m_paused) {
        m_askAgainAt = after(kPauseSeconds);
        return false;
    }
    for (int budget = 16; budget > 0; --budget) {
        const auto count = m_command->read(Command::Stream::Output, buffer);
        if (!count)
            return std::unexpected(count.error());
        if (*count == 0)
            break;
        any = true;
        m_sink->bytes({buffer.data(), *count});
    }
    const auto complained = m_command->read(Command::Stream::Errors, buffer);
    if (!complained)
        return std::unexpected(complained.error());
    m_errorTail.append(buffer.data(), *complained);
    if (m_errorTail.size() > kErrorTail)
        m_errorTail.erase(0, m_errorTail.size() - kErrorTail);
    return any || *complained > 0;
}

void Attachment::Pump::takeOutbox()
{
    const std::lock_guard lock(m_mutex);
    m_pending += std::exchange(m_outbox, {});
    if (m_closing && !m_flushUntil)
        m_flushUntil = after(kFlushSeconds);
}

Result<void> Attachment::Pump::speak()
{
    std::size_t sent = 0;
    while (sent < m_pending.size()) {
        const auto written = m_command->write(std::string_view(m_pending).substr(sent));
        if (!written)
            return std::unexpected(written.error());
        if (*written == 0)
            break;
        sent += *written;
    }
    m_pending.erase(0, sent);
    if (m_pending.empty())
        m_pending.shrink_to_fit();
    return {};
}

void Attachment::Pump::finish(Result<int> end)
{
    m_command.reset(); // hangs up, and with it goes the session
    // Whoever is told may destroy the link and this with it; the pool still holds us.
    const auto sink = std::move(m_sink);
    sink->ended(std::move(end), std::move(m_errorTail));
    const std::lock_guard lock(m_mutex);
    m_ended = true;
    m_outbox = {};
    m_endedSignal.notify_all();
}

Failure Attachment::Pump::failure(FailureKind kind, const std::string &what, std::string advice) const
{
    return {Stage::Run, kind, m_where + ": " + what, "following the engine's stream", std::move(advice)};
}

Attachment::~Attachment()
{
    close();
    if (m_pump && !IoPool::isIoThread())
        m_pump->awaitEnd();
}

Result<void> Attachment::start(std::unique_ptr<Command> command, std::shared_ptr<campaign::StreamSink> sink,
                               const std::string &where, double silentSeconds)
{
    auto pump = std::make_shared<Pump>(std::move(command), std::move(sink), where, silentSeconds);
    const std::lock_guard lock(m_mutex);
    const auto place = m_pool->serve(pump);
    if (!place) {
        return std::unexpected(Failure{Stage::Attach, FailureKind::Broken, where + ": this computer has no more threads",
                                       "starting a thread that follows the nodes", "raise 'ulimit -u'"});
    }
    m_pump = std::move(pump);
    m_place = *place;
    if (m_closed) {
        m_pump->close();
        m_place.poke();
    }
    return {};
}

void Attachment::send(std::string bytes)
{
    const std::lock_guard lock(m_mutex);
    if (!m_pump)
        return;
    m_pump->put(std::move(bytes));
    m_place.poke();
}

void Attachment::close()
{
    m_closed = true;
    const std::lock_guard lock(m_mutex);
    if (!m_pump)
        return;
    m_pump->close();
    m_place.poke();
}

} // namespace seatrial::remote
