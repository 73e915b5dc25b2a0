// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/smbios.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <array>
#include <utility>

namespace seatrial::engine {

namespace {

constexpr std::size_t mostModules = 1024;
constexpr std::size_t mostStructures = 16384;
constexpr std::size_t longestText = 100;
constexpr int memoryArray = 16, memoryDevice = 17, endOfTable = 127;

/// One structure: its fields of fixed places, then its texts, which the fields name by number.
class Structure
{
public:
    Structure(std::string_view fields, std::string_view texts) : m_fields(fields), m_texts(texts) {}

    /// Little-endian; 0 where the structure is of an older version and ends before.
    std::uint32_t number(std::size_t at, std::size_t bytes) const
    {
        if (at + bytes > m_fields.size())
            return 0;
        std::uint32_t value = 0;
        for (std::size_t i = bytes; i-- > 0;)
            value = value << 8 | static_cast<unsigned char>(m_fields[at + i]);
        return value;
    }

    std::string text(std::size_t at) const
    {
        std::size_t wanted = number(at, 1);
        if (wanted == 0)
            return {};
        for (const auto text : split(m_texts, '\0')) {
            if (--wanted == 0)
                return fieldIn(text.substr(0, longestText));
        }
        return {};
    }

private:
    const std::string_view m_fields;
    const std::string_view m_texts;
};

std::string typeText(std::uint32_t type)
{
    constexpr std::array<std::pair<std::uint32_t, const char *>, 12> names{{
        {0x12, "DDR"}, {0x13, "DDR2"}, {0x18, "DDR3"}, {0x1A, "DDR4"}, {0x1D, "LPDDR3"}, {0x1E, "LPDDR4"},
        {0x20, "HBM"}, {0x21, "HBM2"}, {0x22, "DDR5"}, {0x23, "LPDDR5"}, {0x24, "HBM3"}, {0x07, "RAM"},
    }};
    for (const auto &[number, name] : names) {
        if (number == type)
            return name;
    }
    return {};
}

std::string correctionText(std::uint32_t kind)
{
    switch (kind) {
    case 3: return "none";
    case 4: return "parity";
    case 5: return "single-bit ECC";
    case 6: return "multi-bit ECC";
    case 7: return "CRC";
    default: return {};
    }
}

/// 0x7FFF: the size stands in a wider field; bit 15: in KiB instead of MiB.
std::uint64_t sizeOf(const Structure &device)
{
    const std::uint32_t size = device.number(0x0C, 2);
    if (size == 0xFFFF)
        return 0;
    if (size == 0x7FFF)
        return std::uint64_t(device.number(0x1C, 4) & 0x7FFFFFFF) << 20;
    return std::uint64_t(size & 0x7FFF) << ((size & 0x8000) != 0 ? 10 : 20);
}

std::uint32_t speedOf(const Structure &device, std::size_t at, std::size_t wide)
{
    const std::uint32_t speed = device.number(at, 2);
    return speed == 0xFFFF ? device.number(wide, 4) & 0x7FFFFFFF : speed;
}

MemoryModule moduleOf(const Structure &device)
{
    MemoryModule module;
    module.present = device.number(0x0C, 2) != 0; // 0xFFFF: something is there, its size is not known
    module.bytes = sizeOf(device);
    module.locator = device.text(0x10);
    module.bank = device.text(0x11);
    if (!module.present)
        return module;
    module.type = typeText(device.number(0x12, 1));
    module.speed = speedOf(device, 0x15, 0x54);
    module.configured = speedOf(device, 0x20, 0x58);
    module.manufacturer = device.text(0x17);
    module.serial = device.text(0x18);
    module.part = device.text(0x1A);
    return module;
}

} // namespace

SmbiosTable parseSmbios(std::string_view table)
{
    SmbiosTable found;
    const auto broken = [&](std::size_t at, const char *what) {
        found.problem = std::string("the firmware's table of parts is damaged at byte ") + std::to_string(at) + ": " + what;
        return found;
    };
    std::size_t at = 0;
    for (std::size_t structures = 0; at < table.size(); ++structures) {
        if (structures >= mostStructures)
            return broken(at, "it has too many entries");
        if (table.size() - at < 4)
            return broken(at, "it ends within an entry");
        const auto type = static_cast<unsigned char>(table[at]);
        const std::size_t length = static_cast<unsigned char>(table[at + 1]);
        if (length < 4 || length > table.size() - at)
            return broken(at, "an entry has an impossible length");
        const auto end = table.find(std::string_view("\0\0", 2), at + length);
        if (end == table.npos)
            return broken(at, "the texts of an entry do not end");
        const Structure structure(table.substr(at, length), table.substr(at + length, end - at - length));
        if (type == endOfTable)
            return found;
        if (type == memoryArray && found.errorCorrection.empty())
            found.errorCorrection = correctionText(structure.number(0x06, 1));
        if (type == memoryDevice && found.modules.size() < mostModules)
            found.modules.push_back(moduleOf(structure));
        at = end + 2;
    }
    return found;
}

} // namespace seatrial::engine
