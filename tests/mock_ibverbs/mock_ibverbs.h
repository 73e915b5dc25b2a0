// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/device/verbs/verbs_api.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace seatrial::tests {

/// A libibverbs without adapters: what is written is copied in memory, at the pace of a port, and completed in its time. It is
/// as strict as a kernel about the steps of a queue pair, about keys and bounds. Tests change here what it shows and where it
/// fails; SEATRIAL_IBVERBS names its file.
struct MockIbverbs {
    struct Adapter {
        std::string name;
        int state = engine::verbs::portActive;
        bool ethernet = false;
        std::uint16_t lid = 7;
        int mtu = 5;                   ///< 4096
        double gigabitsPerSecond = 40; ///< the pace
        double seconds = 2e-6;         ///< from the end of a message to its completion
    };

    // What there is.
    std::vector<Adapter> adapters{{.name = "mlx5_0"}, {.name = "mlx5_1"}};
    std::uint64_t lockableBytes = ~0ull; ///< registering more ends with ENOMEM
    bool takesInline = true;
    bool relaxedOrdering = true; ///< ibv_reg_mr_iova2 works
    std::uint32_t maxMessageBytes = 1u << 30;

    // Where it fails, for the adapter of that name, or for all.
    std::string adapter;
    std::map<std::string, int> errors; ///< errno by the name of the call; of ibv_modify_qp also "ibv_modify_qp 2" for the step to state 2
    int failsAfter = -1;               ///< writes that go well, then each ends with status
    int status = engine::verbs::completionRetryExceeded;
    bool goesDown = false; ///< together with the first that fails
    int hangsAfter = -1;   ///< writes that are completed, then none is
    int wrongAfter = -1;   ///< writes that arrive whole; all after them have a wrong byte
    std::uint64_t wrongOffset = 100;
    int neverArrives = -1;     ///< the number of a write, from 0, that is completed and left out
    int pollFails = 0;         ///< what ibv_poll_cq returns instead
    int pollSleepsSeconds = 0; ///< as a call whose driver does not come back

    // What was asked of it.
    std::map<std::string, int> calls;
    int objects = 0;                   ///< contexts, domains, regions and queues that are open
    std::uint64_t registeredBytes = 0; ///< by the last registration
    engine::verbs::QueuePairState connected{};
    int mostOnTheWay = 0;
    std::uint64_t writes = 0;
};

/// The one state of the library: dlsym() this name there.
using MockIbverbsFunction = MockIbverbs *();
constexpr const char *kMockIbverbsFunction = "seatrialMockIbverbs";

} // namespace seatrial::tests
