// SPDX-License-Identifier: Apache-2.0
#include "engine/device/nvml/health_tables.h"
#include "engine/device/nvml/reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace seatrial::engine::nvml {

using protocol::Unit;

namespace {

/// Gathers the readings of one GPU. Once it is lost every further question is answered here: a dead GPU can take seconds for each.
class HealthReader
{
public:
    explicit HealthReader(const Gpu &gpu) : m_gpu(gpu), m_library(gpu.library) {}

    std::vector<Reading> run()
    {
        modes();
        memoryErrors();
        sram();
        remaps();
        for (const auto &row : deviceNumbers)
            number(row);
        for (const auto &row : indexedNumbers)
            indexed(row);
        powerRange();
        reasons();
        fields(deviceFields, m_gpu.subject(), 0);
        powerWithoutField();
        margin();
        memory();
        fabric();
        links();
        coherentLinks();
        return std::move(m_readings);
    }

private:
    Reading &add(std::string metric, std::string subject, Unit unit, Nature nature)
    {
        Reading reading;
        reading.metric = std::move(metric);
        reading.subject = std::move(subject);
        reading.unit = unit;
        reading.counter = nature == Nature::Counter;
        reading.fixed = nature == Nature::Fixed;
        return m_readings.emplace_back(std::move(reading));
    }
    void value(std::string metric, Unit unit, Nature nature, double number, std::string text = {}, std::string subject = {})
    {
        auto &reading = add(std::move(metric), subject.empty() ? m_gpu.subject() : std::move(subject), unit, nature);
        reading.value = number;
        reading.text = std::move(text);
    }
    void absent(std::string metric, Unit unit, Nature nature, const char *function, Result outcome, std::string subject = {})
    {
        auto &reading = add(std::move(metric), subject.empty() ? m_gpu.subject() : std::move(subject), unit, nature);
        reading.absent = Library::troubleOf(outcome);
        reading.text = m_library.describe(function, outcome);
    }
    template <class Function, class... Arguments>
    Result ask(const Function &function, Arguments... arguments)
    {
        if (m_lost)
            return result::gpuIsLost;
        const Result outcome = function(m_gpu.handle, arguments...);
        m_lost = outcome == result::gpuIsLost;
        return outcome;
    }

    void modes();
    void memoryErrors();
    void sram();
    void remaps();
    void number(const NumberRow &row);
    void indexed(const IndexedRow &row);
    void powerRange();
    void powerWithoutField();
    void reasons();
    void margin();
    void memory();
    void fabric();
    void links();
    void coherentLinks();
    void linkErrors(unsigned link);
    template <std::size_t Size>
    void fields(const FieldRow (&rows)[Size], const std::string &subject, unsigned scope);

