// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/readings.h"

#include "engine/simulate/simulated_device.h"

#include <array>
#include <cmath>
#include <utility>

namespace seatrial::engine::simulate {

namespace {

using protocol::Unit;

enum class Nature { Gauge, Counter, Fixed };

constexpr std::array<const char *, 6> eccPlaces{"l1", "l2", "dram", "registers", "shared_memory", "sram"};

/// Gathers the readings of one GPU; of one that is lost, that there are none.
class Gathering
{
public:
    Gathering(const Model &model, int gpu, const GpuState &state, const TelemetrySample &now)
        : m_model(model), m_sku(model.sku()), m_gpu(gpu), m_state(state), m_now(now), m_subject("gpu/" + std::to_string(gpu))
    {
        const Fault *storm = model.profile().fault(FaultKind::EccStorm, gpu);
        m_corrected = storm ? std::floor(storm->value * state.loadSeconds) : 0;
        m_uncorrected = storm ? uncorrectedErrors(state.loadSeconds) : 0;
    }

    std::vector<Reading> run()
    {
        memoryErrors();
        remaps();
        hostLink();
        powerAndClocks();
        temperatures();
        states();
        links();
        coherentLinks();
        return std::move(m_readings);
    }

private:
    void put(std::string metric, Unit unit, Nature nature, double value, std::string text = {}, std::string subject = {})
    {
        Reading reading;
        reading.metric = std::move(metric);
        reading.subject = subject.empty() ? m_subject : std::move(subject);
        reading.unit = unit;
        reading.counter = nature == Nature::Counter;
        reading.fixed = nature == Nature::Fixed;
        if (m_state.lost) {
            reading.absent = DeviceTrouble::Lost;
            reading.text = lostProblem(m_gpu).text;
        } else {
            reading.value = value;
            reading.text = std::move(text);
        }
        m_readings.push_back(std::move(reading));
    }

    void memoryErrors()
    {
        for (const char *time : {"volatile", "aggregate"}) {
            put(std::string("ecc_total_correctable_") + time, Unit::Count, Nature::Counter, m_corrected);
            put(std::string("ecc_total_uncorrectable_") + time, Unit::Count, Nature::Counter, m_uncorrected);
            for (const std::string place : eccPlaces) {
                const bool dram = place == "dram";
                put("ecc_" + place + "_correctable_" + time, Unit::Count, Nature::Counter, dram ? m_corrected : 0);
                put("ecc_" + place + "_uncorrectable_" + time, Unit::Count, Nature::Counter, dram ? m_uncorrected : 0);
            }
        }
        put("ecc_mode", Unit::None, Nature::Gauge, 1, "Enabled");
    }

    void remaps()
    {
        const bool any = m_uncorrected > 0;
        put("row_remap_correctable", Unit::Count, Nature::Counter, 0);
        put("row_remap_uncorrectable", Unit::Count, Nature::Counter, any);
        put("row_remap_pending", Unit::None, Nature::Gauge, any, any ? "Yes" : "No");
        put("row_remap_failure", Unit::None, Nature::Gauge, 0, "No");
    }

    void hostLink()
    {
        const auto &profile = m_model.profile();
        put("pcie_width", Unit::Lanes, Nature::Gauge, m_model.pcieLanes(m_gpu));
        put("pcie_width_max", Unit::Lanes, Nature::Fixed, m_sku.pcieLanes);
        put("pcie_generation", Unit::None, Nature::Gauge, m_sku.pcieGeneration);
        put("pcie_generation_max", Unit::None, Nature::Fixed, m_sku.pcieGeneration);
        put("pcie_speed", Unit::GigatransfersPerSecond, Nature::Gauge, m_sku.linkGigatransfers());
        put("pcie_replays", Unit::Count, Nature::Counter, profile.fault(FaultKind::HalfWidthPcie, m_gpu) ? std::floor(m_state.loadSeconds / 3) : 0);
        put("pcie_correctable_errors", Unit::Count, Nature::Counter, 0);
        put("pcie_fatal_errors", Unit::Count, Nature::Counter, 0);
    }

