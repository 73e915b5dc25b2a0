// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/tunnels.h"

#include "remote/ssh/open_request.h"
#include "remote/ssh/session.h"
#include "remote/ssh/tunnel.h"
#include "remote/text.h"

#include <libssh/server.h> // packets of all channels, and keep-alives

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr int kPacketRounds = 64;
constexpr int kOpenAttempts = 3;
constexpr const char *kDenialBegin = "Channel opening failure: channel ";
constexpr std::size_t kMaxDenials = 256; ///< those of channels that nobody waits for any more fall out

} // namespace

class Tunnels::Worker
{
public:
    Worker(std::shared_ptr<Session> session, const SshLimits &limits)
        : m_session(std::move(session)), m_silentSeconds(limits.silentSeconds), m_idleSeconds(limits.jumpIdleSeconds),
          m_wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {
    }
    ~Worker()
    {
        if (m_wake.descriptor() >= 0)
            stop();
    }

    // From any thread.
    bool start();
    void stop();
    bool alive() const { return m_alive; }
    bool add(std::shared_ptr<OpenRequest> request);

private:
    struct Carried {
        std::unique_ptr<Tunnel> tunnel;
        std::shared_ptr<OpenRequest> request; ///< while it is being opened
        unsigned number = 0;                  ///< of the channel, as libssh counts; 0: not asked to open yet
        int attempt = 1;
    };

    void run();
    bool takeRequests();
    void begin(std::shared_ptr<OpenRequest> request, Socket socket, int attempt);
    int arrange();
    void hearSession();
    bool takeInPackets();
    void listenToDenials();
    void noteDenial(const std::string &said);
    void stepAll();
    bool stepOpening(Carried &carried);
    bool decideDenied(Carried &carried);
    void watchSilence();
    bool sessionLost() const;
    void end();

    std::shared_ptr<Session> m_session;
    const double m_silentSeconds;
    const double m_idleSeconds;
    Socket m_wake;
    std::thread m_thread;
    std::atomic<bool> m_stopping{false};
    std::atomic<bool> m_alive{true};
    std::mutex m_mutex;
    std::vector<std::shared_ptr<OpenRequest>> m_new;

    // Of the thread alone.
    std::thread::id m_threadId;
    std::vector<Carried> m_carried;
    std::vector<std::pair<unsigned, std::string>> m_denials; ///< what was said about channels that were not opened
    std::vector<pollfd> m_fds;
    std::vector<char> m_buffer = std::vector<char>(32 * 1024);
    ssh_counter_struct m_received{};
    std::uint64_t m_packetsSeen = 0;
    Moment m_heardAt = now();
    Moment m_askAt = now();
    Moment m_usedAt = now();
    std::size_t m_first = 0; ///< whose turn it is
    unsigned m_channels = 42; ///< libssh numbers from 43
    bool m_again = false;
};

bool Tunnels::Worker::start()
{
    if (m_wake.descriptor() < 0)
        return false;
    ssh_set_counters(m_session->handle(), nullptr, &m_received);
    try {
        m_thread = std::thread([this] { run(); });
    } catch (const std::system_error &) {
        return false;
    }
    return true;
}

void Tunnels::Worker::stop()
{
    m_stopping = true;
    eventfd_write(m_wake.descriptor(), 1);
    if (m_thread.joinable())
        m_thread.join();
}

bool Tunnels::Worker::add(std::shared_ptr<OpenRequest> request)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_alive)
            return false;
        m_new.push_back(std::move(request));
    }
    eventfd_write(m_wake.descriptor(), 1);
    return true;
}

void Tunnels::Worker::run()
{
    m_threadId = std::this_thread::get_id();
    m_heardAt = m_usedAt = now();
    while (!m_stopping && !sessionLost() && takeRequests()) {
        listenToDenials();
        const int milliseconds = arrange();
        poll(m_fds.data(), m_fds.size(), milliseconds);
        eventfd_t ignored = 0;
        eventfd_read(m_wake.descriptor(), &ignored);
        for (std::size_t i = 0; i < m_carried.size(); ++i)
            m_carried[i].tunnel->heard(m_fds[i + 2].revents);
        hearSession();
        stepAll();
        watchSilence();
    }
    end();
}

