// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/mock_ibverbs/mock_ibverbs.h"
#include "tests/mock_ibverbs/mock_queues.h"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <set>

namespace seatrial::tests {

using namespace engine::verbs;

namespace {

constexpr int kSteps[] = {0, maskState | maskPkeyIndex | maskPort | maskAccess,
                          maskState | maskAddress | maskPathMtu | maskDestination | maskReceivePsn | maskMostReadsHere | maskReceiverTimer,
                          maskState | maskTimeout | maskRetries | maskReceiverRetries | maskSendPsn | maskMostReads};

/// "adapter=mlx5_1,fails_after=100,errno:ibv_reg_mr=12" of the environment: a program's library cannot be reached otherwise.
MockIbverbs wantedAtFirst()
{
    MockIbverbs state;
    const char *const wanted = std::getenv("SEATRIAL_MOCK_IBVERBS");
    for (std::string rest = wanted ? wanted : ""; !rest.empty();) {
        const std::string word = rest.substr(0, rest.find(','));
        rest.erase(0, word.size() + 1);
        const std::string key = word.substr(0, word.find('=')), value = word.substr(std::min(word.size(), key.size() + 1));
        if (key == "adapter")
            state.adapter = value;
        else if (key == "fails_after")
            state.failsAfter = std::atoi(value.c_str());
        else if (key == "hangs_after")
            state.hangsAfter = std::atoi(value.c_str());
        else if (key == "wrong_after")
            state.wrongAfter = std::atoi(value.c_str());
        else if (key.starts_with("errno:"))
            state.errors[key.substr(6)] = std::atoi(value.c_str());
    }
    return state;
}

std::set<Region *> &regions()
{
    static std::set<Region *> all;
    return all;
}

template<class Made> Made *opened(Made *made)
{
    ++mock().objects;
    return made;
}

std::size_t adapterOf(const Context *context)
{
    return static_cast<const MockContext *>(context)->adapter;
}

} // namespace

MockIbverbs &mock()
{
    static MockIbverbs state = wantedAtFirst();
    return state;
}

bool isMeant(std::size_t adapter)
{
    return mock().adapter.empty() || (adapter < mock().adapters.size() && mock().adapters[adapter].name == mock().adapter);
}

int called(const std::string &name, std::size_t adapter)
{
    ++mock().calls[name];
    const auto error = mock().errors.find(name);
    const int number = error != mock().errors.end() && isMeant(adapter) ? error->second : 0;
    if (number != 0)
        errno = number;
    return number;
}

bool isRegistered(const Context *context, std::uint32_t key, std::uint64_t address, std::uint64_t bytes)
{
    for (const Region *region : regions()) {
        const auto begin = reinterpret_cast<std::uint64_t>(region->address);
        if (region->context == context && (key == region->localKey || key == region->remoteKey) && address >= begin &&
            address + bytes <= begin + region->bytes)
            return true;
    }
    return false;
}

} // namespace seatrial::tests

using namespace seatrial::tests;
using namespace seatrial::engine::verbs;

