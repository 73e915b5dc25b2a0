// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/net/socket.h"
#include "engine/checks/net/transfer.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace seatrial::engine {

/// The waiting side of a network pair: lets peers that know the token measure, one session at a time, and drops all
/// others without being held up by them.
class PairServer
{
public:
    struct Outcome {
        unsigned sessions = 0; ///< that ended properly
        unsigned broken = 0;   ///< whose peer vanished
        unsigned rejected = 0; ///< connections that were not for us
        std::string corrupt;   ///< data that arrived here damaged
    };

    PairServer(Socket listener, std::string token, FaultyBlock faulty);
    ~PairServer();

    /// Serves until @p sessions have ended or patience is over.
    Outcome serve(unsigned sessions, const Patience &patience);

private:
    struct Guest {
        std::jthread thread;
        std::atomic<bool> gone = false;
    };
    void welcome(Socket socket);
    void runSession(Socket control);
    bool obey(Socket &control, const std::string &order);
    std::string echo();
    std::string receive(unsigned streams, double seconds);
    std::string send(unsigned streams, double seconds);
    std::vector<Socket> awaitStreams(unsigned count);
    void reject();
    void sweep(bool all);

    Socket m_listener;
    std::string m_token;
    FaultyBlock m_faulty;
    std::atomic<bool> m_quit = false; ///< tells all guests to leave

    std::mutex m_mutex; ///< guards what follows
    std::condition_variable m_streamArrived;
    std::deque<Socket> m_streams;
    std::string m_session; ///< the one being served, empty if none
    unsigned m_sessionNumber = 0;
    Outcome m_outcome;

    std::list<Guest> m_guests;
};

} // namespace seatrial::engine
