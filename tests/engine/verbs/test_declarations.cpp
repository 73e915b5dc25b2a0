// SPDX-License-Identifier: GPL-3.0-or-later
/// The engine's own declarations of libibverbs against the header of rdma-core, where that is installed: the compiler does the
/// comparing. The library itself is asked for the functions, where it is there.
#include "engine/device/verbs/verbs_api.h"
#include "engine/device/verbs/verbs_library.h"
#include "tests/support/same_signature.h"

#include <QTest>

#include <cstddef>

#include <dlfcn.h>

#if __has_include(<infiniband/verbs.h>)
#include <infiniband/verbs.h>
#undef ibv_reg_mr
#undef ibv_query_port
#define HAVE_VERBS_HEADER
#endif

namespace own = seatrial::engine::verbs;

#ifdef HAVE_VERBS_HEADER
using seatrial::tests::Same;

#define SAME(member, function) static_assert(Same<decltype(own::Api::member), decltype(&::function)>::value, #function);
SAME(deviceList, ibv_get_device_list)
SAME(freeDeviceList, ibv_free_device_list)
SAME(deviceName, ibv_get_device_name)
SAME(openDevice, ibv_open_device)
SAME(closeDevice, ibv_close_device)
SAME(queryPort, ibv_query_port)
SAME(allocateDomain, ibv_alloc_pd)
SAME(freeDomain, ibv_dealloc_pd)
SAME(registerMemory, ibv_reg_mr)
SAME(registerMemoryAt, ibv_reg_mr_iova2)
SAME(releaseMemory, ibv_dereg_mr)
SAME(createCompletionQueue, ibv_create_cq)
SAME(destroyCompletionQueue, ibv_destroy_cq)
SAME(createQueuePair, ibv_create_qp)
SAME(destroyQueuePair, ibv_destroy_qp)
SAME(modifyQueuePair, ibv_modify_qp)
SAME(statusText, ibv_wc_status_str)
static_assert(Same<decltype(own::Context::poll), decltype(ibv_context_ops::poll_cq)>::value);
static_assert(Same<decltype(own::Context::postSend), decltype(ibv_context_ops::post_send)>::value);
#undef SAME

