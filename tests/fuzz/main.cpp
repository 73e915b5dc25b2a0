// SPDX-License-Identifier: GPL-3.0-or-later
// All targets in one program of libFuzzer; the one meant is named by SEATRIAL_FUZZ_TARGET.
//   SEATRIAL_FUZZ_TARGET=node_set build/tests/seatrial-fuzz -max_total_time=600 CORPUS tests/fuzz/seeds/node_set
#include "tests/fuzz/targets.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace seatrial::fuzz {

namespace {

constexpr std::array<std::pair<std::string_view, Target>, 8> kTargets{{{"stream_reader", streamReader},
                                                                       {"control", control},
                                                                       {"node_set", nodeSet},
                                                                       {"inventory", inventory},
                                                                       {"plan", plan},
                                                                       {"host_list", hostList},
                                                                       {"ssh_config_hosts", sshConfigHosts},
                                                                       {"shell_quote", shellQuote}}};

Target chosen = nullptr;

} // namespace

Target targetNamed(std::string_view name)
{
    for (const auto &[known, target] : kTargets) {
        if (known == name)
            return target;
    }
    return nullptr;
}

std::string targetNames()
{
    std::string names;
    for (const auto &[name, target] : kTargets)
        names += (names.empty() ? "" : " ") + std::string(name);
    return names;
}

void promise(bool kept, const char *what)
{
    if (kept)
        return;
    std::fprintf(stderr, "promise broken: %s\n", what);
    std::abort();
}

} // namespace seatrial::fuzz

extern "C" int LLVMFuzzerInitialize(int *, char ***)
{
    using namespace seatrial::fuzz;
    const char *const name = std::getenv("SEATRIAL_FUZZ_TARGET");
    chosen = targetNamed(name ? name : "");
    if (!chosen) {
        std::fprintf(stderr, "SEATRIAL_FUZZ_TARGET must be one of: %s\n", targetNames().c_str());
        std::exit(2);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    seatrial::fuzz::chosen(std::string(reinterpret_cast<const char *>(data), size));
    return 0;
}