    void powerAndClocks()
    {
        put("power", Unit::Watts, Nature::Gauge, m_now.powerWatts.value_or(0));
        put("power_limit", Unit::Watts, Nature::Gauge, m_sku.limitWatts);
        put("power_limit_default", Unit::Watts, Nature::Fixed, m_sku.limitWatts);
        put("power_limit_max", Unit::Watts, Nature::Fixed, m_sku.limitWatts);
        put("core_clock", Unit::Megahertz, Nature::Gauge, m_now.coreClockMhz.value_or(0));
        put("core_clock_max", Unit::Megahertz, Nature::Fixed, m_sku.coreClockMhz);
        put("memory_clock", Unit::Megahertz, Nature::Gauge, m_now.memoryClockMhz.value_or(0));
        put("memory_clock_max", Unit::Megahertz, Nature::Fixed, m_sku.memoryClockMhz);
        put("clock_event_reasons", Unit::None, Nature::Gauge, double(m_now.clockEventReasons.value_or(0)));
        put("clock_limited_by_power", Unit::Seconds, Nature::Counter, 0);
        put("clock_limited_by_hardware_thermal", Unit::Seconds, Nature::Counter, m_state.thermalSeconds);
        put("clock_limited_by_software_thermal", Unit::Seconds, Nature::Counter, m_state.thermalSeconds);
        put("clock_limited_by_power_brake", Unit::Seconds, Nature::Counter, m_state.powerSeconds);
    }

    void temperatures()
    {
        put("temperature", Unit::Celsius, Nature::Gauge, m_now.temperatureCelsius.value_or(0));
        put("memory_temperature", Unit::Celsius, Nature::Gauge, m_now.memoryTemperatureCelsius.value_or(0));
        put("temperature_slowdown", Unit::Celsius, Nature::Fixed, m_sku.slowdownCelsius);
        put("temperature_shutdown", Unit::Celsius, Nature::Fixed, m_sku.slowdownCelsius + 5);
    }

    void states()
    {
        put("persistence_mode", Unit::None, Nature::Gauge, 1, "Enabled");
        put("compute_mode", Unit::None, Nature::Gauge, 0, "Default");
        put("mig_mode", Unit::None, Nature::Gauge, 0, "Disabled");
        const bool drain = m_uncorrected > 0;
        put("recovery_action", Unit::None, Nature::Gauge, drain ? 1 : 0, drain ? "GPU Reset" : "None");
        put("memory_total", Unit::Bytes, Nature::Fixed, double(m_sku.memoryMebibytes << 20));
        if (m_sku.links > 0) {
            put("fabric_state", Unit::None, Nature::Gauge, 3, "Completed");
            put("fabric_status", Unit::None, Nature::Gauge, 0, "Success");
        }
    }

    void links()
    {
        const int count = m_model.profile().linksPerGpu;
        put("nvlink_count", Unit::Count, Nature::Fixed, count);
        for (int link = 0; link < count; ++link) {
            const std::string subject = m_subject + "/link/" + std::to_string(link);
            const bool up = m_model.linkIsUp(m_gpu, link);
            put("nvlink_state", Unit::None, Nature::Gauge, up, up ? "Active" : "Inactive", subject);
            if (up)
                put("nvlink_speed", Unit::GigabytesPerSecond, Nature::Gauge, m_sku.linkSpeed * 1.0625, {}, subject);
            for (const char *counter : {"nvlink_replays", "nvlink_crc_flit_errors", "nvlink_crc_data_errors"})
                put(counter, Unit::Count, Nature::Counter, 0, {}, subject);
            put("nvlink_recoveries", Unit::Count, Nature::Counter, up ? 0 : 3, {}, subject);
        }
        if (count > 0)
            put("nvlink_active", Unit::Count, Nature::Gauge, m_model.linksUp(m_gpu));
    }

    void coherentLinks()
    {
        if (!m_sku.isCoherent())
            return;
        put("c2c_links", Unit::Count, Nature::Fixed, m_sku.coherentLinks);
        for (int link = 0; link < m_sku.coherentLinks; ++link) {
            const std::string subject = m_subject + "/c2c/" + std::to_string(link);
            put("c2c_state", Unit::None, Nature::Gauge, 1, "Active", subject);
            put("c2c_speed", Unit::GigabytesPerSecond, Nature::Gauge, m_sku.coherentLinkSpeed, {}, subject);
            for (const char *counter : {"c2c_crc_errors", "c2c_replays", "c2c_replays_in_a_row"})
                put(counter, Unit::Count, Nature::Counter, 0, {}, subject);
        }
        put("c2c_active", Unit::Count, Nature::Gauge, m_sku.coherentLinks);
    }

    const Model &m_model;
    const Sku &m_sku;
    int m_gpu;
    const GpuState &m_state;
    const TelemetrySample &m_now;
    std::string m_subject;
    double m_corrected = 0;
    double m_uncorrected = 0;
    std::vector<Reading> m_readings;
};

} // namespace

std::vector<Reading> readingsOf(const Model &model, int gpu, const GpuState &state, const TelemetrySample &now)
{
    return Gathering(model, gpu, state, now).run();
}

} // namespace seatrial::engine::simulate
