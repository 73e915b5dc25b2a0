// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace seatrial::engine {

/// Memory as O_DIRECT wants it: aligned to pages.
struct FreePages {
    void operator()(void *memory) const { std::free(memory); }
};
using PageBuffer = std::unique_ptr<std::uint64_t, FreePages>;

inline PageBuffer makePageBuffer(std::size_t bytes)
{
    void *memory = nullptr;
    if (posix_memalign(&memory, 4096, bytes) != 0)
        throw std::bad_alloc();
    return PageBuffer(static_cast<std::uint64_t *>(memory));
}

} // namespace seatrial::engine
