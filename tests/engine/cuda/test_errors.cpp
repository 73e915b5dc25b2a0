// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/cuda/cuda_api.h"
#include "tests/engine/cuda/mocked.h"

#include <QTest>

using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

bool saysAll(const DeviceProblem &problem, std::initializer_list<const char *> words)
{
    for (const char *word : words)
        if (problem.text.find(word) == std::string::npos) {
            qWarning("\"%s\" is not in: %s", word, problem.text.c_str());
            return false;
        }
    return true;
}

} // namespace

Q_DECLARE_METATYPE(DeviceTrouble)

/// What is said where a GPU cannot be had, or does not do what it should.
class TestErrors : public QObject
{
    Q_OBJECT

private slots:
    void noDriver()
    {
        MockedNode node;
        ::setenv("SEATRIAL_CUDA", "/nonexistent/libcuda.so.1", 1);
        const DeviceProblem problem = node.refusal();
        QCOMPARE(problem.trouble, DeviceTrouble::NotPresent);
        QVERIFY(saysAll(problem, {"there is no CUDA driver", "/nonexistent/libcuda.so.1"}));
        QVERIFY(node.machine().allReduce({0}, 1024, 1).problem().trouble == DeviceTrouble::NotPresent);
        QVERIFY(node.machine().provenance().find("CUDA") == std::string::npos);
    }

    void noDriverAtAll()
    {
        MockedNode node;
        ::setenv("SEATRIAL_CUDA", "libc.so.6", 1); // a library, but not that one
        QVERIFY(saysAll(node.refusal(), {"libc.so.6", "it lacks cuInit"}));
        QCOMPARE(node.refusal().trouble, DeviceTrouble::NotPresent);
    }

    void builtWithoutKernels()
    {
        MockedNode node;
        setKernels(false);
        QCOMPARE(node.refusal().trouble, DeviceTrouble::NotSupported);
        QVERIFY(saysAll(node.refusal(), {"this engine was built without CUDA kernels"}));
    }

    void cannotBeOpened_data()
    {
        QTest::addColumn<QString>("call");
        QTest::addColumn<int>("code");
        QTest::addColumn<DeviceTrouble>("trouble");
        QTest::addColumn<QString>("word");
        QTest::newRow("no GPU") << "cuInit" << 100 << DeviceTrouble::NotPresent << "CUDA_ERROR_NO_DEVICE (100)";
        QTest::newRow("library and module differ") << "cuInit" << 803 << DeviceTrouble::NotPresent << "different versions";
        QTest::newRow("a stub") << "cuInit" << 34 << DeviceTrouble::NotPresent << "stub";
        QTest::newRow("no fabric manager") << "cuInit" << 802 << DeviceTrouble::Broken << "nvidia-fabricmanager";
        QTest::newRow("no nvidia-uvm") << "cuInit" << 999 << DeviceTrouble::Broken << "nvidia-uvm";
        QTest::newRow("no answer to how many") << "cuDeviceGetCount" << 999 << DeviceTrouble::Broken << "cuDeviceGetCount";
        QTest::newRow("another has it alone") << "cuDevicePrimaryCtxRetain" << 46 << DeviceTrouble::NotPermitted << "compute mode";
        QTest::newRow("MPS server is away") << "cuDevicePrimaryCtxRetain" << 807 << DeviceTrouble::NotPermitted << "(807)";
        QTest::newRow("no memory for a context") << "cuDevicePrimaryCtxRetain" << 2 << DeviceTrouble::OutOfMemory << "CUDA_ERROR_OUT_OF_MEMORY (2)";
        QTest::newRow("no stream") << "cuStreamCreate" << 2 << DeviceTrouble::OutOfMemory << "cuStreamCreate";
        QTest::newRow("its memory is bad") << "cuMemAlloc_v2" << 214 << DeviceTrouble::Broken << "Xid (48";
        QTest::newRow("no image suits") << "cuModuleLoadData" << 209 << DeviceTrouble::NotSupported << "do not suit this GPU";
        QTest::newRow("a code nobody knows") << "cuModuleGetFunction" << 4321 << DeviceTrouble::Broken << "an error without a name (4321)";
    }

