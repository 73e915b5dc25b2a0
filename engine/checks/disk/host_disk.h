// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/disk/disk_run.h"
#include "engine/checks/load_check.h"

#include <cstdint>
#include <string>

namespace seatrial::engine {

/// Size of the test file and which bound held.
struct DiskPlan {
    std::uint64_t bytes = 0;
    std::string bound;   ///< "parameter" or "free space"
    std::string problem; ///< too little space, in numbers
};

/// At most @p asked and 10 % of what is free, at least 16 MiB, whole blocks.
DiskPlan planDisk(std::uint64_t asked, std::uint64_t freeBytes);

/// The local disk below the work folder: sequential write and read past the page cache with verified contents, the time
/// a small durable write takes, and 4 KiB at random places with percentiles. Never a network file system, never memory.
class HostDisk : public LoadCheck
{
public:
    explicit HostDisk(DiskTamper tamper = {}) : m_tamper(std::move(tamper)) {}

    std::string_view id() const override { return "host.disk"; }
    std::string_view summary() const override { return "Local disk: sequential and random 4 KiB, write and read (verified), durable writes"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    DiskTamper m_tamper;
};

} // namespace seatrial::engine
