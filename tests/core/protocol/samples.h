// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/control.h"
#include "core/protocol/record.h"
#include "core/protocol/version.h"

#include <vector>

/// One record of every kind with every field filled, and their poorest forms.
namespace seatrial::samples {

inline std::vector<protocol::Body> bodies()
{
    using namespace protocol;
    return {
        Hello{kProtocolVersion, "0.1.0", "2026-01-05 quick", "n01", "node-one.example", "x86_64", "6.1.0-18-amd64",
              "glibc 2.36", true},
        StepStarted{"n01/host.memory", "host.memory", {{"array_bytes", "1073741824"}, {"seconds", "4"}}},
        StepStarted{"s", "c", {}},
        Measurement{"n01/host.memory", "host.memory", "triad", Unit::GigabytesPerSecond, "node", 187.4375, 9,
                    Spread{185.25, 189.5, 0.0071}, {{"bound", "cache"}}},
        Measurement{"s", "c", "m", Unit::None, "n01→n02", -0.0, 1, {}, {}},
        StepFinished{"n01/host.memory", "host.memory", StepStatus::Completed, Waiver::None, "", 6.25},
        StepFinished{"s", "net.pair", StepStatus::Waived, Waiver::NotPresent, "no network interface is up", 0.5},
        Event{Severity::Warning, "cpu.throttled", "s", "cpu/3", "CPU 3 was \"throttled\"\t17 times\n", {{"count", "17"}}},
        Event{Severity::Info, "lease.started", "", "", "", {}},
        Part{"nic", "nic/eth0", "02:42:ac:11:00:02", "virtio", "1.0", {{"speed_gbit", "10"}}},
        Part{"board", "node", "", "", "", {}},
        Heartbeat{"n01/host.memory"},
        Heartbeat{},
        Goodbye{Outcome::LeaseExpired, "nobody came back within 900 s"},
        Goodbye{Outcome::Finished, ""},
    };
}

inline std::vector<protocol::Control> controls()
{
    using namespace protocol;
    return {
        Open{kProtocolVersion, "2026-01-05 quick", "n01", 900, 5, true, "Ada Example", true},
        Open{1, "r", "n", 0.25, 0, false, ""},
        StartStep{"n01/host.memory", "host.memory", {{"seconds", "4"}}, 60},
        NoMoreSteps{},
        Cancel{"n01/host.memory", "a person stopped the step"},
        Cancel{},
        Renew{},
        Renew{1767603601.25, -0.75},
    };
}

inline protocol::Stamp stamp(std::uint64_t sequence)
{
    return {sequence, 1234.567891, 1767603600.125, "5c2f6c1e-6d2b-4c57-9a57-0d3f3f1f4d11"};
}

} // namespace seatrial::samples
