// SPDX-License-Identifier: Apache-2.0
#include "engine/device/verbs/port_loopback.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <cerrno>

namespace seatrial::engine::verbs {

PortLoopback::PortLoopback(const Library &library, const Port &port, Terms terms) : m_library(library), m_port(port), m_terms(std::move(terms)) {}

Outcome<std::unique_ptr<PortLoopback>> PortLoopback::open(const Library &library, const Port &port, Terms terms)
{
    std::unique_ptr<PortLoopback> made(new PortLoopback(library, port, std::move(terms)));
    for (const auto step : {&PortLoopback::openDevice, &PortLoopback::lookAtPort, &PortLoopback::makeQueues}) {
        if (const auto done = (made.get()->*step)(); !done.ok())
            return done.problem();
    }
    return made;
}

/// In the order in which the kernel lets go of them.
PortLoopback::~PortLoopback()
{
    const Api &api = m_library.api;
    for (QueuePair *pair : m_pairs)
        api.destroyQueuePair(pair);
    if (m_queue)
        api.destroyCompletionQueue(m_queue);
    releaseMemory();
    if (m_domain)
        api.freeDomain(m_domain);
    if (m_context)
        api.closeDevice(m_context);
}

Outcome<Done> PortLoopback::openDevice()
{
    const Api &api = m_library.api;
    if (m_port.iwarp)
        return DeviceProblem{DeviceTrouble::NotSupported,
                             name() + " is an iWARP adapter: its connections need a connection manager, which is not used here"};
    lockableBytes(); // as much as may be: queues are locked as well
    int count = 0;
    errno = 0;
    Device **const devices = api.deviceList(&count);
    if (!devices)
        return refused("the list of adapters", errno);
    Device *found = nullptr;
    for (int i = 0; i < count; ++i) {
        const char *const called = api.deviceName(devices[i]);
        found = called && m_port.adapter == called ? devices[i] : found;
    }
    errno = 0;
    m_context = found ? api.openDevice(found) : nullptr;
    const int error = errno;
    api.freeDeviceList(devices);
    if (!found)
        return DeviceProblem{DeviceTrouble::NotPermitted,
                             "libibverbs does not know the adapter: its driver for programs is missing (ibverbs-providers, or the vendor's own), or "
                             "the module ib_uverbs is not loaded"};
    if (!m_context && (error == EACCES || error == EPERM))
        return DeviceProblem{
            DeviceTrouble::NotPermitted,
            "the adapter may not be opened (" + errnoText(error) +
                "): this login needs to read and write /dev/infiniband/uverbs*; the udev rules of rdma-core allow that to everybody"};
    if (!m_context)
        return refused(m_port.adapter + " cannot be opened", error ? error : EIO);
    return Done{};
}

Outcome<Done> PortLoopback::lookAtPort()
{
    if (const int error = m_library.api.queryPort(m_context, std::uint8_t(m_port.number), &m_attributes); error != 0)
        return refused("the state of port " + name() + " cannot be read", error);
    if (m_attributes.state != portActive && m_attributes.state != portActiveDefer)
        return DeviceProblem{DeviceTrouble::NotPresent, "port " + name() + " is not active (state " + std::to_string(m_attributes.state) + ")"};
    const bool ethernet = m_attributes.linkLayer == linkEthernet;
    if (ethernet || (m_attributes.flags & portNeedsGrh) || m_attributes.lid == 0)
        m_gid = chooseGid(m_terms.sysroot, m_port);
    if (ethernet && !m_gid)
        return DeviceProblem{DeviceTrouble::NotPermitted,
                             "RoCE port " + name() + " has no address (GID): bring its network interface up, and give it an IP address"};
    return Done{};
}

Outcome<Done> PortLoopback::makeQueues()
{
    const Api &api = m_library.api;
    errno = 0;
    m_domain = api.allocateDomain(m_context);
    if (!m_domain)
        return refused("no protection domain can be had on " + name(), errno);
    errno = 0;
    m_queue = api.createCompletionQueue(m_context, depth * 2, nullptr, nullptr, 0);
    if (!m_queue)
        return errno == ENOMEM ? memoryRefused(0, errno) : refused("no completion queue can be had on " + name(), errno);
    for (int i = 0; i < queuePairs; ++i) {
        QueuePairWish wish{};
        wish.sendQueue = wish.receiveQueue = m_queue;
        wish.capacity = {depth, 1, 1, 1, m_inline ? std::uint32_t(smallBytes) : 0};
        wish.type = reliableConnection;
        errno = 0;
        QueuePair *pair = api.createQueuePair(m_domain, &wish);
        if (!pair && m_inline && errno == EINVAL) { // some adapters take nothing inline
            m_inline = false;
            wish.capacity.inlineBytes = 0;
            errno = 0;
            pair = api.createQueuePair(m_domain, &wish);
        }
        if (!pair && (errno == EOPNOTSUPP || errno == ENOSYS))
            return DeviceProblem{DeviceTrouble::NotSupported, "port " + name() + " has no reliable connections (" + errnoText(errno) + ")"};
        if (!pair)
            return errno == ENOMEM ? memoryRefused(0, errno) : refused("no queue pair can be had on " + name(), errno);
        m_pairs.push_back(pair);
        if (const auto done = connect(pair); !done.ok())
            return done.problem();
    }
    return Done{};
}

/// To itself: what it sends goes out of its send queue and comes back to it.
Outcome<Done> PortLoopback::connect(QueuePair *pair)
{
    QueuePairState wanted{};
    const auto change = [&](int state, int mask, const char *what) -> Outcome<Done> {
        wanted.state = state;
        const int error = m_library.api.modifyQueuePair(pair, &wanted, mask | maskState);
        if (error == 0)
            return Done{};
        const std::string by = m_gid ? " with GID " + std::to_string(m_gid->index) + " (" + m_gid->text + ')'
                                     : " with LID " + std::to_string(m_attributes.lid);
        return refused("a queue pair of " + name() + " cannot be " + what + by, error);
    };
    wanted.port = std::uint8_t(m_port.number);
    wanted.access = accessLocalWrite | accessRemoteWrite;
    if (const auto done = change(stateInit, maskPkeyIndex | maskPort | maskAccess, "started"); !done.ok())
        return done;
    wanted.pathMtu = m_attributes.activeMtu;
    wanted.destination = pair->number;
    wanted.mostReadsHere = wanted.mostReads = 1;
    wanted.receiverTimer = 12;
    wanted.address.port = std::uint8_t(m_port.number);
    wanted.address.lid = m_attributes.lid;
    if (m_gid) {
        wanted.address.isGlobal = 1;
        wanted.address.gidIndex = std::uint8_t(m_gid->index);
        wanted.address.hopLimit = 64;
        std::copy(m_gid->raw.begin(), m_gid->raw.end(), wanted.address.gid);
    }
    const int receive = maskAddress | maskPathMtu | maskDestination | maskReceivePsn | maskMostReadsHere | maskReceiverTimer;
    if (const auto done = change(stateReadyToReceive, receive, "connected to itself"); !done.ok())
        return done;
    wanted.timeout = 14; // 4.096 us × 2^14 = 67 ms until it sends again
    wanted.retries = wanted.receiverRetries = 7;
    return change(stateReadyToSend, maskTimeout | maskRetries | maskReceiverRetries | maskSendPsn | maskMostReads, "made ready to send");
}

protocol::Parameters PortLoopback::details() const
{
    const bool ethernet = m_attributes.linkLayer == linkEthernet;
    protocol::Parameters said{{"library", printable(m_library.name)},
                              {"transport", ethernet ? "RoCE" : "InfiniBand"},
                              {"mtu", std::to_string(m_attributes.activeMtu >= 1 && m_attributes.activeMtu <= 5 ? 128 << m_attributes.activeMtu : 0)},
                              {"queue_pairs", std::to_string(queuePairs)},
                              {"in_flight", std::to_string(m_slots)},
                              {"relaxed_ordering", m_relaxed ? "asked for" : "no"}};
    if (m_gid)
        said["gid"] = std::to_string(m_gid->index) + ' ' + m_gid->text + (m_gid->kind.empty() ? "" : " (" + m_gid->kind + ')');
    else
        said["lid"] = std::to_string(m_attributes.lid);
    return said;
}

DeviceProblem PortLoopback::refused(const std::string &what, int error, DeviceTrouble usual) const
{
    const bool forbidden = error == EACCES || error == EPERM;
    return {forbidden ? DeviceTrouble::NotPermitted : usual, what + ": " + errnoText(error)};
}

} // namespace seatrial::engine::verbs
