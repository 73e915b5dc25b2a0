// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/engine/verbs/rdma_tree.h"
#include "tests/mock_ibverbs/mock_ibverbs.h"

#include <cstdlib>
#include <stdexcept>

#include <dlfcn.h>

namespace seatrial::tests {

/// The state of the mock, as new; from now on it is what is found as libibverbs.
inline MockIbverbs &freshVerbs()
{
    ::setenv("SEATRIAL_IBVERBS", MOCK_IBVERBS, 1);
    ::setenv("SEATRIAL_NVML", "/nonexistent/libnvidia-ml.so.1", 1);
    void *const library = ::dlopen(MOCK_IBVERBS, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        throw std::runtime_error(::dlerror());
    MockIbverbs &mock = *reinterpret_cast<MockIbverbsFunction *>(::dlsym(library, kMockIbverbsFunction))();
    mock = MockIbverbs();
    return mock;
}

} // namespace seatrial::tests
