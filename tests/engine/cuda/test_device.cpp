// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/cuda/cuda_memory.h"
#include "engine/device/cuda/kernel_words.h"
#include "tests/engine/cuda/mocked.h"
#include "tests/mock_cuda/host_arithmetic.h"

#include <QTest>

#include <algorithm>

using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

constexpr std::uint64_t kBytes = 1 << 20;

std::unique_ptr<DeviceMemory> take(Device &device, MemoryPlace place = MemoryPlace::Device, std::uint64_t bytes = kBytes)
{
    auto memory = device.allocate(bytes, place);
    return memory ? std::move(*memory) : nullptr;
}

/// What lies there: the mock's memory is the host's.
std::uint64_t *content(const DeviceMemory &memory)
{
    return reinterpret_cast<std::uint64_t *>(static_cast<const cuda::CudaMemory &>(memory).address());
}

bool saysAll(const std::string &text, std::initializer_list<const char *> words)
{
    for (const char *word : words)
        if (text.find(word) == std::string::npos) {
            qWarning("\"%s\" is not in: %s", word, text.c_str());
            return false;
        }
    return true;
}

} // namespace

/// The work of a device, all of it, on the mock of the driver.
class TestDevice : public QObject
{
    Q_OBJECT

private slots:
    void tellsItsFacts()
    {
        MockedNode node;
        const auto device = node.open(1);
        const DeviceFacts &facts = device->facts();
        QCOMPARE(facts.index, 1);
        QCOMPARE(facts.name, std::string("Mock GPU"));
        QCOMPARE(facts.uuid, std::string("GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae01"));
        QCOMPARE(facts.pciAddress, std::string("0000:2b:00.0"));
        QCOMPARE(facts.numaNode, 0);
        QCOMPARE(facts.capabilityMajor * 10 + facts.capabilityMinor, 90);
        QCOMPARE(facts.multiprocessors, 4);
        QCOMPARE(facts.memoryBytes, node.mock().memoryBytes);
        QCOMPARE(facts.cacheBytes, std::uint64_t(1) << 20);
        QCOMPARE(facts.memoryCeiling(), 2619e6 * 640 * 2 / 1e9); // 3352 GB/s, an H100
        QCOMPARE(node.mock().loadedImage, std::string("machine code"));
        QVERIFY(saysAll(node.machine().provenance(), {"seatrial-engine ", "CUDA 13.0", "kernels from machine code"}));
        QVERIFY(!node.machine().simulated());
    }

    /// Numbers are those of PCI addresses, whatever order the driver has.
    void countsByAddress()
    {
        MockedNode node;
        node.mock().addresses = {"0000:1C:00.0", "0000:1B:00.0"};
        const auto device = node.open(0);
        QCOMPARE(device->facts().pciAddress, std::string("0000:1b:00.0"));
        QVERIFY(device->facts().uuid.ends_with("01")); // the driver's second
        QCOMPARE(node.refusal(2).trouble, DeviceTrouble::NotPresent);
    }

    void givesEverythingBack()
    {
        MockedNode node;
        {
            const auto device = node.open();
            const auto memory = take(*device);
            const auto host = take(*device, MemoryPlace::PinnedHost);
            QVERIFY(memory && host);
            QCOMPARE(memory->place(), MemoryPlace::Device);
            QCOMPARE(host->place(), MemoryPlace::PinnedHost);
            QCOMPARE(node.mock().openMemories, 3); // the scratch too
            QVERIFY(device->multiply({Precision::Fp32, 32, 32, 32}, 1).ok());
        }
        QCOMPARE(node.mock().openMemories, 0);
        QCOMPARE(node.mock().contexts, 0);
    }

