// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/cuda/kernel_words.h"
#include "engine/device/real_machine.h"
#include "tests/mock_cuda/host_arithmetic.h"

#include <QTest>

#include <algorithm>

using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;

std::unique_ptr<DeviceMemory> take(Device &device, std::uint64_t bytes, MemoryPlace place = MemoryPlace::Device)
{
    auto memory = device.allocate(bytes, place);
    if (!memory)
        qWarning("%s", memory.problem().text.c_str());
    return memory ? std::move(*memory) : nullptr;
}

/// Gigabytes a second of the best of some runs; 0 if one failed.
template <class Run>
double best(double bytes, Run run)
{
    double most = 0;
    for (int i = 0; i < 5; ++i) {
        const auto seconds = run();
        if (!seconds) {
            qWarning("%s", seconds.problem().text.c_str());
            return 0;
        }
        most = std::max(most, bytes / *seconds / 1e9);
    }
    return most;
}

} // namespace

/// Every operation on every GPU of this computer, against the ceiling that the GPU itself names.
class TestRealGpus : public QObject
{
    Q_OBJECT

    std::unique_ptr<Machine> m_machine;
    std::vector<std::unique_ptr<Device>> m_devices;

private slots:
    void initTestCase()
    {
        m_machine = realMachine();
        for (int gpu = 0;; ++gpu) {
            auto device = m_machine->open(gpu);
            if (!device && m_devices.empty())
                QSKIP(("no GPU to test on: " + device.problem().text).c_str());
            if (!device)
                break;
            m_devices.push_back(std::move(*device));
        }
        qInfo("%zu GPUs, %s", m_devices.size(), m_machine->provenance().c_str());
    }

    void memory()
    {
        for (const auto &device : m_devices) {
            const double ceiling = device->facts().memoryCeiling();
            const std::uint64_t bytes = std::max<std::uint64_t>(4 * device->facts().cacheBytes, 1024 * kMebibyte);
            const auto to = take(*device, bytes), a = take(*device, bytes), b = take(*device, bytes);
            QVERIFY(to && a && b && ceiling > 0);
            QVERIFY(device->fill(*a, 1).ok() && device->fill(*b, 2).ok());
            const int arrays[] = {1, 1, 2, 2, 3, 3};
            for (int kernel = 0; kernel < 6; ++kernel) {
                const double rate = best(double(bytes) * arrays[kernel] * 8, [&] { return device->stream(StreamKernel(kernel), *to, *a, *b, bytes, 8); });
                qInfo("GPU %d, stream kernel %d: %.0f GB/s, %.1f %% of %.0f", device->facts().index, kernel, rate, 100 * rate / ceiling, ceiling);
                QVERIFY(rate > 0.75 * ceiling && rate < 1.02 * ceiling);
            }
        }
    }

    void patterns()
    {
        for (const auto &device : m_devices) {
            const auto memory = take(*device, 4096 * kMebibyte);
            QVERIFY(memory);
            for (const std::uint64_t seed : {std::uint64_t(42), ~std::uint64_t(42), std::uint64_t(0), ~std::uint64_t(0)}) {
                QVERIFY(device->fill(*memory, seed).ok());
                const auto report = device->verify(*memory, seed);
                QVERIFY(report);
                QCOMPARE(report->wrong, 0u);
            }
            QCOMPARE(device->verify(*memory, 42)->wrong, device->verify(*memory, 42)->words);
        }
    }

    void hostLink()
    {
        for (const auto &device : m_devices) {
            const std::uint64_t bytes = 512 * kMebibyte;
            const auto host = take(*device, bytes, MemoryPlace::PinnedHost), back = take(*device, bytes, MemoryPlace::PinnedHost);
            const auto there = take(*device, bytes), also = take(*device, bytes);
            QVERIFY(host && back && there && also);
            QVERIFY(device->fill(*host, 9).ok());
            const double up = best(double(bytes) * 4, [&] { return device->copy(*there, *host, bytes, 4); });
            const double down = best(double(bytes) * 4, [&] { return device->copy(*back, *there, bytes, 4); });
            const double both = best(double(bytes) * 8, [&] { return device->copyBoth(*also, *host, *back, *there, bytes, 4); });
            qInfo("GPU %d, host link: up %.1f, down %.1f, both at once %.1f GB/s", device->facts().index, up, down, both);
            QCOMPARE(device->verify(*back, 9)->wrong, 0u);
            QVERIFY(up > 5 && down > 5 && both > std::max(up, down));
        }
    }