    const Gpu &m_gpu;
    const Library &m_library;
    std::vector<Reading> m_readings;
    bool m_lost = false;
};

void HealthReader::modes()
{
    unsigned current = 0, pending = 0;
    Result outcome = ask(m_library.eccMode, &current, &pending);
    if (outcome == result::success) {
        value("ecc_mode", Unit::None, Nature::Gauge, current, onOff(current));
        value("ecc_mode_pending", Unit::None, Nature::Gauge, pending, onOff(pending));
    } else {
        absent("ecc_mode", Unit::None, Nature::Gauge, m_library.eccMode.name(), outcome);
    }
    outcome = ask(m_library.migMode, &current, &pending);
    if (outcome == result::success)
        value("mig_mode", Unit::None, Nature::Gauge, current, onOff(current));
    else
        absent("mig_mode", Unit::None, Nature::Gauge, m_library.migMode.name(), outcome);
}

void HealthReader::memoryErrors()
{
    for (unsigned time = 0; time < eccTimes.size(); ++time) {
        for (unsigned kind = 0; kind < eccKinds.size(); ++kind) {
            const std::string end = std::string("_") + eccKinds[kind] + "_" + eccTimes[time];
            unsigned long long count = 0;
            Result outcome = ask(m_library.totalEccErrors, kind, time, &count);
            if (outcome == result::success)
                value("ecc_total" + end, Unit::Count, Nature::Counter, double(count));
            else
                absent("ecc_total" + end, Unit::Count, Nature::Counter, m_library.totalEccErrors.name(), outcome);
            for (unsigned place = 0; place < eccPlaces.size(); ++place) {
                const std::string metric = std::string("ecc_") + eccPlaces[place] + end;
                outcome = ask(m_library.memoryErrorCounter, kind, time, place, &count);
                if (outcome == result::success)
                    value(metric, Unit::Count, Nature::Counter, double(count));
                else
                    absent(metric, Unit::Count, Nature::Counter, m_library.memoryErrorCounter.name(), outcome);
            }
        }
    }
}

void HealthReader::sram()
{
    SramEccStatus status{};
    status.version = versioned(sizeof status, 1);
    const Result outcome = ask(m_library.sramEccStatus, &status);
    const std::pair<const char *, unsigned long long> counts[] = {
        {"ecc_sram_parity_volatile", status.volatileParity},     {"ecc_sram_secded_volatile", status.volatileSecDed},
        {"ecc_sram_parity_aggregate", status.aggregateParity},   {"ecc_sram_secded_aggregate", status.aggregateSecDed},
        {"ecc_sram_l2_uncorrectable_aggregate", status.bucketL2}, {"ecc_sram_sm_uncorrectable_aggregate", status.bucketSm},
        {"ecc_sram_pcie_uncorrectable_aggregate", status.bucketPcie}, {"ecc_sram_microcontroller_uncorrectable_aggregate", status.bucketMcu},
        {"ecc_sram_other_uncorrectable_aggregate", status.bucketOther},
    };
    for (const auto &[metric, count] : counts) {
        if (outcome == result::success)
            value(metric, Unit::Count, Nature::Counter, double(count));
        else
            absent(metric, Unit::Count, Nature::Counter, m_library.sramEccStatus.name(), outcome);
    }
    if (outcome == result::success)
        value("ecc_sram_threshold_exceeded", Unit::None, Nature::Gauge, status.thresholdExceeded != 0, yesNo(status.thresholdExceeded));
    else
        absent("ecc_sram_threshold_exceeded", Unit::None, Nature::Gauge, m_library.sramEccStatus.name(), outcome);
}

void HealthReader::remaps()
{
    unsigned correctable = 0, uncorrectable = 0, pending = 0, failure = 0;
    Result outcome = ask(m_library.remappedRows, &correctable, &uncorrectable, &pending, &failure);
    const char *function = m_library.remappedRows.name();
    const auto put = [&](const char *metric, Unit unit, Nature nature, unsigned number, std::string text = {}) {
        if (outcome == result::success)
            value(metric, unit, nature, number, std::move(text));
        else
            absent(metric, unit, nature, function, outcome);
    };
    put("row_remap_correctable", Unit::Count, Nature::Counter, correctable);
    put("row_remap_uncorrectable", Unit::Count, Nature::Counter, uncorrectable);
    put("row_remap_pending", Unit::None, Nature::Gauge, pending != 0, yesNo(pending));
    put("row_remap_failure", Unit::None, Nature::Gauge, failure != 0, yesNo(failure));

    RowHistogram banks{};
    outcome = ask(m_library.rowHistogram, &banks);
    function = m_library.rowHistogram.name();
    put("row_remap_banks_max", Unit::Count, Nature::Gauge, banks.max);
    put("row_remap_banks_high", Unit::Count, Nature::Gauge, banks.high);
    put("row_remap_banks_partial", Unit::Count, Nature::Gauge, banks.partial);
    put("row_remap_banks_low", Unit::Count, Nature::Gauge, banks.low);
    put("row_remap_banks_none", Unit::Count, Nature::Gauge, banks.none);

    RepairStatus repair{versioned(sizeof(RepairStatus), 1), 0, 0};
    outcome = ask(m_library.repairStatus, &repair);
    function = m_library.repairStatus.name();
    put("channel_repair_pending", Unit::None, Nature::Gauge, repair.channelPending != 0, yesNo(repair.channelPending));
    put("tpc_repair_pending", Unit::None, Nature::Gauge, repair.tpcPending != 0, yesNo(repair.tpcPending));
    UnrepairableMemory unrepairable{};
    outcome = ask(m_library.unrepairableMemory, &unrepairable);
    function = m_library.unrepairableMemory.name();
    put("memory_unrepairable", Unit::None, Nature::Gauge, unrepairable.flag != 0, yesNo(unrepairable.flag));
}

void HealthReader::number(const NumberRow &row)
{
    const auto &function = m_library.*row.function;
    unsigned read = 0;
    const Result outcome = ask(function, &read);
    if (outcome == result::success)
        value(row.metric, row.unit, row.nature, read * row.scale, row.text(read));
    else
        absent(row.metric, row.unit, row.nature, function.name(), outcome);
}

void HealthReader::indexed(const IndexedRow &row)
{
    const auto &function = m_library.*row.function;
    unsigned read = 0;
    const Result outcome = ask(function, row.which, &read);
    if (outcome == result::success)
        value(row.metric, row.unit, row.nature, read);
    else
        absent(row.metric, row.unit, row.nature, function.name(), outcome);
}

void HealthReader::powerRange()
{
    unsigned least = 0, most = 0;
    const Result outcome = ask(m_library.powerLimits, &least, &most);
    if (outcome == result::success) {
        value("power_limit_min", Unit::Watts, Nature::Fixed, least * 1e-3);
        value("power_limit_max", Unit::Watts, Nature::Fixed, most * 1e-3);
    } else {
        absent("power_limit_max", Unit::Watts, Nature::Fixed, m_library.powerLimits.name(), outcome);
    }
}

/// Drivers before 530 have no field for the power of this moment.
void HealthReader::powerWithoutField()
{
    const auto power = std::find_if(m_readings.begin(), m_readings.end(), [](const Reading &reading) { return reading.metric == "power"; });
    if (power == m_readings.end() || power->value)
        return;
    unsigned milliwatts = 0;
    if (ask(m_library.powerUsage, &milliwatts) == result::success) {
        power->value = milliwatts * 1e-3;
        power->text.clear();
    }
}

void HealthReader::reasons()
{
    unsigned long long mask = 0;
    const Result outcome = ask(m_library.clockEventReasons, &mask);
    if (outcome == result::success)
        value("clock_event_reasons", Unit::None, Nature::Gauge, double(mask), clockReasonsText(mask));
    else
        absent("clock_event_reasons", Unit::None, Nature::Gauge, m_library.clockEventReasons.name(), outcome);
}

void HealthReader::margin()
{
    MarginTemperature margin{versioned(sizeof(MarginTemperature), 1), 0};
    const Result outcome = ask(m_library.marginTemperature, &margin);
    if (outcome == result::success)
        value("temperature_margin", Unit::Celsius, Nature::Gauge, margin.margin);
    else
        absent("temperature_margin", Unit::Celsius, Nature::Gauge, m_library.marginTemperature.name(), outcome);
}

void HealthReader::memory()
{
    Memory memory{};
    const Result outcome = ask(m_library.memoryInfo, &memory);
    if (outcome == result::success) {
        value("memory_total", Unit::Bytes, Nature::Fixed, double(memory.total));
        value("memory_used", Unit::Bytes, Nature::Gauge, double(memory.used));
    } else {
        absent("memory_total", Unit::Bytes, Nature::Fixed, m_library.memoryInfo.name(), outcome);
    }
}

void HealthReader::fabric()
{
    const Fabric fabric = m_lost ? Fabric{result::gpuIsLost, {}, false, false} : readFabric(m_gpu);
    if (fabric.outcome != result::success)
        return absent("fabric_state", Unit::None, Nature::Gauge, m_library.fabricInfoVersioned.name(), fabric.outcome);
    constexpr unsigned notSupported = 0, completed = 3;
    if (fabric.info.state == notSupported)
        return absent("fabric_state", Unit::None, Nature::Gauge, m_library.fabricInfoVersioned.name(), result::notSupported);
    value("fabric_state", Unit::None, Nature::Gauge, fabric.info.state, fabricStateText(fabric.info.state));
    if (fabric.info.state == completed)
        value("fabric_status", Unit::None, Nature::Gauge, fabric.info.status,
              fabric.info.status == result::success ? "Success" : m_library.describe("fabric", fabric.info.status));
    if (!fabric.hasHealth)
        return;
    // Two bits each: 0 not told, 1 yes, 2 no.
    constexpr std::pair<const char *, unsigned> flags[] = {
        {"fabric_bandwidth_degraded", 0}, {"fabric_route_recovery", 2}, {"fabric_route_unhealthy", 4}, {"fabric_access_timeout_recovery", 6}};
    for (const auto &[metric, shift] : flags) {
        if (const unsigned flag = fabric.info.healthMask >> shift & 3U)
            value(metric, Unit::None, Nature::Gauge, flag == 1, yesNo(flag == 1));
    }
    constexpr std::array<const char *, 9> configurations{nullptr, "None", "Incorrect System GUID", "Incorrect Chassis Serial Number", "No Partition",
                                                         "Insufficient NVLinks", "Incompatible GPU Firmware", "Invalid Location", "GPU State Invalid"};
    if (const unsigned configuration = fabric.info.healthMask >> 8 & 15U)
        value("fabric_incorrect_configuration", Unit::None, Nature::Gauge, configuration - 1,
              configuration < configurations.size() ? configurations[configuration] : "number " + std::to_string(configuration));
    constexpr std::array<const char *, 4> summaries{nullptr, "Healthy", "Unhealthy", "Limited Capacity"};
    if (const unsigned summary = fabric.hasSummary ? fabric.info.healthSummary : 0)
        value("fabric_health", Unit::None, Nature::Gauge, summary - 1,
              summary < summaries.size() ? summaries[summary] : "number " + std::to_string(summary));
}

void HealthReader::links()
{
    const unsigned count = m_lost ? 0 : linkCount(m_gpu);
    value("nvlink_count", Unit::Count, Nature::Fixed, count);
    unsigned active = 0;
    for (unsigned link = 0; link < count; ++link) {
        const std::string subject = m_gpu.linkSubject(link);
        unsigned state = 0, version = 0;
        Result outcome = ask(m_library.linkState, link, &state);
        if (outcome == result::success)
            value("nvlink_state", Unit::None, Nature::Gauge, state, linkStateText(state), subject);
        else
            absent("nvlink_state", Unit::None, Nature::Gauge, m_library.linkState.name(), outcome, subject);
        active += outcome == result::success && state != 0;
        const bool isDown = outcome == result::success && state == 0;
        outcome = ask(m_library.linkVersion, link, &version);
        if (outcome == result::success)
            value("nvlink_version", Unit::None, Nature::Fixed, version, linkVersionText(version), subject);
        linkErrors(link);
        fields(linkFields, subject, link);
        if (isDown) // has no speed; its state tells of it
            std::erase_if(m_readings, [&](const Reading &reading) { return reading.metric == "nvlink_speed" && reading.subject == subject; });
    }
    if (count > 0)
        value("nvlink_active", Unit::Count, Nature::Gauge, active);
}

/// Between GPU and processor, where they are one module: Grace Hopper, Grace Blackwell.
void HealthReader::coherentLinks()
{
    constexpr unsigned countField = 170;
    FieldValue count{};
    count.fieldId = countField;
    const Result asked = ask(m_library.fieldValues, 1, &count);
    const auto links = asked == result::success ? numberOf(count) : std::nullopt;
    if (!links)
        return absent("c2c_links", Unit::Count, Nature::Fixed, "field 170", asked != result::success ? asked : count.outcome);
    const unsigned known = std::min(unsigned(std::max(*links, 0.0)), mostLinks);
    value("c2c_links", Unit::Count, Nature::Fixed, known);
    unsigned active = 0;
    for (unsigned link = 0; link < known; ++link) {
        const std::size_t from = m_readings.size();
        fields(coherentFields, m_gpu.subject() + "/c2c/" + std::to_string(link), link);
        active += m_readings.size() > from && m_readings[from].value.value_or(0) == 1;
    }
    if (known > 0)
        value("c2c_active", Unit::Count, Nature::Gauge, active);
}

/// Counters of the generations before Blackwell; later ones have fields instead.
void HealthReader::linkErrors(unsigned link)
{
    constexpr const char *metrics[] = {"nvlink_replays", "nvlink_recoveries", "nvlink_crc_flit_errors", "nvlink_crc_data_errors", "nvlink_ecc_errors"};
    for (unsigned counter = 0; counter < std::size(metrics); ++counter) {
        unsigned long long count = 0;
        const Result outcome = ask(m_library.linkErrorCounter, link, counter, &count);
        if (outcome == result::success)
            value(metrics[counter], Unit::Count, Nature::Counter, double(count), {}, m_gpu.linkSubject(link));
        else
            absent(metrics[counter], Unit::Count, Nature::Counter, m_library.linkErrorCounter.name(), outcome, m_gpu.linkSubject(link));
    }
}

template <std::size_t Size>
void HealthReader::fields(const FieldRow (&rows)[Size], const std::string &subject, unsigned scope)
{
    std::array<FieldValue, Size> values{};
    for (std::size_t i = 0; i < Size; ++i) {
        values[i].fieldId = rows[i].field;
        values[i].scopeId = scope;
    }
    const Result outcome = ask(m_library.fieldValues, int(Size), values.data());
    for (std::size_t i = 0; i < Size; ++i) {
        const FieldRow &row = rows[i];
        const auto read = outcome == result::success ? numberOf(values[i]) : std::nullopt;
        if (!read) {
            const Result why = outcome != result::success ? outcome : values[i].outcome != result::success ? values[i].outcome : result::noData;
            absent(row.metric, row.unit, row.nature, ("field " + std::to_string(row.field)).c_str(), why, subject);
        } else if (row.nature == Nature::Ratio) {
            const auto bits = std::uint64_t(*read);
            const double ratio = double(bits >> 8 & 15U) * std::pow(10.0, -double(bits & 255U));
            value(row.metric, row.unit, row.nature, ratio, {}, subject);
        } else {
            value(row.metric, row.unit, row.nature, *read * row.scale, row.text(unsigned(std::max(*read, 0.0))), subject);
        }
    }
}

} // namespace

