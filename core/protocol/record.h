// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/unit.h"

#include <cstdint>
#include <map>
#include <string>
#include <variant>

namespace seatrial::protocol {

/// Parameters of a step and of a measurement: names to text, units in the name ("array_bytes", "seconds").
using Parameters = std::map<std::string, std::string>;

/// When and in which life of the node a record was written. The supervisor stamps every record.
struct Stamp {
    std::uint64_t sequence = 0;  ///< 1, 2, 3, … without a gap within one journal
    double monotonicSeconds = 0; ///< CLOCK_BOOTTIME of the node
    double wallSeconds = 0;      ///< Unix time of the node, which may be wrong
    std::string bootId;          ///< /proc/sys/kernel/random/boot_id: tells a reboot from a pause
    bool operator==(const Stamp &) const = default;
};

/// First record of a journal: who speaks, and which version of the words.
struct Hello {
    int protocol = 0;
    std::string engineVersion;
    std::string run;      ///< name of the run, given by the desktop
    std::string node;     ///< name of the node in the inventory, given by the desktop
    std::string hostname; ///< what the node calls itself
    std::string machine;  ///< uname -m
    std::string kernel;   ///< uname -r
    std::string libc;     ///< "glibc 2.36"
    bool simulated = false;
    bool operator==(const Hello &) const = default;
};

struct StepStarted {
    std::string step;
    std::string check;
    Parameters parameters;
    bool operator==(const StepStarted &) const = default;
};

/// How repeated samples scatter. All in the unit of the measurement, except cv.
struct Spread {
    double minimum = 0;
    double maximum = 0;
    double cv = 0; ///< coefficient of variation: standard deviation / mean, a ratio
    bool operator==(const Spread &) const = default;
};

/// One measured figure. @c value is the median of @c samples repetitions unless the parameter "statistic" says otherwise.
struct Measurement {
    std::string step;
    std::string check;   ///< "host.memory"
    std::string metric;  ///< "triad"
    Unit unit = Unit::None;
    std::string subject; ///< "node", "cpu/3", "disk/nvme0n1", "nic/eth0", "n01→n02"
    double value = 0;
    std::uint32_t samples = 1;
    Spread spread;
    Parameters parameters;
    bool operator==(const Measurement &) const = default;
};

/// How a step ended. Whether a value is good enough is never said here: limits live on the desktop.
enum class StepStatus {
    Completed, ///< measured as asked
    Failed,    ///< the hardware did something wrong: a miscompare, a wrong sum, a lost device
    Waived,    ///< could not apply here; @see Waiver
    Error,     ///< the check itself could not do its work: no space, bad parameter, worker crashed
    Timeout,   ///< deadline passed, the worker was ended
    Abandoned, ///< cancelled, lease expired, or the worker would not die
};

enum class Waiver {
    None,
    NotPresent,   ///< nothing of the kind is in this node
    NotPermitted, ///< it may be there but we may not look or load it
};

struct StepFinished {
    std::string step;
    std::string check;
    StepStatus status = StepStatus::Error;
    Waiver waiver = Waiver::None;
    std::string reason; ///< one sentence, never empty unless completed
    double seconds = 0;
    bool operator==(const StepFinished &) const = default;
};

enum class Severity { Info, Warning, Error };

/// Something that happened or was noticed: a kernel message, a listening port, a throttled CPU.
struct Event {
    Severity severity = Severity::Info;
    std::string code; ///< stable word for programs: "net.listening", "kernel.mce", "lease.started"
    std::string step; ///< empty if it belongs to no step
    std::string subject;
    std::string text; ///< one sentence of fact
    Parameters parameters;
    bool operator==(const Event &) const = default;
};

/// A part that was found. Identity is what moves with the part, place is where it sits.
struct Part {
    std::string kind;     ///< "board", "cpu", "memory", "disk", "nic", "gpu"
    std::string place;    ///< "node", "nic/eth0", "disk/nvme0n1"
    std::string identity; ///< serial, UUID, GUID or MAC; empty if it could not be read
    std::string model;
    std::string firmware;
    Parameters attributes;
    bool operator==(const Part &) const = default;
};

/// Written when nothing else was for a while, so that silence means trouble.
struct Heartbeat {
    std::string step; ///< step in work, empty if idle
    bool operator==(const Heartbeat &) const = default;
};

enum class Outcome {
    Finished,     ///< every ordered step has ended and no more will come
    Cancelled,    ///< a person stopped the run
    LeaseExpired, ///< nobody came back in time
    Broken,       ///< the supervisor could not go on (reason says why)
};

/// Last record of a journal.
struct Goodbye {
    Outcome outcome = Outcome::Broken;
    std::string reason;
    bool operator==(const Goodbye &) const = default;
};

using Body = std::variant<Hello, StepStarted, Measurement, StepFinished, Event, Part, Heartbeat, Goodbye>;

/// One line of a stream.
struct Record {
    Stamp stamp;
    Body body;
    bool operator==(const Record &) const = default;
};

} // namespace seatrial::protocol