// Ours are filled in by the library, or by us for it: size and place of everything that is looked at.
#define SIZE(mine, theirs) static_assert(sizeof(own::mine) == sizeof(theirs), #theirs);
// The function of that name fills what the first releases had. Younger headers have more behind it, for their own inline call.
static_assert(sizeof(own::PortAttributes) <= sizeof(::ibv_port_attr), "::ibv_port_attr");
SIZE(Capacity, ::ibv_qp_cap)
SIZE(QueuePairWish, ::ibv_qp_init_attr)
SIZE(Address, ::ibv_ah_attr)
SIZE(QueuePairState, ::ibv_qp_attr)
SIZE(Piece, ::ibv_sge)
SIZE(SendWork, ::ibv_send_wr)
SIZE(Completion, ::ibv_wc)
SIZE(Region, ::ibv_mr)
#undef SIZE
#define PLACE(mine, member, theirs, name) \
    static_assert(offsetof(own::mine, member) == offsetof(theirs, name) && sizeof(own::mine::member) == sizeof(theirs::name), #theirs "." #name);
PLACE(PortAttributes, state, ::ibv_port_attr, state)
PLACE(PortAttributes, activeMtu, ::ibv_port_attr, active_mtu)
PLACE(PortAttributes, maxMessageBytes, ::ibv_port_attr, max_msg_sz)
PLACE(PortAttributes, lid, ::ibv_port_attr, lid)
PLACE(PortAttributes, linkLayer, ::ibv_port_attr, link_layer)
PLACE(PortAttributes, flags, ::ibv_port_attr, flags)
PLACE(Capacity, sends, ::ibv_qp_cap, max_send_wr)
PLACE(Capacity, receives, ::ibv_qp_cap, max_recv_wr)
PLACE(Capacity, sendPieces, ::ibv_qp_cap, max_send_sge)
PLACE(Capacity, receivePieces, ::ibv_qp_cap, max_recv_sge)
PLACE(Capacity, inlineBytes, ::ibv_qp_cap, max_inline_data)
PLACE(QueuePairWish, sendQueue, ::ibv_qp_init_attr, send_cq)
PLACE(QueuePairWish, receiveQueue, ::ibv_qp_init_attr, recv_cq)
PLACE(QueuePairWish, sharedReceiveQueue, ::ibv_qp_init_attr, srq)
PLACE(QueuePairWish, capacity, ::ibv_qp_init_attr, cap)
PLACE(QueuePairWish, type, ::ibv_qp_init_attr, qp_type)
PLACE(QueuePairWish, signalAll, ::ibv_qp_init_attr, sq_sig_all)
PLACE(Address, gid, ::ibv_ah_attr, grh.dgid)
PLACE(Address, flowLabel, ::ibv_ah_attr, grh.flow_label)
PLACE(Address, gidIndex, ::ibv_ah_attr, grh.sgid_index)
PLACE(Address, hopLimit, ::ibv_ah_attr, grh.hop_limit)
PLACE(Address, trafficClass, ::ibv_ah_attr, grh.traffic_class)
PLACE(Address, lid, ::ibv_ah_attr, dlid)
PLACE(Address, serviceLevel, ::ibv_ah_attr, sl)
PLACE(Address, pathBits, ::ibv_ah_attr, src_path_bits)
PLACE(Address, staticRate, ::ibv_ah_attr, static_rate)
PLACE(Address, isGlobal, ::ibv_ah_attr, is_global)
PLACE(Address, port, ::ibv_ah_attr, port_num)
PLACE(QueuePairState, state, ::ibv_qp_attr, qp_state)
PLACE(QueuePairState, pathMtu, ::ibv_qp_attr, path_mtu)
PLACE(QueuePairState, receivePsn, ::ibv_qp_attr, rq_psn)
PLACE(QueuePairState, sendPsn, ::ibv_qp_attr, sq_psn)
PLACE(QueuePairState, destination, ::ibv_qp_attr, dest_qp_num)
PLACE(QueuePairState, access, ::ibv_qp_attr, qp_access_flags)
PLACE(QueuePairState, capacity, ::ibv_qp_attr, cap)
PLACE(QueuePairState, address, ::ibv_qp_attr, ah_attr)
PLACE(QueuePairState, otherAddress, ::ibv_qp_attr, alt_ah_attr)
PLACE(QueuePairState, pkeyIndex, ::ibv_qp_attr, pkey_index)
PLACE(QueuePairState, mostReads, ::ibv_qp_attr, max_rd_atomic)
PLACE(QueuePairState, mostReadsHere, ::ibv_qp_attr, max_dest_rd_atomic)
PLACE(QueuePairState, receiverTimer, ::ibv_qp_attr, min_rnr_timer)
PLACE(QueuePairState, port, ::ibv_qp_attr, port_num)
PLACE(QueuePairState, timeout, ::ibv_qp_attr, timeout)
PLACE(QueuePairState, retries, ::ibv_qp_attr, retry_cnt)
PLACE(QueuePairState, receiverRetries, ::ibv_qp_attr, rnr_retry)
PLACE(Piece, address, ::ibv_sge, addr)
PLACE(Piece, bytes, ::ibv_sge, length)
PLACE(Piece, key, ::ibv_sge, lkey)
PLACE(SendWork, id, ::ibv_send_wr, wr_id)
PLACE(SendWork, next, ::ibv_send_wr, next)
PLACE(SendWork, pieces, ::ibv_send_wr, sg_list)
PLACE(SendWork, pieceCount, ::ibv_send_wr, num_sge)
PLACE(SendWork, operation, ::ibv_send_wr, opcode)
PLACE(SendWork, flags, ::ibv_send_wr, send_flags)
PLACE(SendWork, immediate, ::ibv_send_wr, imm_data)
PLACE(SendWork, remoteAddress, ::ibv_send_wr, wr.rdma.remote_addr)
PLACE(SendWork, remoteKey, ::ibv_send_wr, wr.rdma.rkey)
PLACE(Completion, id, ::ibv_wc, wr_id)
PLACE(Completion, status, ::ibv_wc, status)
PLACE(Completion, operation, ::ibv_wc, opcode)
PLACE(Completion, vendorError, ::ibv_wc, vendor_err)
PLACE(Completion, queuePair, ::ibv_wc, qp_num)
PLACE(CompletionQueue, context, ::ibv_cq, context)
PLACE(QueuePair, context, ::ibv_qp, context)
PLACE(QueuePair, number, ::ibv_qp, qp_num)
PLACE(Region, bytes, ::ibv_mr, length)
PLACE(Region, localKey, ::ibv_mr, lkey)
PLACE(Region, remoteKey, ::ibv_mr, rkey)
PLACE(Context, poll, ::ibv_context, ops.poll_cq)
PLACE(Context, postSend, ::ibv_context, ops.post_send)
#undef PLACE

#define EQUAL(mine, theirs) static_assert(static_cast<long long>(own::mine) == static_cast<long long>(theirs), #theirs);
EQUAL(portActive, IBV_PORT_ACTIVE)
EQUAL(portActiveDefer, IBV_PORT_ACTIVE_DEFER)
EQUAL(linkInfiniband, IBV_LINK_LAYER_INFINIBAND)
EQUAL(linkEthernet, IBV_LINK_LAYER_ETHERNET)
EQUAL(portNeedsGrh, IBV_QPF_GRH_REQUIRED)
EQUAL(reliableConnection, IBV_QPT_RC)
EQUAL(stateInit, IBV_QPS_INIT)
EQUAL(stateReadyToReceive, IBV_QPS_RTR)
EQUAL(stateReadyToSend, IBV_QPS_RTS)
EQUAL(accessLocalWrite, IBV_ACCESS_LOCAL_WRITE)
EQUAL(accessRemoteWrite, IBV_ACCESS_REMOTE_WRITE)
EQUAL(accessRelaxedOrdering, IBV_ACCESS_RELAXED_ORDERING)
EQUAL(workRdmaWrite, IBV_WR_RDMA_WRITE)
EQUAL(sendSignaled, IBV_SEND_SIGNALED)
EQUAL(sendInline, IBV_SEND_INLINE)
EQUAL(completionSuccess, IBV_WC_SUCCESS)
EQUAL(completionFlushed, IBV_WC_WR_FLUSH_ERR)
EQUAL(completionRetryExceeded, IBV_WC_RETRY_EXC_ERR)
EQUAL(maskState, IBV_QP_STATE)
EQUAL(maskAccess, IBV_QP_ACCESS_FLAGS)
EQUAL(maskPkeyIndex, IBV_QP_PKEY_INDEX)
EQUAL(maskPort, IBV_QP_PORT)
EQUAL(maskAddress, IBV_QP_AV)
EQUAL(maskPathMtu, IBV_QP_PATH_MTU)
EQUAL(maskTimeout, IBV_QP_TIMEOUT)
EQUAL(maskRetries, IBV_QP_RETRY_CNT)
EQUAL(maskReceiverRetries, IBV_QP_RNR_RETRY)
EQUAL(maskReceivePsn, IBV_QP_RQ_PSN)
EQUAL(maskMostReads, IBV_QP_MAX_QP_RD_ATOMIC)
EQUAL(maskReceiverTimer, IBV_QP_MIN_RNR_TIMER)
EQUAL(maskSendPsn, IBV_QP_SQ_PSN)
EQUAL(maskMostReadsHere, IBV_QP_MAX_DEST_RD_ATOMIC)
EQUAL(maskDestination, IBV_QP_DEST_QPN)
#undef EQUAL
#endif

class TestDeclarations : public QObject
{
    Q_OBJECT

private slots:
    void theHeader()
    {
#ifdef HAVE_VERBS_HEADER
        QVERIFY(sizeof(::ibv_send_wr) == sizeof(own::SendWork)); // the rest was compared when this was compiled
#else
        QSKIP("there is no infiniband/verbs.h here to compare with");
#endif
    }

    void theLibrary()
    {
        if (!::dlopen("libibverbs.so.1", RTLD_NOW | RTLD_LOCAL))
            QSKIP("there is no libibverbs here");
        qunsetenv("SEATRIAL_IBVERBS");
        const auto library = own::Library::open();
        QVERIFY2(library.ok(), library.ok() ? "" : library.problem().text.c_str());
        QVERIFY(library->api.statusText);
        QVERIFY(QByteArray(library->api.statusText(own::completionRetryExceeded)).contains("retry"));
        int count = -1;
        if (auto **const devices = library->api.deviceList(&count))
            library->api.freeDeviceList(devices);
        QVERIFY(count < 1000); // asked, and back: adapters there need not be
    }
};

QTEST_GUILESS_MAIN(TestDeclarations)
#include "test_declarations.moc"