    void saysHowMuchIsFree()
    {
        MockedNode node;
        const auto device = node.open();
        const std::uint64_t before = device->freeBytes();
        const auto memory = take(*device);
        QCOMPARE(device->freeBytes(), before - kBytes);
        const auto tooMuch = device->allocate(before, MemoryPlace::Device);
        QVERIFY(!tooMuch);
        QCOMPARE(tooMuch.problem().trouble, DeviceTrouble::OutOfMemory);
        QVERIFY(saysAll(tooMuch.problem().text, {"GPU 0 (0000:1b:00.0)", "cuMemAlloc_v2", std::to_string(before).c_str(), "CUDA_ERROR_OUT_OF_MEMORY (2)",
                                                 (std::to_string(before - kBytes) + " bytes are free").c_str()}));
        QVERIFY(!device->allocate(0, MemoryPlace::Device));
        QVERIFY(device->allocate(kBytes, MemoryPlace::Device).ok()); // nothing was lost by it
    }

    void copiesBothWays()
    {
        MockedNode node;
        const auto device = node.open();
        const auto up = take(*device, MemoryPlace::PinnedHost);
        const auto there = take(*device);
        const auto alsoThere = take(*device);
        const auto down = take(*device, MemoryPlace::PinnedHost);
        QVERIFY(device->fill(*up, 7).ok());
        const auto seconds = device->copy(*there, *up, kBytes, 3);
        QVERIFY(seconds && *seconds > 0);
        QCOMPARE(node.mock().calls["cuMemcpyAsync"], 3);
        QCOMPARE(device->verify(*there, 7)->wrong, 0u);
        QVERIFY(device->copyBoth(*alsoThere, *up, *down, *there, kBytes, 2).ok());
        QCOMPARE(device->verify(*alsoThere, 7)->wrong, 0u);
        QCOMPARE(device->verify(*down, 7)->wrong, 0u);
        QCOMPARE(node.mock().calls["cuStreamWaitEvent"], 2); // begun together, and both waited for
    }

    void refusesWhatCannotBe()
    {
        MockedNode node;
        const auto device = node.open();
        const auto small = take(*device, MemoryPlace::Device, 4096);
        const auto large = take(*device);
        const auto beyond = device->copy(*small, *large, kBytes, 1);
        QVERIFY(!beyond);
        QCOMPARE(beyond.problem().trouble, DeviceTrouble::NotSupported);
        QVERIFY(!device->copy(*large, *large, kBytes, 0));
        QVERIFY(!device->stream(StreamKernel::Triad, *large, *large, *small, kBytes, 1));
        QVERIFY(!device->arithmetic(ArithmeticPath::Fp32, 1, 0));
        QVERIFY(!device->multiply({Precision::Bf16, 100, 96, 96}, 1));
        QVERIFY(device->copy(*large, *large, kBytes, 1).ok());
    }

    void reachesItsPeer()
    {
        MockedNode node;
        const auto one = node.open(0);
        const auto other = node.open(1);
        const auto from = take(*one);
        const auto to = take(*other);
        QVERIFY(one->fill(*from, 3).ok());
        QVERIFY(*one->reaches(*other));
        QVERIFY(one->copyToPeer(*other, *to, *from, kBytes, 2).ok());
        QCOMPARE(other->verify(*to, 3)->wrong, 0u);
        QCOMPARE(node.mock().calls["cuMemcpyPeerAsync"], 2);
    }

    void copiesThroughTheHostWhereItDoesNotReach()
    {
        MockedNode node;
        node.mock().peers = false;
        const auto one = node.open(0);
        const auto other = node.open(1);
        const auto from = take(*one);
        const auto to = take(*other);
        QVERIFY(one->fill(*from, 3).ok());
        QVERIFY(!*one->reaches(*other));
        QVERIFY(one->copyToPeer(*other, *to, *from, kBytes, 1).ok());
        QCOMPARE(other->verify(*to, 3)->wrong, 0u);
        QCOMPARE(node.mock().calls["cuCtxEnablePeerAccess"], 0);
    }

