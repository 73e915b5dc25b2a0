// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/random_seed.h"

#include <sys/random.h>

namespace seatrial::engine {

std::uint64_t randomSeed()
{
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != ssize_t(sizeof seed))
        seed = std::uint64_t(reinterpret_cast<std::uintptr_t>(&seed));
    return seed;
}

} // namespace seatrial::engine