    void cannotBeOpened()
    {
        QFETCH(QString, call);
        QFETCH(int, code);
        QFETCH(DeviceTrouble, trouble);
        QFETCH(QString, word);
        MockedNode node;
        node.mock().failures[call.toStdString()] = {code};
        const DeviceProblem problem = node.refusal();
        QVERIFY(saysAll(problem, {word.toLatin1().constData(), call.toLatin1().constData()}));
        QCOMPARE(problem.trouble, trouble);
        node.mock().failures.clear();
        QCOMPARE(node.refusal().text, std::string()); // and when it is right again it opens
    }

    void mayNotBeUsed()
    {
        MockedNode node;
        node.mock().computeMode = cuda::kComputeModeProhibited;
        QCOMPARE(node.refusal().trouble, DeviceTrouble::NotPermitted);
        QVERIFY(saysAll(node.refusal(), {"GPU 0 (0000:1b:00.0)", "prohibited"}));
        node.mock().computeMode = 0;
        node.mock().partitioned = true;
        QCOMPARE(node.refusal().trouble, DeviceTrouble::NotSupported);
        QVERIFY(saysAll(node.refusal(), {"MIG", "only whole GPUs"}));
        node.mock().partitioned = false;
        node.mock().capability = 75;
        QCOMPARE(node.refusal().trouble, DeviceTrouble::NotSupported);
        QVERIFY(saysAll(node.refusal(), {"7.5", "8.0"}));
    }

    /// A driver older than the compiler, or a GPU younger than it, compiles for itself.
    void fallsBackToPtx()
    {
        MockedNode node;
        node.mock().refusesMachineCode = true;
        const auto device = node.open();
        QCOMPARE(node.mock().loadedImage, std::string("PTX"));
        QVERIFY(node.machine().provenance().find("kernels from PTX") != std::string::npos);
    }

    void kernelIsMissing()
    {
        MockedNode node;
        node.mock().missingKernels.insert("seatrial_verify");
        QVERIFY(saysAll(node.refusal(), {"cuModuleGetFunction"}));
    }

    /// Any call may fail, at any time: it is told, with its name, and the process lives.
    void anyCallMayFail_data()
    {
        QTest::addColumn<QString>("call");
        for (const char *call : {"cuMemAlloc_v2", "cuMemHostRegister_v2", "cuMemcpyAsync", "cuEventRecord", "cuEventSynchronize", "cuEventElapsedTime",
                                 "cuLaunchKernel", "cuMemsetD8Async", "cuStreamSynchronize", "cuMemcpyDtoH_v2", "cuStreamWaitEvent"})
            QTest::newRow(call) << call;
    }

    void anyCallMayFail()
    {
        QFETCH(QString, call);
        MockedNode node;
        const auto device = node.open();
        int told = 0;
        for (int after = 0; after < 12; ++after) {
            node.mock().failures[call.toStdString()] = {1, after, 1};
            std::string text;
            const auto look = [&text](const auto &outcome) {
                if (!outcome)
                    text = outcome.problem().text;
                return outcome.ok();
            };
            auto a = device->allocate(4096, MemoryPlace::Device);
            auto host = device->allocate(4096, MemoryPlace::PinnedHost);
            if (look(a) && look(host)) {
                look(device->copy(**a, **host, 4096, 1)) && look(device->copyBoth(**a, **host, **host, **a, 4096, 1))
                    && look(device->stream(StreamKernel::Copy, **host, **a, **a, 4096, 1)) && look(device->fill(**a, 1))
                    && look(device->verify(**a, 1));
            }
            if (text.empty())
                continue;
            ++told;
            QVERIFY(text.find("(1)") != std::string::npos);
        }
        QVERIFY(told > 0);
    }

