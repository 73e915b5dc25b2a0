// SPDX-License-Identifier: Apache-2.0
#include "engine/device/recorded.h"

#include "engine/measure/text.h"

#include <cstdlib>

namespace seatrial::engine {

std::optional<DeviceProblem> notOfThisMachine(const std::filesystem::path &sysroot, const char *chosenBy)
{
    const char *const chosen = std::getenv(chosenBy);
    std::error_code error;
    if ((chosen && *chosen) || std::filesystem::equivalent(sysroot, "/", error))
        return std::nullopt;
    return DeviceProblem{DeviceTrouble::NotPresent, "/proc and /sys are those of a recorded machine (" + printable(sysroot.string())
                                                        + "): the driver of the machine that this runs on is not asked"};
}

} // namespace seatrial::engine
