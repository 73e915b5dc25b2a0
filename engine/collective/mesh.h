// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/collective/rendezvous.h"

#include <gloo/context.h>

#include <memory>
#include <string>

namespace seatrial::engine::collective {

/// Gloo's connections from this rank to all others. Gloo's own way to make them would have each rank fetch the addresses
/// of all for all.
class Mesh : public ::gloo::Context
{
public:
    /// Waits at @p address for the others; throws where Gloo does.
    Mesh(const Job &job, const std::string &address);

    const Addresses &addresses() const { return m_addresses; }
    /// To where the others wait for this one. Throws where Gloo does; @p reached is called after each.
    void connect(const Addresses &others, const std::function<void(int)> &reached);

private:
    Addresses m_addresses;
};

} // namespace seatrial::engine::collective
