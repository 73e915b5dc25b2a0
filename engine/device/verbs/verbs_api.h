// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// What of libibverbs is used here: own declarations of its binary interface, which has not changed since its symbol version 1.1
/// (2006), so that neither its header nor the library is needed to build. tests/engine/verbs compares them with the header.
namespace seatrial::engine::verbs {

using Device = struct DeviceTag;          ///< ibv_device
using Domain = struct DomainTag;          ///< ibv_pd
using Channel = struct ChannelTag;        ///< ibv_comp_channel
struct CompletionQueue;
struct QueuePair;

enum : int { portActive = 4, portActiveDefer = 5 };                                    // ibv_port_state
enum : std::uint8_t { linkInfiniband = 1, linkEthernet = 2 };                          // IBV_LINK_LAYER_*
enum : std::uint8_t { portNeedsGrh = 1 };                                              // IBV_QPF_GRH_REQUIRED
enum : int { reliableConnection = 2 };                                                 // ibv_qp_type
enum : int { stateInit = 1, stateReadyToReceive = 2, stateReadyToSend = 3 };           // ibv_qp_state
enum : unsigned { accessLocalWrite = 1, accessRemoteWrite = 2, accessRelaxedOrdering = 1 << 20 };
enum : int { workRdmaWrite = 0 };                                                      // ibv_wr_opcode
enum : unsigned { sendSignaled = 1 << 1, sendInline = 1 << 3 };                        // ibv_send_flags
enum : int { completionSuccess = 0, completionFlushed = 5, completionRetryExceeded = 12 }; // ibv_wc_status

/// Bits of ibv_qp_attr_mask.
enum : int {
    maskState = 1 << 0,
    maskAccess = 1 << 3,
    maskPkeyIndex = 1 << 4,
    maskPort = 1 << 5,
    maskAddress = 1 << 7,
    maskPathMtu = 1 << 8,
    maskTimeout = 1 << 9,
    maskRetries = 1 << 10,
    maskReceiverRetries = 1 << 11,
    maskReceivePsn = 1 << 12,
    maskMostReads = 1 << 13,
    maskReceiverTimer = 1 << 15,
    maskSendPsn = 1 << 16,
    maskMostReadsHere = 1 << 17,
    maskDestination = 1 << 20,
};

struct PortAttributes { ///< ibv_port_attr
    int state, maxMtu, activeMtu, gidTableLength;
    std::uint32_t capabilities, maxMessageBytes, badPkeys, qkeyViolations;
    std::uint16_t pkeyTableLength, lid, subnetManagerLid;
    std::uint8_t lidMask, maxLanes, subnetManagerLevel, subnetTimeout, initReply, activeWidth, activeSpeed, physicalState, linkLayer, flags;
    std::uint16_t capabilities2;
};

struct Capacity { ///< ibv_qp_cap
    std::uint32_t sends, receives, sendPieces, receivePieces, inlineBytes;
};

struct QueuePairWish { ///< ibv_qp_init_attr
    void *owner;
    CompletionQueue *sendQueue, *receiveQueue;
    void *sharedReceiveQueue;
    Capacity capacity;
    int type;
    int signalAll;
};

struct Address { ///< ibv_ah_attr
    std::uint8_t gid[16] __attribute__((aligned(8)));
    std::uint32_t flowLabel;
    std::uint8_t gidIndex, hopLimit, trafficClass;
    std::uint16_t lid;
    std::uint8_t serviceLevel, pathBits, staticRate, isGlobal, port;
};

struct QueuePairState { ///< ibv_qp_attr
    int state, currentState, pathMtu, migration;
    std::uint32_t qkey, receivePsn, sendPsn, destination;
    unsigned access;
    Capacity capacity;
    Address address, otherAddress;
    std::uint16_t pkeyIndex, otherPkeyIndex;
    std::uint8_t drainNotify, draining, mostReads, mostReadsHere, receiverTimer, port, timeout, retries, receiverRetries, otherPort, otherTimeout;
    std::uint32_t rateLimit;
};

struct Piece { ///< ibv_sge
    std::uint64_t address;
    std::uint32_t bytes, key;
};

struct SendWork { ///< ibv_send_wr
    std::uint64_t id;
    SendWork *next;
    Piece *pieces;
    int pieceCount, operation;
    unsigned flags;
    std::uint32_t immediate;
    std::uint64_t remoteAddress;
    std::uint32_t remoteKey;
    std::uint32_t others[19]; ///< what other operations have there
};

struct Completion { ///< ibv_wc
    std::uint64_t id;
    int status, operation;
    std::uint32_t vendorError, bytes, immediate, queuePair, sourceQueuePair;
    unsigned flags;
    std::uint16_t pkeyIndex, sourceLid;
    std::uint8_t serviceLevel, pathBits;
};

/// ibv_context, as far as the header's inline functions look into it: the driver's own functions for what has to be fast.
struct Context {
    Device *device;
    void *before[11];
    int (*poll)(CompletionQueue *, int, Completion *);
    void *between[13];
    int (*postSend)(QueuePair *, SendWork *, SendWork **);
    // more follows
};

struct CompletionQueue { ///< ibv_cq
    Context *context;
    // more follows
};

struct QueuePair { ///< ibv_qp
    Context *context;
    void *owner;
    Domain *domain;
    CompletionQueue *sendQueue, *receiveQueue;
    void *sharedReceiveQueue;
    std::uint32_t handle, number;
    // more follows
};

struct Region { ///< ibv_mr
    Context *context;
    Domain *domain;
    void *address;
    std::size_t bytes;
    std::uint32_t handle, localKey, remoteKey;
};

/// Without these nothing can be done.
#define SEATRIAL_VERBS_FUNCTIONS(need)                                                                                                      \
    need(deviceList, Device **, "ibv_get_device_list", (int *))                                                                           \
    need(freeDeviceList, void, "ibv_free_device_list", (Device **))                                                                       \
    need(deviceName, const char *, "ibv_get_device_name", (Device *))                                                                     \
    need(openDevice, Context *, "ibv_open_device", (Device *))                                                                            \
    need(closeDevice, int, "ibv_close_device", (Context *))                                                                               \
    need(queryPort, int, "ibv_query_port", (Context *, std::uint8_t, PortAttributes *))                                                   \
    need(allocateDomain, Domain *, "ibv_alloc_pd", (Context *))                                                                           \
    need(freeDomain, int, "ibv_dealloc_pd", (Domain *))                                                                                   \
    need(registerMemory, Region *, "ibv_reg_mr", (Domain *, void *, std::size_t, int))                                                    \
    need(releaseMemory, int, "ibv_dereg_mr", (Region *))                                                                                  \
    need(createCompletionQueue, CompletionQueue *, "ibv_create_cq", (Context *, int, void *, Channel *, int))                             \
    need(destroyCompletionQueue, int, "ibv_destroy_cq", (CompletionQueue *))                                                              \
    need(createQueuePair, QueuePair *, "ibv_create_qp", (Domain *, QueuePairWish *))                                                      \
    need(destroyQueuePair, int, "ibv_destroy_qp", (QueuePair *))                                                                          \
    need(modifyQueuePair, int, "ibv_modify_qp", (QueuePair *, QueuePairState *, int))

struct Api {
#define SEATRIAL_MEMBER(name, result, symbol, parameters) result(*name) parameters = nullptr;
    SEATRIAL_VERBS_FUNCTIONS(SEATRIAL_MEMBER)
#undef SEATRIAL_MEMBER
    /// ibv_reg_mr_iova2, which knows of optional access; nullptr before release 28.
    Region *(*registerMemoryAt)(Domain *, void *, std::size_t, std::uint64_t, unsigned) = nullptr;
    const char *(*statusText)(int) = nullptr; ///< ibv_wc_status_str
};

} // namespace seatrial::engine::verbs