    /// After an error that costs the context every answer names it; another GPU goes on.
    void staysDead()
    {
        MockedNode node;
        const auto device = node.open(0);
        const auto other = node.open(1);
        const auto memory = std::move(*device->allocate(4096, MemoryPlace::Device));
        const auto otherMemory = std::move(*other->allocate(4096, MemoryPlace::Device));
        node.mock().failures["seatrial_fill"] = {715, 0, 1};
        const auto first = device->fill(*memory, 1);
        QVERIFY(!first);
        QCOMPARE(first.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(saysAll(first.problem(), {"GPU 0 (0000:1b:00.0)", "seatrial_fill", "CUDA_ERROR_ILLEGAL_INSTRUCTION (715)"}));
        for (int i = 0; i < 2; ++i) {
            const auto later = device->verify(*memory, 1);
            QVERIFY(!later);
            QCOMPARE(later.problem().trouble, DeviceTrouble::Broken);
            QVERIFY(saysAll(later.problem(), {"nothing can be asked of it", "CUDA_ERROR_ILLEGAL_INSTRUCTION"}));
        }
        QCOMPARE(device->freeBytes(), 0u);
        QVERIFY(other->fill(*otherMemory, 1).ok());
    }

    void isLost_data()
    {
        QTest::addColumn<int>("code");
        QTest::newRow("unknown error") << 999;
        QTest::newRow("no device") << 100;
        QTest::newRow("device unavailable") << 46;
        QTest::newRow("context destroyed") << 709;
    }

    void isLost()
    {
        QFETCH(int, code);
        MockedNode node;
        const auto device = node.open();
        const auto memory = std::move(*device->allocate(4096, MemoryPlace::Device));
        node.mock().dead[0] = code;
        const auto seconds = device->copy(*memory, *memory, 4096, 1);
        QVERIFY(!seconds);
        QCOMPARE(seconds.problem().trouble, DeviceTrouble::Lost);
        QVERIFY(saysAll(seconds.problem(), {"GPU 0", std::to_string(code).c_str()}));
        QCOMPARE(device->arithmetic(ArithmeticPath::Fp32, 1, 1).problem().trouble, DeviceTrouble::Lost);
    }

    /// A failed launch says little; the PCI bus says whether the GPU is still there.
    void fellOffTheBus_data()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("after");
        QTest::addColumn<bool>("lost");
        const QByteArray answers("\xde\x10\x30\x23", 4);
        QTest::newRow("answers") << answers << answers << false;
        QTest::newRow("all ones") << answers << QByteArray(64, '\xff') << true;
        QTest::newRow("gone") << answers << QByteArray() << true;
        QTest::newRow("hidden all the time") << QByteArray() << QByteArray() << false;
    }

    void fellOffTheBus()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        QFETCH(bool, lost);
        MockedNode node;
        const char *const file = "sys/bus/pci/devices/0000:1b:00.0/config";
        node.tree().write(file, before.toStdString());
        const auto device = node.open();
        const auto memory = std::move(*device->allocate(4096, MemoryPlace::Device));
        node.tree().write(file, after.toStdString());
        node.mock().dead[0] = 719;
        const auto seconds = device->fill(*memory, 1);
        QCOMPARE(seconds.problem().trouble, lost ? DeviceTrouble::Lost : DeviceTrouble::Broken);
        QCOMPARE(seconds.problem().text.find("PCI bus") != std::string::npos, lost);
    }

    void timeStandsStill()
    {
        MockedNode node;
        const auto device = node.open();
        const auto memory = std::move(*device->allocate(4096, MemoryPlace::Device));
        // Nothing is measured where the events do not move: a share of nothing would be infinitely fast.
        node.mock().failures["cuEventElapsedTime"] = {600};
        QVERIFY(!device->copy(*memory, *memory, 4096, 1));
    }

    void hidesTheEnvironment()
    {
        ::setenv("CUDA_LAUNCH_BLOCKING", "1", 1);
        ::setenv("NVIDIA_TF32_OVERRIDE", "0", 1);
        MockedNode node;
        QVERIFY(::getenv("CUDA_LAUNCH_BLOCKING") == nullptr);
        QVERIFY(::getenv("NVIDIA_TF32_OVERRIDE") == nullptr);
        QCOMPARE(QByteArray(::getenv("CUDA_CACHE_DISABLE")), QByteArray("1"));
    }
};

QTEST_GUILESS_MAIN(TestErrors)
#include "test_errors.moc"