    void peers()
    {
        if (m_devices.size() < 2)
            QSKIP("there is one GPU alone");
        const std::uint64_t bytes = 512 * kMebibyte;
        for (std::size_t i = 1; i < m_devices.size(); ++i) {
            Device &one = *m_devices[i - 1], &other = *m_devices[i];
            const auto from = take(one, bytes), to = take(other, bytes);
            QVERIFY(from && to && one.fill(*from, 4).ok());
            const double rate = best(double(bytes) * 8, [&] { return one.copyToPeer(other, *to, *from, bytes, 8); });
            qInfo("GPU %zu to %zu (%s): %.1f GB/s", i - 1, i, *one.reaches(other) ? "direct" : "through the host", rate);
            QCOMPARE(other.verify(*to, 4)->wrong, 0u);
        }
    }

    /// The same number on each multiprocessor, and the one that the host comes to.
    void arithmetic()
    {
        const std::uint64_t steps[] = {cuda::kFp32StepsPerRound, cuda::kFp64StepsPerRound, cuda::kIntegerStepsPerRound, cuda::kTensorStepsPerRound};
        for (int path = 0; path < 4; ++path) {
            const std::uint64_t right = blockDigest(ArithmeticPath(path), 77, steps[path]);
            for (const auto &device : m_devices) {
                const auto digests = device->arithmetic(ArithmeticPath(path), 77, 1);
                QVERIFY(digests);
                QCOMPARE(int(digests->size()), device->facts().multiprocessors);
                QVERIFY(std::all_of(digests->begin(), digests->end(), [right](std::uint64_t digest) { return digest == right; }));
            }
        }
    }

    void matrices()
    {
        const char *const names[] = {"fp64 vector", "fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "int8"};
        for (const auto &device : m_devices)
            for (int precision = 0; precision < 8; ++precision) {
                const Multiplication what{Precision(precision), 8192, 8192, 8192};
                auto seconds = device->multiply(what, 2);
                if (!seconds) {
                    qInfo("GPU %d, %s: %s", device->facts().index, names[precision], seconds.problem().text.c_str());
                    QVERIFY(seconds.problem().trouble == DeviceTrouble::NotSupported || seconds.problem().trouble == DeviceTrouble::NotPresent);
                    continue;
                }
                const double rate = best(2.0 * 8192 * 8192 * 8192 * 10 / 1e3, [&] { return device->multiply(what, 10); });
                qInfo("GPU %d, %s: %.1f TFLOP/s", device->facts().index, names[precision], rate);
                QVERIFY(rate > 0.1);
            }
    }

    void collective()
    {
        std::vector<int> gpus;
        for (const auto &device : m_devices)
            gpus.push_back(device->facts().index);
        const std::uint64_t bytes = 1024 * kMebibyte;
        const auto seconds = m_machine->allReduce(gpus, bytes, 10);
        if (!seconds && seconds.problem().trouble == DeviceTrouble::NotPresent)
            QSKIP(seconds.problem().text.c_str());
        QVERIFY2(seconds.ok(), seconds ? "" : seconds.problem().text.c_str());
        const double n = double(gpus.size());
        qInfo("all-reduce over %zu GPUs: %.1f GB/s of bus bandwidth", gpus.size(), double(bytes) / *seconds / 1e9 * 2 * (n - 1) / n);
    }

    void cleanupTestCase()
    {
        m_devices.clear();
        if (m_machine)
            qInfo("%s", m_machine->provenance().c_str());
    }
};

QTEST_GUILESS_MAIN(TestRealGpus)
#include "test_real_gpus.moc"