std::vector<Reading> readHealth(const Gpu &gpu)
{
    return HealthReader(gpu).run();
}

std::optional<double> numberOf(const FieldValue &value)
{
    if (value.outcome != result::success)
        return std::nullopt;
    switch (value.valueType) {
    case 0:
        return std::isfinite(value.value.asDouble) ? std::optional(value.value.asDouble) : std::nullopt;
    case 1:
        return value.value.asUnsigned;
    case 2:
        return double(value.value.asUnsignedLong);
    case 3:
        return double(value.value.asUnsignedLongLong);
    case 4:
        return double(value.value.asLongLong);
    case 5:
        return value.value.asInt;
    case 6:
        return value.value.asUnsignedShort;
    default:
        return std::nullopt;
    }
}

unsigned linkCount(const Gpu &gpu)
{
    constexpr unsigned countField = 91;
    FieldValue count{};
    count.fieldId = countField;
    if (gpu.library.fieldValues(gpu.handle, 1, &count) == result::success) {
        if (const auto number = numberOf(count))
            return std::min(unsigned(std::max(*number, 0.0)), mostLinks);
    }
    unsigned links = 0; // drivers without that field: those that have a state
    for (unsigned state = 0; links < mostLinks && gpu.library.linkState(gpu.handle, links, &state) == result::success;)
        ++links;
    return links;
}