extern "C" {

MockIbverbs *seatrialMockIbverbs()
{
    return &mock();
}

Device **ibv_get_device_list(int *count)
{
    if (called("ibv_get_device_list", ~std::size_t(0)) != 0)
        return nullptr;
    const std::size_t many = mock().adapters.size();
    auto **const list = new Device *[many + 1]();
    for (std::size_t i = 0; i < many; ++i)
        list[i] = new DeviceTag{i};
    *count = static_cast<int>(many);
    return opened(list);
}

void ibv_free_device_list(Device **list)
{
    for (Device **each = list; *each; ++each)
        delete *each;
    delete[] list;
    --mock().objects;
}

const char *ibv_get_device_name(Device *device)
{
    return mock().adapters[device->adapter].name.c_str();
}

Context *ibv_open_device(Device *device)
{
    if (called("ibv_open_device", device->adapter) != 0)
        return nullptr;
    auto *const context = new MockContext{};
    context->poll = mockPoll;
    context->postSend = mockPostSend;
    context->adapter = device->adapter;
    return opened(context);
}

int ibv_close_device(Context *context)
{
    delete static_cast<MockContext *>(context);
    --mock().objects;
    return 0;
}

int ibv_query_port(Context *context, std::uint8_t port, PortAttributes *attributes)
{
    if (const int error = called("ibv_query_port", adapterOf(context)))
        return error;
    if (port != 1)
        return EINVAL;
    const auto &adapter = mock().adapters[adapterOf(context)];
    *attributes = {};
    attributes->state = adapter.state;
    attributes->maxMtu = 5;
    attributes->activeMtu = adapter.mtu;
    attributes->maxMessageBytes = mock().maxMessageBytes;
    attributes->lid = adapter.ethernet ? 0 : adapter.lid;
    attributes->linkLayer = adapter.ethernet ? linkEthernet : linkInfiniband;
    return 0;
}

Domain *ibv_alloc_pd(Context *context)
{
    return called("ibv_alloc_pd", adapterOf(context)) != 0 ? nullptr : opened(new DomainTag{context});
}

int ibv_dealloc_pd(Domain *domain)
{
    delete domain;
    --mock().objects;
    return 0;
}

Region *ibv_reg_mr(Domain *domain, void *address, std::size_t bytes, int access)
{
    if (called("ibv_reg_mr", adapterOf(domain->context)) != 0)
        return nullptr;
    if (bytes > mock().lockableBytes || (access & ~3) != 0) {
        errno = bytes > mock().lockableBytes ? ENOMEM : EINVAL;
        return nullptr;
    }
    static std::uint32_t key = 100;
    auto *const region = opened(new Region{domain->context, domain, address, bytes, 0, key, key + 1});
    key += 2;
    mock().registeredBytes = bytes;
    regions().insert(region);
    return region;
}

Region *ibv_reg_mr_iova2(Domain *domain, void *address, std::size_t bytes, std::uint64_t at, unsigned access)
{
    if (called("ibv_reg_mr_iova2", adapterOf(domain->context)) != 0)
        return nullptr;
    if (!mock().relaxedOrdering || at != reinterpret_cast<std::uint64_t>(address)) {
        errno = EOPNOTSUPP;
        return nullptr;
    }
    return ibv_reg_mr(domain, address, bytes, static_cast<int>(access & 3));
}

int ibv_dereg_mr(Region *region)
{
    regions().erase(region);
    delete region;
    --mock().objects;
    return 0;
}

CompletionQueue *ibv_create_cq(Context *context, int room, void *, Channel *, int)
{
    if (called("ibv_create_cq", adapterOf(context)) != 0)
        return nullptr;
    auto *const queue = new MockQueue{};
    queue->context = context;
    queue->room = room;
    return opened(queue);
}

int ibv_destroy_cq(CompletionQueue *queue)
{
    delete static_cast<MockQueue *>(queue);
    --mock().objects;
    return 0;
}

QueuePair *ibv_create_qp(Domain *domain, QueuePairWish *wish)
{
    if (called("ibv_create_qp", adapterOf(domain->context)) != 0)
        return nullptr;
    if (wish->type != reliableConnection || (wish->capacity.inlineBytes > 0 && !mock().takesInline) || !wish->sendQueue || !wish->receiveQueue) {
        errno = EINVAL;
        return nullptr;
    }
    static std::uint32_t number = 0x1000;
    auto *const pair = new MockPair{};
    pair->context = domain->context;
    pair->domain = domain;
    pair->sendQueue = wish->sendQueue;
    pair->number = number++;
    pair->capacity = wish->capacity;
    return opened(pair);
}

int ibv_destroy_qp(QueuePair *pair)
{
    delete static_cast<MockPair *>(pair);
    --mock().objects;
    return 0;
}

int ibv_modify_qp(QueuePair *pair, QueuePairState *wanted, int mask)
{
    auto &self = *static_cast<MockPair *>(pair);
    const std::size_t adapter = adapterOf(pair->context);
    if (const int error = called("ibv_modify_qp " + std::to_string(wanted->state), adapter))
        return error;
    if (wanted->state < stateInit || wanted->state > stateReadyToSend || wanted->state != self.state + 1 || mask != kSteps[wanted->state])
        return EINVAL;
    if (wanted->state == stateReadyToReceive) {
        const bool addressed = mock().adapters[adapter].ethernet
            ? wanted->address.isGlobal == 1
            : wanted->address.isGlobal == 1 || wanted->address.lid == mock().adapters[adapter].lid;
        if (!addressed || wanted->destination != pair->number || wanted->pathMtu < 1 || wanted->pathMtu > mock().adapters[adapter].mtu)
            return EINVAL;
        mock().connected = *wanted;
    }
    self.state = wanted->state;
    return 0;
}

const char *ibv_wc_status_str(int status)
{
    return status == completionRetryExceeded ? "transport retry counter exceeded"
        : status == completionFlushed        ? "Work Request Flushed Error"
                                             : "remote access error";
}

} // extern "C"