/// False if there is nothing to do any more, and has not been for a while.
bool Tunnels::Worker::takeRequests()
{
    std::vector<std::shared_ptr<OpenRequest>> taken;
    {
        const std::lock_guard lock(m_mutex);
        if (m_new.empty() && m_carried.empty() && secondsSince(m_usedAt) > m_idleSeconds) {
            m_alive = false;
            return false;
        }
        taken.swap(m_new);
    }
    for (auto &request : taken) {
        Socket socket = request->takeSocket();
        begin(std::move(request), std::move(socket), 1);
    }
    return true;
}

void Tunnels::Worker::begin(std::shared_ptr<OpenRequest> request, Socket socket, int attempt)
{
    auto tunnel = std::make_unique<Tunnel>(m_session->handle(), std::move(socket), request->host(), request->port());
    m_carried.push_back({std::move(tunnel), std::move(request), 0, attempt});
    m_again = true;
}

/// Fills in what to poll for; returns how long, in milliseconds.
int Tunnels::Worker::arrange()
{
    const pollfd session = m_session->descriptor();
    const bool mayWrite = (session.events & POLLOUT) == 0;
    m_fds.assign({pollfd{m_wake.descriptor(), POLLIN, 0}, session});
    double seconds = secondsUntil(m_askAt);
    if (!m_carried.empty())
        m_usedAt = now();
    else
        seconds = std::min(seconds, m_idleSeconds - std::min(m_idleSeconds, secondsSince(m_usedAt)) + 0.01);
    for (const Carried &carried : m_carried) {
        m_fds.push_back(carried.tunnel->descriptor(mayWrite));
        if (carried.tunnel->stuck())
            seconds = std::min(seconds, 0.1);
    }
    return m_again ? 0 : static_cast<int>(std::ceil(seconds * 1000));
}

void Tunnels::Worker::hearSession()
{
    m_again = false;
    int rounds = kPacketRounds;
    while (rounds > 0 && takeInPackets())
        --rounds;
    m_again = rounds == 0;
}

bool Tunnels::Worker::takeInPackets()
{
    ssh_execute_message_callbacks(m_session->handle());
    noteDenial(m_session->error());
    if (m_received.in_packets == m_packetsSeen)
        return false;
    m_packetsSeen = m_received.in_packets;
    m_heardAt = now();
    return true;
}

/// libssh keeps the text of the last denial alone, for the whole session, and may take in several denials at once. But it
/// logs each. Its logging is of this thread alone, and on only while there are denials to expect.
void Tunnels::Worker::listenToDenials()
{
    const bool expected = std::any_of(m_carried.begin(), m_carried.end(), [](const Carried &one) { return one.request != nullptr; });
    ssh_set_log_userdata(this);
    ssh_set_log_callback([](int, const char *, const char *text, void *self) {
        auto &worker = *static_cast<Worker *>(self);
        if (std::this_thread::get_id() == worker.m_threadId)
            worker.noteDenial(text);
    });
    ssh_set_log_level(expected ? SSH_LOG_TRACE : SSH_LOG_NONE);
}

void Tunnels::Worker::noteDenial(const std::string &said)
{
    const std::size_t at = said.find(kDenialBegin);
    unsigned number = 0;
    if (at == std::string::npos || std::sscanf(said.c_str() + at + std::strlen(kDenialBegin), "%u", &number) != 1)
        return;
    const auto known = [number](const auto &denial) { return denial.first == number; };
    if (std::any_of(m_denials.begin(), m_denials.end(), known))
        return;
    m_denials.emplace_back(number, said.substr(at, 500));
    if (m_denials.size() > kMaxDenials)
        m_denials.erase(m_denials.begin());
}

void Tunnels::Worker::stepAll()
{
    // begin() may add to the list meanwhile; those are for the next round.
    const std::size_t count = m_carried.size();
    m_first = count == 0 ? 0 : (m_first + 1) % count;
    std::vector<std::size_t> ended;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = (m_first + i) % count;
        if (m_carried[at].request) {
            if (stepOpening(m_carried[at]))
                ended.push_back(at);
            continue;
        }
        Tunnel &tunnel = *m_carried[at].tunnel;
        m_again = tunnel.step(m_buffer) || m_again;
        if (tunnel.done())
            ended.push_back(at);
    }
    // A write may have taken in packets as well.
    m_again = takeInPackets() || m_again;
    std::sort(ended.begin(), ended.end(), std::greater<>());
    for (const std::size_t at : ended)
        m_carried.erase(m_carried.begin() + static_cast<std::ptrdiff_t>(at));
}

