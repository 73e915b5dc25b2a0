// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// A place for a memory module, as the firmware describes it (SMBIOS type 17). Texts are printable and short.
struct MemoryModule {
    std::string locator;      ///< "DIMM_A1", as it is printed on the board
    std::string bank;
    std::uint64_t bytes = 0;  ///< 0: nothing is plugged in, or the size is not known
    bool present = false;
    std::string type;         ///< "DDR5"
    std::uint32_t speed = 0;  ///< MT/s that the module can do; 0 if not known
    std::uint32_t configured = 0; ///< MT/s that it runs at
    std::string manufacturer;
    std::string part;
    std::string serial;
};

/// What of the firmware's table is of use here.
struct SmbiosTable {
    std::vector<MemoryModule> modules; ///< at most 1024, in the order of the table, empty places included
    std::string errorCorrection;       ///< of the memory: "multi-bit ECC", "none"; empty if the table does not say
    std::string problem;               ///< why the rest of the table was not read, a sentence; empty if it is whole
};

/// Reads the structures of /sys/firmware/dmi/tables/DMI (DMTF DSP0134). Whatever is in @p table, it is read within its
/// bounds; where it is damaged, what stands before the damage counts.
SmbiosTable parseSmbios(std::string_view table);

} // namespace seatrial::engine
