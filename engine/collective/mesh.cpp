// SPDX-License-Identifier: Apache-2.0
#include "engine/collective/mesh.h"

#include <gloo/transport/context.h>
#include <gloo/transport/tcp/device.h>

namespace seatrial::engine::collective {

Mesh::Mesh(const Job &job, const std::string &address) : ::gloo::Context(job.rank, job.size)
{
    setTimeout(std::chrono::milliseconds(std::int64_t(job.stageDeadline * 1000)));
    // Bound to the address by which the root is reached: the first one of the node's name is often another network.
    device_ = ::gloo::transport::tcp::CreateDevice(::gloo::transport::tcp::attr(address.c_str()));
    transportContext_ = device_->createContext(rank, size);
    transportContext_->setTimeout(getTimeout());
    m_addresses.resize(std::size_t(size));
    for (int other = 0; other < size; ++other) {
        if (other != rank)
            m_addresses[std::size_t(other)] = transportContext_->createPair(other)->address().bytes();
    }
}

void Mesh::connect(const Addresses &others, const std::function<void(int)> &reached)
{
    for (int other = 0; other < size; ++other) {
        if (other == rank)
            continue;
        transportContext_->getPair(other)->connect(others[std::size_t(other)]);
        reached(other);
    }
}

} // namespace seatrial::engine::collective
