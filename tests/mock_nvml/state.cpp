// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/mock_nvml/state.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace mock_nvml {

namespace {

/// As nvidia-smi shows an idle H200 of driver 590.
const std::map<std::string, std::string> healthy{
    {"name", "NVIDIA H200"}, {"vbios", "96.00.A5.00.03"}, {"inforom_image", "G520.0280.02.02"}, {"inforom_oem", "2.1"}, {"inforom_ecc", "7.16"},
    {"board_part_number", "695-2G520-0280-001"}, {"gsp_firmware", "590.48.01"}, {"architecture", "9"}, {"brand", "14"},
    {"pci_device_id", "590680286"}, {"pci_subsystem_id", "415109342"}, {"persistence_mode", "1"}, {"compute_mode", "0"}, {"mig_mode", "0"},
    {"mig_mode_pending", "0"}, {"ecc_mode", "1"}, {"ecc_mode_pending", "1"}, {"gpu_numa_id", "-"}, {"cpu_affinity", "0 1 2 3 8 9"}, {"numa_affinity", "0"}, {"fabric_state", "3"}, {"fabric_status", "0"},
    {"fabric_clique", "0"}, {"fabric_health_mask", "0"}, {"fabric_health_summary", "0"}, {"row_remap_pending", "0"}, {"row_remap_failure", "0"},
    {"row_remap_banks_max", "3072"}, {"ecc_sram_threshold_exceeded", "0"}, {"channel_repair_pending", "0"}, {"tpc_repair_pending", "0"},
    {"memory_unrepairable", "0"}, {"pcie_width", "16"}, {"pcie_width_max", "16"}, {"pcie_generation", "5"}, {"pcie_generation_max", "5"},
    {"pcie_speed", "32000"}, {"links", "18"}, {"nvlink_state", "1"}, {"nvlink_version", "6"}, {"nvlink_speed", "26562"}, {"nvlink_remote_type", "2"},
    {"clock_event_reasons", "1"}, {"core_clock", "345"}, {"memory_clock", "3201"}, {"core_clock_max", "1980"}, {"memory_clock_max", "3201"},
    {"temperature", "28"}, {"temperature_shutdown", "-"}, {"temperature_slowdown", "-"}, {"temperature_max", "-"}, {"memory_temperature_max", "-"},
    {"temperature_margin", "59"}, {"temperature_shutdown_margin", "-8"}, {"temperature_slowdown_margin", "-2"}, {"temperature_max_margin", "0"},
    {"memory_temperature_max_margin", "0"}, {"memory_temperature", "32"}, {"power", "77880"}, {"power_average", "77670"}, {"power_limit", "700000"},
    {"power_limit_enforced", "700000"}, {"power_limit_default", "700000"}, {"power_limit_min", "200000"}, {"power_limit_max", "700000"},
    {"performance_state", "0"}, {"memory_total", "150754820096"}, {"memory_used", "0"}, {"recovery_action", "0"}, {"c2c_links", "-"}, {"c2c_state", "1"}, {"c2c_speed", "44712"},
    {"retired_pages_correctable", "-"}, {"retired_pages_uncorrectable", "-"}, {"retired_pages_pending", "-"}, {"inforom_power", "-"}, {"slot", "-"},
    {"nvlink_effective_ber", "-"}, {"nvlink_symbol_ber", "-"}, {"nvlink_raw_ber", "-"}, {"nvlink_effective_errors", "-"}, {"nvlink_symbol_errors", "-"},
    {"nvlink_recoveries_succeeded", "-"}, {"nvlink_recoveries_failed", "-"}, {"nvlink_malformed_packets", "-"}, {"nvlink_buffer_overruns", "-"},
    {"nvlink_receive_errors", "-"}, {"nvlink_remote_errors", "-"}, {"nvlink_header_errors", "-"}, {"nvlink_integrity_errors", "-"},
    {"nvlink_discards", "-"}, {"row_remap_correctable_inactive", "-"}, {"row_remap_uncorrectable_inactive", "-"},
    // Memory that this generation does not count by itself.
    {"ecc_l1", "-"}, {"ecc_l2", "-"}, {"ecc_registers", "-"}, {"ecc_texture", "-"}, {"ecc_shared_memory", "-"}, {"ecc_cbu", "-"},
};

bool isCounter(const std::string &key)
{
    return key.starts_with("ecc_") || key.starts_with("row_remap_") || key.starts_with("nvlink_") || key.starts_with("c2c_") || key.starts_with("pcie_") || key.starts_with("clock_limited_");
}

std::string made(int gpu, const std::string &key)
{
    char text[64];
    if (key == "serial")
        std::snprintf(text, sizeof text, "16509250%05d", gpu + 1);
    else if (key == "uuid")
        std::snprintf(text, sizeof text, "GPU-5ea74121-0000-4000-8000-%012d", gpu);
    else if (key == "minor_number")
        std::snprintf(text, sizeof text, "%d", gpu);
    else if (key == "module_id")
        std::snprintf(text, sizeof text, "%d", gpu + 1);
    else if (key == "board_id" || key == "pci_bus")
        std::snprintf(text, sizeof text, "%d", key == "pci_bus" ? 0x1b + 0x10 * gpu : (0x1b + 0x10 * gpu) << 8);
    else
        return {};
    return text;
}

} // namespace