    void streams_data()
    {
        QTest::addColumn<int>("kernel");
        QTest::addColumn<QString>("name");
        const char *const names[] = {"read", "write", "copy", "scale", "add", "triad"};
        for (int kernel = 0; kernel < 6; ++kernel)
            QTest::newRow(names[kernel]) << kernel << QString("seatrial_") + names[kernel];
    }

    void streams()
    {
        QFETCH(int, kernel);
        QFETCH(QString, name);
        MockedNode node;
        const auto device = node.open();
        const auto to = take(*device), a = take(*device), b = take(*device);
        QVERIFY(device->fill(*a, 11).ok() && device->fill(*b, 12).ok() && device->fill(*to, 13).ok());
        const auto seconds = device->stream(static_cast<StreamKernel>(kernel), *to, *a, *b, kBytes, 4);
        QVERIFY(seconds && *seconds > 0);
        QCOMPARE(node.mock().calls[name.toStdString()], 4);
        QCOMPARE(node.mock().blocksOf[name.toStdString()], 3u * 4u); // resident on each of 4 multiprocessors
        const std::uint64_t x = content(*a)[5], y = content(*b)[5], z = content(*to)[5];
        switch (kernel) {
        case 0: QCOMPARE(z, cuda::patternWord(13, 5)); break; // nothing is written
        case 1: QVERIFY(z != cuda::patternWord(13, 5)); break;
        case 2: QCOMPARE(z, x); break;
        case 3: QCOMPARE(z, 3 * x); break;
        case 4: QCOMPARE(z, x + y); break;
        case 5: QCOMPARE(z, x + 3 * y); break;
        }
        QCOMPARE(device->verify(*a, 11)->wrong, 0u);
    }

    void seesWhatAStreamDidWrong_data()
    {
        QTest::addColumn<int>("kernel");
        QTest::addColumn<QString>("name");
        const char *const names[] = {"write", "copy", "scale", "add", "triad"};
        for (int kernel = 0; kernel < 5; ++kernel)
            QTest::newRow(names[kernel]) << kernel + 1 << QString("seatrial_") + names[kernel];
    }

    /// Piece by piece: one of sixteen has the wrong word, and so has the whole.
    void seesWhatAStreamDidWrong()
    {
        QFETCH(int, kernel);
        QFETCH(QString, name);
        MockedNode node;
        const auto device = node.open();
        const auto to = take(*device), a = take(*device), b = take(*device);
        QVERIFY(device->fill(*a, 1).ok() && device->fill(*b, 2).ok());
        const auto which = static_cast<StreamKernel>(kernel);
        const auto wrong = [&](int part, int parts) { return device->wrongWords(which, *to, *a, *b, kBytes, part, parts); };
        QVERIFY(device->stream(which, *to, *a, *b, kBytes, 1).ok());
        QCOMPARE(*wrong(0, 1), std::uint64_t(0));
        node.mock().wrongKernel = name.toStdString();
        QVERIFY(device->stream(which, *to, *a, *b, kBytes, 1).ok());
        std::uint64_t found = 0;
        for (int part = 0; part < 16; ++part)
            found += *wrong(part, 16);
        QCOMPARE(found, std::uint64_t(1));
        QCOMPARE(*wrong(0, 1), std::uint64_t(1));
        QCOMPARE(*device->wrongWords(StreamKernel::Read, *to, *a, *b, kBytes, 0, 1), std::uint64_t(0));
        QCOMPARE(*wrong(16, 16), std::uint64_t(0)); // there is no such part
        QVERIFY(!device->wrongWords(which, *to, *a, *b, kBytes + 16, 0, 1).ok());
    }

    void verifiesPatterns_data()
    {
        QTest::addColumn<quint64>("seed");
        QTest::newRow("random words") << quint64(0x1234567);
        QTest::newRow("their complement") << ~quint64(0x1234567);
        QTest::newRow("addresses") << quint64(0);
        QTest::newRow("complement of addresses") << ~quint64(0);
    }

