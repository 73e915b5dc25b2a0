// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"
#include "engine/device/machine.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace seatrial::engine {

/// What many samples of one sensor come to.
struct SensorRange {
    double minimum = 0;
    double mean = 0;
    double maximum = 0;
    std::uint32_t samples = 0;
};

/// What a GPU's sensors said while something was measured on it.
struct Window {
    double begin = 0; ///< by Machine::now()
    double end = 0;
    std::uint32_t samples = 0; ///< at least 1, unless every one failed
    std::optional<SensorRange> coreClockMhz;
    std::optional<SensorRange> memoryClockMhz;
    std::optional<SensorRange> powerWatts;
    std::optional<SensorRange> temperatureCelsius;
    std::optional<SensorRange> memoryTemperatureCelsius;
    std::optional<std::uint64_t> clockEventReasons; ///< all that were seen in any sample
    double energyJoules = 0;   ///< power over the time of the window; 0: the GPU does not tell its power
    double cpuSeconds = 0;     ///< CPU time that the sampling itself took
    std::optional<DeviceProblem> problem; ///< the first sample that failed

    double seconds() const { return end - begin; }
    double hertz() const { return seconds() > 0 ? samples / seconds() : 0; }

    /// Adds what it says to the parameters of a measurement: core_clock_mhz (mean), core_clock_min_mhz, memory_clock_mhz (mean),
    /// power_w (mean), power_max_w, energy_j, temperature_c and memory_temperature_c (highest), clock_event_reasons (hex), samples, sample_hz.
    void describe(protocol::Parameters &parameters) const;
    protocol::Parameters parameters() const;
};

/// Reads the sensors of a GPU beside the work on it, in a thread of its own: at least 10 times a second (of the machine's time) while
/// a window is open, and not at all in between. What it keeps is the aggregates of the window.
///
///     Sampler sampler(machine, gpu);
///     sampler.begin(); work(); const Window window = sampler.end();
class Sampler
{
public:
    static constexpr double usualHertz = 12.5;

    Sampler(Machine &machine, int gpu, double hertz = usualHertz);
    ~Sampler(); ///< ends an open window
    Sampler(const Sampler &) = delete;
    Sampler &operator=(const Sampler &) = delete;

    /// Opens a window; one that is open is thrown away.
    void begin();
    /// Closes the window. Does not wait for a sample that is being taken; where none came in time one is taken now.
    Window end();

private:
    struct Gathered;

    void loop();
    void take(std::uint64_t window);

    Machine &m_machine;
    const int m_gpu;
    const double m_interval;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::uint64_t m_window = 0;        ///< number of the open window; odd while one is open
    std::atomic<bool> m_closed = true; ///< wakes the thread from its sleep
    bool m_quit = false;
    std::unique_ptr<Gathered> m_gathered;
    std::thread m_thread;
};

} // namespace seatrial::engine
