// SPDX-License-Identifier: GPL-3.0-or-later
// The two ways to serve many sessions: one thread that polls them all, or one thread for each.
#pragma once

#include "session.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include <memory>
#include <semaphore>

namespace seatrial::bench {

using Sessions = std::vector<std::unique_ptr<Session>>;

// sshd drops some logins beyond 10 at once (MaxStartups), and its listener notices a success later than we do: a slot is
// free only when the command runs.
inline constexpr int loginsAtOnce = 8;

// Lets another thread interrupt poll().
class Wakeup {
public:
    Wakeup() : m_fd{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {}
    ~Wakeup() { ::close(m_fd); }
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    void signal() const { eventfd_write(m_fd, 1); }
    void take() const
    {
        eventfd_t ignored;
        eventfd_read(m_fd, &ignored);
    }
    pollfd polled() const { return {m_fd, POLLIN, 0}; }

private:
    int m_fd;
};

class Design {
public:
    Design(Sessions& sessions, Report& report) : m_sessions{sessions}, m_report{report} {}
    virtual ~Design() = default;
    virtual void start() = 0;
    virtual void post(std::size_t session, std::string data) = 0;
    virtual void stop() = 0; // closes every session in its own thread

protected:
    Sessions& m_sessions;
    Report& m_report;
    std::atomic<bool> m_stopping{false};
};

class OneThread : public Design {
public:
    using Design::Design;

    void start() override
    {
        m_thread = std::thread{[this] { run(); }};
    }
    void post(std::size_t session, std::string data) override
    {
        m_sessions[session]->post(std::move(data));
        m_wakeup.signal();
    }
    void stop() override
    {
        m_stopping = true;
        m_wakeup.signal();
        m_thread.join();
    }

private:
    void run()
    {
        Session::countRekeysInThisThread();
        std::size_t opened = 0;
        std::vector<pollfd> polled;
        while (!m_stopping) {
            while (opened < m_sessions.size() && m_report.loggingIn < loginsAtOnce) {
                m_sessions[opened++]->open();
            }
            polled.assign(1, m_wakeup.polled());
            for (const auto& session : m_sessions) {
                polled.push_back(session->isOpen() ? pollfd{session->fd(), session->wanted(), 0} : pollfd{-1, 0, 0});
            }
            poll(polled.data(), polled.size(), -1);
            const Stopwatch round{m_report.now().round, "round"};
            serve(polled);
        }
        for (auto& session : m_sessions) {
            session->close();
        }
    }

    void serve(const std::vector<pollfd>& polled)
    {
        const bool woken = polled[0].revents != 0;
        if (woken) {
            m_wakeup.take();
        }
        for (std::size_t i = 0; i < m_sessions.size(); ++i) {
            if (m_sessions[i]->isOpen() && (woken || polled[i + 1].revents != 0)) {
                m_sessions[i]->visit();
            }
        }
    }

    std::thread m_thread;
    Wakeup m_wakeup;
};

class ThreadPerSession : public Design {
public:
    using Design::Design;

    void start() override
    {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 256 * 1024);
        m_workers = std::vector<Worker>(m_sessions.size());
        for (std::size_t i = 0; i < m_workers.size(); ++i) {
            m_workers[i].design = this;
            m_workers[i].session = m_sessions[i].get();
            pthread_create(&m_workers[i].thread, &attributes, &ThreadPerSession::entry, &m_workers[i]);
        }
        pthread_attr_destroy(&attributes);
    }
    void post(std::size_t session, std::string data) override
    {
        m_sessions[session]->post(std::move(data));
        m_workers[session].wakeup.signal();
    }
    void stop() override
    {
        m_stopping = true;
        for (auto& worker : m_workers) {
            worker.wakeup.signal();
        }
        for (auto& worker : m_workers) {
            pthread_join(worker.thread, nullptr);
        }
    }

private:
    struct Worker {
        ThreadPerSession* design = nullptr;
        Session* session = nullptr;
        pthread_t thread{};
        Wakeup wakeup;
    };

    static void* entry(void* argument)
    {
        auto& worker = *static_cast<Worker*>(argument);
        worker.design->run(*worker.session, worker.wakeup);
        return nullptr;
    }

    void run(Session& session, const Wakeup& wakeup)
    {
        Session::countRekeysInThisThread();
        m_logins.acquire();
        bool loggingIn = true;
        session.open();
        while (!m_stopping && session.isOpen()) {
            if (loggingIn && !session.isLoggingIn()) {
                loggingIn = false;
                m_logins.release();
            }
            std::array polled{wakeup.polled(), pollfd{session.fd(), session.wanted(), 0}};
            poll(polled.data(), polled.size(), -1);
            const Stopwatch round{m_report.now().round, "round"};
            if (polled[0].revents != 0) {
                wakeup.take();
            }
            session.visit();
        }
        if (loggingIn) {
            m_logins.release();
        }
        session.close();
    }

    std::vector<Worker> m_workers;
    std::counting_semaphore<loginsAtOnce> m_logins{loginsAtOnce};
};

} // namespace seatrial::bench
