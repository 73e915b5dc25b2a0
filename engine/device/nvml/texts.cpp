// SPDX-License-Identifier: Apache-2.0
#include "engine/device/nvml/reader.h"

#include <array>

namespace seatrial::engine::nvml {

namespace {

std::string numbered(unsigned value)
{
    return "number " + std::to_string(value);
}

template <std::size_t Size>
std::string named(const std::array<const char *, Size> &names, unsigned value)
{
    return value < Size && names[value] ? names[value] : numbered(value);
}

} // namespace

std::string architectureText(unsigned value)
{
    static constexpr std::array<const char *, 14> names{nullptr, nullptr, "Kepler", "Maxwell", "Pascal", "Volta", "Turing", "Ampere", "Ada", "Hopper", "Blackwell",
                                                        nullptr, nullptr, "Rubin"};
    return named(names, value);
}

std::string computeModeText(unsigned value)
{
    static constexpr std::array<const char *, 4> names{"Default", "Exclusive_Thread", "Prohibited", "Exclusive_Process"};
    return named(names, value);
}

std::string fabricStateText(unsigned value)
{
    static constexpr std::array<const char *, 4> names{"Not Supported", "Not Started", "In Progress", "Completed"};
    return named(names, value);
}

std::string recoveryActionText(unsigned value)
{
    static constexpr std::array<const char *, 6> names{"None", "GPU Reset", "Node Reboot", "Drain P2P", "Drain and Reset", "Recover IMEX Domain"};
    return named(names, value);
}

std::string linkVersionText(unsigned value)
{
    static constexpr std::array<const char *, 9> names{nullptr, "1.0", "2.0", "2.2", "3.0", "3.1", "4.0", "5.0", "6.0"};
    return named(names, value);
}

std::string clockReasonsText(std::uint64_t mask)
{
    static constexpr std::array<const char *, 9> names{"idle", "application clocks", "software power cap", "hardware slowdown", "sync boost",
                                                       "software thermal slowdown", "hardware thermal slowdown", "hardware power brake", "display clock"};
    std::string text;
    for (std::size_t bit = 0; bit < 64; ++bit) {
        if (mask >> bit & 1)
            text += (text.empty() ? "" : ", ") + (bit < names.size() ? std::string(names[bit]) : "bit " + std::to_string(bit));
    }
    return text.empty() ? "none" : text;
}

} // namespace seatrial::engine::nvml