State &State::now()
{
    static State state;
    state.read();
    return state;
}

void State::read()
{
    const char *const file = std::getenv("SEATRIAL_MOCK_NVML");
    if (!file)
        return;
    std::ifstream stream(file);
    std::stringstream content;
    content << stream.rdbuf();
    if (!stream || content.str() == m_content)
        return;
    m_content = content.str();
    gpus = 2;
    driver = "590.48.01";
    nvml = "13.590.48.01";
    cuda = 13010;
    m_values.clear();
    m_failures.clear();
    m_hangs.clear();
    m_fields.clear();
    processes.clear();
    xids.clear();
    ancestors.clear();
    for (std::string text; std::getline(content, text);) {
        std::stringstream stream_of(text);
        std::vector<std::string> words;
        for (std::string word; stream_of >> word;)
            words.push_back(word);
        if (words.size() >= 2 && words[0][0] != '#')
            line(words);
    }
}

void State::line(const std::vector<std::string> &words)
{
    const auto rest = [&](std::size_t from) {
        std::string text;
        for (std::size_t i = from; i < words.size(); ++i)
            text += (text.empty() ? "" : " ") + words[i];
        return text;
    };
    const auto number = [&](std::size_t at) { return at < words.size() ? std::atoll(words[at].c_str()) : 0; };
    const std::string &what = words[0];
    if (what == "driver")
        driver = words[1];
    else if (what == "nvml")
        nvml = words[1];
    else if (what == "cuda")
        cuda = int(number(1));
    else if (what == "gpus")
        gpus = int(number(1));
    else if (what == "gpu" && words.size() > 4 && words[2] == "link")
        m_values[words[1] + ' ' + words[3] + ' ' + words[4]] = rest(5);
    else if (what == "gpu" && words.size() > 3)
        m_values[words[1] + ' ' + words[2]] = rest(3);
    else if (what == "fail" && words.size() == 3)
        m_failures[words[1]] = int(number(2));
    else if (what == "fail" && words.size() == 4)
        m_failures[words[1] + ' ' + words[2]] = int(number(3));
    else if (what == "hang")
        m_hangs[words[1]] = true;
    else if (what == "field")
        m_fields[unsigned(number(1))] = int(number(2));
    else if (what == "process")
        processes.push_back({int(number(1)), unsigned(number(2)), static_cast<unsigned long long>(number(3)), rest(4)});
    else if (what == "xid")
        xids.push_back({int(number(1)), static_cast<unsigned long long>(number(2))});
    else if (what == "connected")
        ancestors[{int(number(1)), int(number(2))}] = unsigned(number(3));
}

int State::enter(const char *function, int gpu)
{
    while (m_hangs.contains(function))
        sleep(1); // as a call does whose driver waits for a dead GPU
    for (const auto &key : {std::to_string(gpu) + " " + function, std::to_string(gpu) + " all", std::string(function)}) {
        if (const auto found = m_failures.find(key); found != m_failures.end())
            return found->second;
    }
    return 0;
}

int State::fieldCode(unsigned field) const
{
    const auto found = m_fields.find(field);
    return found == m_fields.end() ? 0 : found->second;
}

std::string State::raw(int gpu, const std::string &key, int link) const
{
    const std::string number = std::to_string(gpu);
    const std::string inner = link >= 0 ? std::to_string(link) + ' ' + key : key;
    for (const auto &place : {number + ' ' + inner, "* " + inner, number + ' ' + key, "* " + key}) {
        if (const auto found = m_values.find(place); found != m_values.end())
            return found->second;
    }
    if (const auto found = healthy.find(key); found != healthy.end())
        return found->second;
    for (const auto &[start, value] : healthy) { // "ecc_l1" stands for all its counters
        if (value == "-" && key.starts_with(start + "_"))
            return value;
    }
    const std::string own = made(gpu, key);
    return !own.empty() ? own : isCounter(key) ? "0" : "-";
}

std::string State::text(int gpu, const std::string &key) const
{
    const std::string value = raw(gpu, key, -1);
    return value == "-" ? std::string() : value;
}

std::optional<double> State::number(int gpu, const std::string &key, int link)
{
    const std::string value = raw(gpu, key, link);
    if (value == "-")
        return std::nullopt;
    char *end = nullptr;
    double number = std::strtod(value.c_str(), &end);
    while (*end == ' ')
        ++end;
    if (*end == '+')
        number += std::strtod(end, nullptr) * double(m_reads[std::to_string(gpu) + ' ' + std::to_string(link) + ' ' + key]++);
    return number;
}

} // namespace mock_nvml