    void verifiesPatterns()
    {
        QFETCH(quint64, seed);
        MockedNode node;
        const auto device = node.open();
        const auto memory = take(*device);
        QVERIFY(device->fill(*memory, seed).ok());
        const auto report = device->verify(*memory, seed);
        QVERIFY(report);
        QCOMPARE(report->words, kBytes / 8);
        QCOMPARE(report->wrong, 0u);
        QCOMPARE(device->verify(*memory, ~seed)->wrong, kBytes / 8);
        QCOMPARE(cuda::patternWord(seed, 9), ~cuda::patternWord(~seed, 9));
        QCOMPARE(cuda::patternWord(0, 9), std::uint64_t(72));
    }

    void listsMiscompares_data()
    {
        QTest::addColumn<bool>("heals");
        QTest::newRow("wrong in memory") << false;
        QTest::newRow("wrong once") << true;
    }

    void listsMiscompares()
    {
        QFETCH(bool, heals);
        MockedNode node;
        const auto device = node.open();
        const auto memory = take(*device);
        node.mock().flipWord = 8 * 4711;
        node.mock().flipHeals = heals;
        QVERIFY(device->fill(*memory, 5).ok());
        const auto report = device->verify(*memory, 5);
        QCOMPARE(report->wrong, 1u);
        QCOMPARE(report->first.size(), std::size_t(1));
        const DeviceMiscompare &miscompare = report->first.front();
        QCOMPARE(miscompare.offset, std::uint64_t(8 * 4711));
        QCOMPARE(miscompare.expected, cuda::patternWord(5, 4711));
        QCOMPARE(miscompare.found, miscompare.expected ^ (std::uint64_t(1) << 33));
        QCOMPARE(miscompare.foundAgain, heals ? miscompare.expected : miscompare.found);
    }

    void listsNoMoreThanSixteen()
    {
        MockedNode node;
        const auto device = node.open();
        const auto memory = take(*device);
        QVERIFY(device->fill(*memory, 5).ok());
        const auto report = device->verify(*memory, 6);
        QCOMPARE(report->wrong, kBytes / 8);
        QCOMPARE(report->first.size(), std::size_t(16));
        QVERIFY(std::is_sorted(report->first.begin(), report->first.end(), [](const auto &a, const auto &b) { return a.offset < b.offset; }));
    }

    void arithmetic_data()
    {
        QTest::addColumn<int>("path");
        QTest::addColumn<quint64>("steps");
        QTest::newRow("fp32") << 0 << quint64(cuda::kFp32StepsPerRound);
        QTest::newRow("fp64") << 1 << quint64(cuda::kFp64StepsPerRound);
        QTest::newRow("integer") << 2 << quint64(cuda::kIntegerStepsPerRound);
        QTest::newRow("tensor") << 3 << quint64(cuda::kTensorStepsPerRound);
    }

    void arithmetic()
    {
        QFETCH(int, path);
        QFETCH(quint64, steps);
        MockedNode node;
        const auto device = node.open();
        node.mock().wrongMultiprocessor = 2;
        const auto digests = device->arithmetic(static_cast<ArithmeticPath>(path), 99, 1);
        QVERIFY(digests);
        const std::uint64_t right = blockDigest(static_cast<ArithmeticPath>(path), 99, steps);
        QCOMPARE(*digests, (std::vector<std::uint64_t>{right, right, right + 1, right}));
    }

    /// A step more, another seed or one wrong bit on the way: another digest.
    void digestsTellErrors()
    {
        for (ArithmeticPath path : {ArithmeticPath::Fp32, ArithmeticPath::Fp64, ArithmeticPath::Integer, ArithmeticPath::Tensor}) {
            const std::uint64_t right = blockDigest(path, 1, 20);
            QVERIFY(blockDigest(path, 1, 21) != right);
            QVERIFY(blockDigest(path, 2, 20) != right);
            QCOMPARE(blockDigest(path, 1, 20), right);
        }
    }

