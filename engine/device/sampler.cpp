// SPDX-License-Identifier: Apache-2.0
#include "engine/device/sampler.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <cmath>

#include <time.h>

namespace seatrial::engine {

namespace {

double threadCpuSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

void addTo(std::optional<SensorRange> &range, const std::optional<double> &value)
{
    if (!value || !std::isfinite(*value))
        return;
    if (!range)
        range = SensorRange{*value, 0, *value, 0};
    range->minimum = std::min(range->minimum, *value);
    range->maximum = std::max(range->maximum, *value);
    ++range->samples;
    range->mean += (*value - range->mean) / range->samples;
}

std::string rounded(double value, int decimals)
{
    const double scale = std::pow(10.0, decimals);
    return numberText(std::round(value * scale) / scale);
}

std::string maskText(std::uint64_t mask)
{
    const std::string digits = hexText(mask);
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    return "0x" + digits.substr(first);
}

} // namespace

void Window::describe(protocol::Parameters &parameters) const
{
    const auto put = [&](const char *name, const std::optional<SensorRange> &range, double SensorRange::*which) {
        if (range)
            parameters[name] = rounded((*range).*which, 1);
    };
    put("core_clock_mhz", coreClockMhz, &SensorRange::mean);
    put("core_clock_min_mhz", coreClockMhz, &SensorRange::minimum);
    put("memory_clock_mhz", memoryClockMhz, &SensorRange::mean);
    put("power_w", powerWatts, &SensorRange::mean);
    put("power_max_w", powerWatts, &SensorRange::maximum);
    put("temperature_c", temperatureCelsius, &SensorRange::maximum);
    put("memory_temperature_c", memoryTemperatureCelsius, &SensorRange::maximum);
    if (powerWatts)
        parameters["energy_j"] = rounded(energyJoules, 1);
    if (clockEventReasons)
        parameters["clock_event_reasons"] = maskText(*clockEventReasons);
    parameters["samples"] = std::to_string(samples);
    parameters["sample_hz"] = rounded(hertz(), 2);
    if (problem)
        parameters["sample_problem"] = problem->text;
}

protocol::Parameters Window::parameters() const
{
    protocol::Parameters parameters;
    describe(parameters);
    return parameters;
}

/// The window that is open, and what its energy still needs.
struct Sampler::Gathered {
    Window window;
    double powerSeconds = 0;         ///< when power was read last
    std::optional<double> lastPower;

    void add(const TelemetrySample &sample)
    {
        ++window.samples;
        addTo(window.coreClockMhz, sample.coreClockMhz);
        addTo(window.memoryClockMhz, sample.memoryClockMhz);
        addTo(window.powerWatts, sample.powerWatts);
        addTo(window.temperatureCelsius, sample.temperatureCelsius);
        addTo(window.memoryTemperatureCelsius, sample.memoryTemperatureCelsius);
        if (sample.clockEventReasons)
            window.clockEventReasons = window.clockEventReasons.value_or(0) | *sample.clockEventReasons;
        if (!sample.powerWatts)
            return;
        // Before the first sample power is taken to have been what it was then.
        const double since = lastPower ? powerSeconds : window.begin;
        const double mean = lastPower ? (*lastPower + *sample.powerWatts) / 2 : *sample.powerWatts;
        window.energyJoules += mean * std::max(0.0, sample.seconds - since);
        lastPower = sample.powerWatts;
        powerSeconds = sample.seconds;
    }

    void close(double seconds)
    {
        window.end = seconds;
        if (lastPower)
            window.energyJoules += *lastPower * std::max(0.0, seconds - powerSeconds);
    }
};

Sampler::Sampler(Machine &machine, int gpu, double hertz)
    : m_machine(machine), m_gpu(gpu), m_interval(1 / std::max(hertz, 10.0)), m_gathered(std::make_unique<Gathered>())
{
    m_thread = std::thread([this] { loop(); });
}

Sampler::~Sampler()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
        m_closed = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void Sampler::begin()
{
    {
        const std::lock_guard lock(m_mutex);
        m_window += m_window % 2 ? 2 : 1;
        *m_gathered = Gathered{};
        m_gathered->window.begin = m_machine.now();
        m_closed = false;
    }
    m_changed.notify_all();
}

Window Sampler::end()
{
    std::uint64_t window = 0;
    bool empty = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_window % 2 == 0)
            return {};
        window = m_window;
        empty = m_gathered->window.samples == 0 && !m_gathered->window.problem;
    }
    if (empty)
        take(window);
    const std::lock_guard lock(m_mutex);
    ++m_window;
    m_closed = true;
    m_gathered->close(m_machine.now());
    return m_gathered->window;
}

void Sampler::take(std::uint64_t window)
{
    const double before = threadCpuSeconds();
    const auto sample = m_machine.management().sample(m_gpu); // may hang with its driver: nobody waits for it with the lock held
    const double cost = threadCpuSeconds() - before;
    const std::lock_guard lock(m_mutex);
    if (window != m_window)
        return; // the window it was for has been closed
    m_gathered->window.cpuSeconds += cost;
    if (sample)
        m_gathered->add(*sample);
    else if (!m_gathered->window.problem)
        m_gathered->window.problem = sample.problem();
}

void Sampler::loop()
{
    std::unique_lock lock(m_mutex);
    while (!m_quit) {
        if (m_window % 2 == 0) {
            m_changed.wait(lock);
            continue;
        }
        const std::uint64_t window = m_window;
        const double begin = m_gathered->window.begin;
        // A first sample at once would show the GPU before its work: the first falls into the first tenth of a second.
        for (double due = begin + m_interval / 4; !m_quit && m_window == window;) {
            lock.unlock();
            const double wait = due - m_machine.now();
            if (wait > 0)
                m_machine.sleep(wait, &m_closed);
            if (!m_closed)
                take(window);
            const double now = m_machine.now();
            due += m_interval * std::max(1.0, std::ceil((now - due) / m_interval)); // one that came late does not bring a burst
            lock.lock();
        }
    }
}

} // namespace seatrial::engine
