// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/profile.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace seatrial::engine::simulate {

/// What a GPU is busy with.
enum class Load : std::uint32_t { Idle, Copying, Streaming, Computing, Matrices };

/// What of a GPU outlives the process that works on it. Zero is a GPU that was just switched on.
struct GpuState {
    std::uint32_t lost = 0;
    Load load = Load::Idle;
    double at = 0;           ///< simulated time of heat and power
    double loadEnds = 0;     ///< until then it is busy, if whoever loads it lives
    double loadSeconds = 0;  ///< busy since it was switched on
    double heat = 0;         ///< 0 cold … 1 as hot as it gets
    double joules = 0;
    double thermalSeconds = 0; ///< that its clock was reduced
    double powerSeconds = 0;
    std::uint64_t operations = 0;
};

struct EventState {
    std::int32_t gpu = -1;
    std::uint32_t xid = 0;
    double seconds = 0;
};

/// How far the ranks of a collective have come.
struct RankState {
    std::uint64_t takesPart = 0;
    std::uint64_t entered = 0;
};

struct NodeState {
    static constexpr std::uint64_t rightMagic = 0x3165746174736973;
    static constexpr int mostEvents = 256;

    std::uint64_t magic = 0;
    std::uint64_t fingerprint = 0; ///< of the profile
    double clock = 0;              ///< the latest simulated time that any process has reached
    std::array<GpuState, Profile::mostGpus> gpus;
    std::array<RankState, Profile::mostGpus> ranks;
    std::array<std::uint64_t, Profile::mostNics> railOperations{};
    std::uint64_t collectives = 0;
    std::uint64_t events = 0;      ///< so many happened; the last ones are kept
    std::array<EventState, mostEvents> event;
};

/// The state of a simulated node in a file that all processes of a run map. Whatever one of them does to a GPU stays.
class SharedState
{
public:
    /// Without a file (empty path) only this process and its children share it. nullptr with the reason in @p error.
    static std::unique_ptr<SharedState> open(const std::filesystem::path &file, std::uint64_t fingerprint, std::string &error);
    ~SharedState();
    SharedState(const SharedState &) = delete;
    SharedState &operator=(const SharedState &) = delete;

    /// Alone with the state, among threads and processes; the lock of a process that dies goes with it.
    class Access
    {
    public:
        explicit Access(SharedState &state);
        ~Access();
        Access(const Access &) = delete;
        Access &operator=(const Access &) = delete;
        NodeState *operator->() { return m_state.m_node; }
        NodeState &operator*() { return *m_state.m_node; }

    private:
        SharedState &m_state;
        std::lock_guard<std::mutex> m_threads;
    };

    /// An Xid, for all who listen.
    static void happened(NodeState &node, int gpu, std::uint32_t xid, double seconds);

private:
    SharedState(int file, NodeState *node) : m_file(file), m_node(node) {}

    int m_file;
    NodeState *m_node;
    std::mutex m_mutex;
};

} // namespace seatrial::engine::simulate
