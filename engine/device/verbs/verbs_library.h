// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/outcome.h"
#include "engine/device/verbs/verbs_api.h"

#include <string>

namespace seatrial::engine::verbs {

/// libibverbs as it is on the node, opened at run time. It stays in the process: it and its drivers are not made to be unloaded.
struct Library {
    Api api;
    std::string name; ///< as it was opened

    /// What $SEATRIAL_IBVERBS names, else libibverbs.so.1. NotPermitted if it cannot be opened: a node that has adapters and no
    /// library is not one without adapters.
    static Outcome<Library> open();
};

/// "Permission denied (EACCES)"
std::string errnoText(int error);

} // namespace seatrial::engine::verbs
