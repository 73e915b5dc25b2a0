// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mock_nvml {

/// What the library answers: a healthy node of H200s, and over it the lines of the file that $SEATRIAL_MOCK_NVML names. The file is
/// read again whenever it changes. A line is one of
///
///     driver 590.48.01 | nvml … | cuda 13010        versions
///     gpus 2                                        how many there are
///     gpu 1 serial 1650925000001                    any key of any GPU ("gpu * …": all of them); "-": not supported
///     gpu 0 ecc_dram_correctable_volatile 5 +2      a counter that grows by 2 each time it is read
///     gpu 0 link 7 nvlink_state 0                   the same of one NVLink
///     fail nvmlDeviceGetSerial 4                    the function answers this code; "fail 1 nvmlDeviceGetSerial 4": only for GPU 1
///     fail 1 all 15                                 GPU 1 is lost
///     field 186 3                                   the field answers this code
///     hang nvmlInit_v2                              the call never comes back
///     process 0 4242 1048576 python3                a process on GPU 0, its memory, its name
///     xid 1 79                                      an event; each line is told once, those added later as well
///     connected 0 1 30                              what nvmlDeviceGetTopologyCommonAncestor says of the two
class State
{
public:
    struct Process {
        int gpu;
        unsigned pid;
        unsigned long long memory;
        std::string name;
    };
    struct Xid {
        int gpu;
        unsigned long long number;
    };

    /// The state as the file says it now.
    static State &now();

    /// What the function answers before it does anything: 0, or a code; never returns if it hangs.
    int enter(const char *function, int gpu = -1);
    int fieldCode(unsigned field) const;

    std::string text(int gpu, const std::string &key) const;
    /// Nothing: not supported by this GPU.
    std::optional<double> number(int gpu, const std::string &key, int link = -1);

    int gpus = 2;
    std::string driver = "590.48.01", nvml = "13.590.48.01";
    int cuda = 13010;
    std::vector<Process> processes;
    std::vector<Xid> xids;
    std::size_t told = 0; ///< of the xids
    std::map<std::pair<int, int>, unsigned> ancestors;

private:
    void read();
    void line(const std::vector<std::string> &words);
    std::string raw(int gpu, const std::string &key, int link) const;

    std::map<std::string, std::string> m_values; ///< "1 serial", "* links", "0 7 nvlink_state"
    std::map<std::string, int> m_failures;       ///< "nvmlX", "1 nvmlX", "1 all"
    std::map<std::string, bool> m_hangs;
    std::map<unsigned, int> m_fields;
    std::map<std::string, std::uint64_t> m_reads; ///< of growing counters, kept when the file changes
    std::string m_content;
};

} // namespace mock_nvml
