// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/privileged_reads.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// Kinds of kernel messages that say something about the hardware, in the order they are looked for.
enum class KernelTrouble { Xid, MachineCheck, Aer, HardwareError, OutOfMemory, IoError, LinkDown };

/// Words for a program: metric "kernel_xid", event code "kernel.xid".
std::string_view metricOf(KernelTrouble trouble);
std::string_view codeOf(KernelTrouble trouble);
const std::vector<KernelTrouble> &allKernelTroubles();

struct KernelMessage {
    double seconds = 0; ///< since boot
    std::string text;   ///< printable
};

struct KernelLog {
    std::vector<KernelMessage> messages; ///< the oldest first: the kernel keeps only the newest
    std::string source;                  ///< "/dev/kmsg", "syslog", "journalctl -k", "/var/log/kern.log"
    std::string readBy;                  ///< "direct", "journal", "group", "sudo"
    std::string refusal;                 ///< why it could not be read, a sentence; empty if it was
};

/// sysroot/dev/kmsg; where that is refused syslog(2), the journal, the file of a syslog daemon, and sudo's helper, in this
/// order. A recorded tree has the files only. Never waits for long.
KernelLog readKernelLog(PrivilegedReads &reads);

/// The kind of a message; nothing if it is none of ours (a driver saying at boot that it watches for AER is not).
std::optional<KernelTrouble> classify(std::string_view text);

/// "pci/0000:41:00.0" if @p text names a device, in the kernel's way or in that of NVIDIA's driver ("0000:41:00"); else "node".
std::string pciSubject(std::string_view text);
/// The number behind "Xid (…): " or "SXid (…): "; empty if there is none.
std::string xidNumber(std::string_view text);

/// Messages of one kind that differ in numbers only.
struct FoldedTrouble {
    KernelTrouble trouble;
    std::string text;    ///< of the first
    std::string subject; ///< "pci/0000:41:00.0" if the message names one, else "node"
    std::uint64_t count = 0;
    double firstSeconds = 0;
    double lastSeconds = 0;
    std::string xid; ///< the number behind "Xid (…):"
};

struct KernelTroubles {
    std::map<KernelTrouble, std::uint64_t> counts; ///< every kind, zero included
    std::vector<FoldedTrouble> folded;             ///< at most @p mostFolded Xids, and as many of all others
    std::uint64_t left = 0;                        ///< messages that found no place in folded
};

KernelTroubles foldTroubles(const std::vector<KernelMessage> &messages, std::size_t mostFolded = 50);

} // namespace seatrial::engine