Fabric readFabric(const Gpu &gpu)
{
    Fabric fabric;
    fabric.info.version = versioned(sizeof(FabricInfo3), 3);
    fabric.outcome = gpu.library.fabricInfoVersioned(gpu.handle, &fabric.info);
    if (fabric.outcome == result::success) {
        fabric.hasHealth = fabric.hasSummary = true;
        return fabric;
    }
    if (fabric.outcome == result::gpuIsLost)
        return fabric;
    fabric.info = {};
    fabric.info.version = versioned(fabricInfo2Size, 2);
    if (gpu.library.fabricInfoVersioned(gpu.handle, &fabric.info) == result::success) {
        fabric.outcome = result::success;
        fabric.hasHealth = true;
        return fabric;
    }
    FabricInfo1 first{};
    const Result outcome = gpu.library.fabricInfo(gpu.handle, &first);
    if (outcome != result::functionNotFound)
        fabric.outcome = outcome;
    if (outcome == result::success) {
        fabric.info = {};
        std::copy(std::begin(first.clusterUuid), std::end(first.clusterUuid), std::begin(fabric.info.clusterUuid));
        fabric.info.status = first.status;
        fabric.info.cliqueId = first.cliqueId;
        fabric.info.state = first.state;
    }
    return fabric;
}

} // namespace seatrial::engine::nvml