    void asksMultiprocessorsAgain()
    {
        MockedNode node;
        const auto device = node.open();
        node.mock().leftOutOnce = 1;
        const auto digests = device->arithmetic(ArithmeticPath::Integer, 1, 1);
        QVERIFY(digests);
        QCOMPARE(digests->size(), std::size_t(4));
        QCOMPARE(node.mock().calls["seatrial_arithmetic_integer"], 2);
    }

    void multiplies_data()
    {
        QTest::addColumn<int>("precision");
        for (int precision = int(Precision::Fp64); precision <= int(Precision::Int8); ++precision)
            QTest::addRow("%d", precision) << precision;
    }

    void multiplies()
    {
        QFETCH(int, precision);
        MockedNode node;
        const auto device = node.open();
        const Multiplication what{static_cast<Precision>(precision), 48, 32, 64};
        const auto seconds = device->multiply(what, 5);
        QVERIFY2(seconds.ok(), seconds ? "" : seconds.problem().text.c_str());
        QVERIFY(*seconds > 0);
        QCOMPARE(node.mock().calls["algorithm 0"], 1); // offered, and does not work
        QCOMPARE(node.mock().calls["algorithm 1"], 2); // tried, and slow
        QCOMPARE(node.mock().calls["algorithm 2"], 2 + 5);
        QVERIFY(device->multiply(what, 5).ok());
        QCOMPARE(node.mock().calls["algorithm 1"], 2); // it is chosen once
        QVERIFY(saysAll(node.machine().provenance(), {"cuBLASLt 13.0.2"}));
    }

    void seesAProductThatChanges()
    {
        MockedNode node;
        const auto device = node.open();
        const Multiplication what{Precision::Fp32, 32, 32, 32};
        QVERIFY(device->multiply(what, 2).ok());
        QVERIFY(device->multiply(what, 2).ok());
        node.mock().wrongProduct = true;
        const auto wrong = device->multiply(what, 1);
        QVERIFY(!wrong);
        QCOMPARE(wrong.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(saysAll(wrong.problem().text, {"GPU 0", "fp32", "computes wrong"}));
    }

    void multipliesNotEverything()
    {
        MockedNode node;
        node.mock().capability = 80;
        const auto device = node.open();
        QVERIFY(saysAll(device->multiply({Precision::Fp8, 32, 32, 32}, 1).problem().text, {"no fp8"}));
        QCOMPARE(device->multiply({Precision::Fp64Vector, 32, 32, 32}, 1).problem().trouble, DeviceTrouble::NotSupported);
        node.mock().candidates = 0;
        QCOMPARE(device->multiply({Precision::Bf16, 32, 32, 32}, 1).problem().trouble, DeviceTrouble::NotSupported);
        node.mock().candidates = 3;
        QVERIFY(device->multiply({Precision::Bf16, 32, 32, 32}, 1).ok());
    }

    void needsCublas()
    {
        MockedNode node;
        ::setenv("SEATRIAL_CUBLASLT", "/nonexistent/libcublasLt.so", 1);
        const auto device = node.open();
        const auto missing = device->multiply({Precision::Bf16, 32, 32, 32}, 1);
        QCOMPARE(missing.problem().trouble, DeviceTrouble::NotPresent);
        QVERIFY(saysAll(missing.problem().text, {"cuBLASLt", "/nonexistent/libcublasLt.so"}));
        ::setenv("SEATRIAL_CUBLASLT", MOCK_CUDA, 1);
        node.mock().blasCreates = 1;
        QVERIFY(saysAll(device->multiply({Precision::Bf16, 32, 32, 32}, 1).problem().text, {"cublasLtCreate", "(1)"}));
    }
};

QTEST_GUILESS_MAIN(TestDevice)
#include "test_device.moc"