/// True: there will be no connection.
bool Tunnels::Worker::stepOpening(Carried &carried)
{
    // libssh numbers a channel when it is first asked to open it, and these are not asked in the order they came in.
    if (carried.number == 0)
        carried.number = ++m_channels;
    const Tunnel::Opening opening = carried.tunnel->open();
    noteDenial(m_session->error());
    if (opening == Tunnel::Opening::Pending)
        return false;
    m_again = true;
    if (opening == Tunnel::Opening::Denied)
        return decideDenied(carried);
    carried.request->decide({OpenRequest::State::Open, {}});
    carried.request.reset();
    return false;
}

bool Tunnels::Worker::decideDenied(Carried &carried)
{
    const auto said = std::find_if(m_denials.begin(), m_denials.end(),
                                   [&](const auto &denial) { return denial.first == carried.number; });
    const bool known = said != m_denials.end();
    if (known || carried.attempt >= kOpenAttempts || sessionLost() || carried.request->abandoned()) {
        carried.request->decide({OpenRequest::State::Denied, known ? said->second : std::string()});
        return true;
    }
    // The words about another one came after those about this one and took their place: ask again.
    const auto request = carried.request;
    const int attempt = carried.attempt + 1;
    Socket socket = carried.tunnel->takeSocket();
    begin(request, std::move(socket), attempt); // invalidates carried
    return true;
}

void Tunnels::Worker::watchSilence()
{
    if (secondsUntil(m_askAt) > 0)
        return;
    if (secondsSince(m_heardAt) > m_silentSeconds / 6)
        ssh_send_keepalive(m_session->handle());
    m_askAt = after(m_silentSeconds / 6);
}

bool Tunnels::Worker::sessionLost() const
{
    const ssh_session session = m_session->handle();
    return ssh_is_connected(session) == 0 || (ssh_get_status(session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0
        || secondsSince(m_heardAt) > m_silentSeconds;
}

void Tunnels::Worker::end()
{
    std::string why = secondsSince(m_heardAt) > m_silentSeconds ? "silent for " + secondsText(m_silentSeconds)
                                                                : printable(m_session->error());
    std::vector<std::shared_ptr<OpenRequest>> waiting;
    {
        const std::lock_guard lock(m_mutex);
        m_alive = false;
        waiting.swap(m_new);
    }
    for (Carried &carried : m_carried) {
        if (carried.request)
            waiting.push_back(std::move(carried.request));
    }
    m_carried.clear(); // closes the sockets: that is how the sessions to the nodes learn of it
    m_session.reset();
    for (const auto &request : waiting)
        request->decide({OpenRequest::State::Lost, why});
}

Result<std::shared_ptr<Tunnels>> Tunnels::start(std::shared_ptr<Session> session, const SshLimits &limits)
{
    const std::string where = session->where();
    auto worker = std::make_shared<Worker>(std::move(session), limits);
    if (!worker->start()) {
        return std::unexpected(Failure{Stage::Connect, FailureKind::Broken, where + ": this computer has no more threads",
                                       "starting a thread that serves the jump host", "raise 'ulimit -u' and 'ulimit -n'"});
    }
    return std::shared_ptr<Tunnels>(new Tunnels(std::move(worker)));
}

Tunnels::~Tunnels() = default;

bool Tunnels::alive() const
{
    return m_worker->alive();
}

Result<Socket> Tunnels::open(const std::string &host, std::uint16_t port, const std::string &where, const std::string &through,
                             double seconds, const std::atomic<bool> &cancelled)
{
    std::array<int, 2> ends{-1, -1};
    const bool made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0;
    Socket ours(ends[0]);
    Socket theirs(ends[1]);
    // libssh keeps only 16 bits of a descriptor that is handed to it.
    if (!made || theirs.descriptor() > 0xFFFF) {
        return std::unexpected(Failure{Stage::Connect, FailureKind::Broken, where + ": this computer has no more sockets",
                                       "opening a way through " + through, "raise 'ulimit -n'"});
    }
    const auto request = std::make_shared<OpenRequest>(host, port, std::move(ours));
    if (!m_worker->add(request))
        return std::unexpected(OpenRequest::lost(where, through, {}));
    if (const auto opened = request->await(where, through, seconds, cancelled); !opened)
        return std::unexpected(opened.error());
    return theirs;
}

} // namespace seatrial::remote
