// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/measure/burn_kernel.h"
#include "engine/measure/selftest.h"
#include "engine/measure/stream_kernels.h"

#include <QElapsedTimer>
#include <QTest>

#include <cmath>
#include <cstring>
#include <vector>

using namespace seatrial::engine;

namespace {

std::uint64_t splitmix(std::uint64_t state)
{
    state += 0x9e3779b97f4a7c15ull;
    state ^= state >> 30;
    state *= 0xbf58476d1ce4e5b9ull;
    state ^= state >> 27;
    state *= 0x94d049bb133111ebull;
    return state ^ (state >> 31);
}

std::uint64_t bitsOf(double value)
{
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

/// One number at a time through volatile memory: no vectors, no fusing, no reordering, nothing shared with the kernel.
double times(double a, double b)
{
    volatile double product = a;
    product = product * b;
    return product;
}

double logistic(double rate, double x)
{
    volatile double rest = 1.0;
    rest = rest - x;
    return times(times(rate, x), rest);
}

std::uint64_t burnOneLane(std::uint32_t seed, std::uint32_t lane)
{
    const auto start = splitmix(seed * burnLanes + lane);
    double x = std::ldexp(double((start >> 12) | 1), -52);
    double z = std::ldexp(double((splitmix(start) >> 12) | 1), -52);
    volatile double y = 1;
    auto hash = start;
    for (std::uint32_t round = 0; round < burnRounds; ++round) {
        x = logistic(3.9990234375, x);
        for (const double rate : {3.99609375, 3.998046875, 3.99951171875})
            z = logistic(rate, z);
        volatile double below = 0.5;
        below = below + z;
        y = y + x;
        y = std::sqrt(y);
        y = y / below;
        hash = ((hash << 13) | (hash >> 51)) ^ bitsOf(x);
        hash += bitsOf(y);
    }
    return hash;
}

std::uint64_t burnSlowly(std::uint32_t seed)
{
    auto product = splitmix(seed);
    for (std::uint64_t round = 0; round < burnRounds; ++round) {
        product = product * 6364136223846793005ull + 1442695040888963407ull + round;
        product ^= product >> 33;
    }
    auto result = product;
    for (std::uint32_t lane = 0; lane < burnLanes; ++lane)
        result = splitmix(result ^ burnOneLane(seed, lane));
    return result;
}

struct Arrays {
    static constexpr std::size_t count = 4096;
    alignas(64) double a[count];
    alignas(64) double b[count];
    alignas(64) double c[count];
};

} // namespace

class TestKernels : public QObject
{
    Q_OBJECT

private slots:
    void goldenResultsHold_data()
    {
        QTest::addColumn<quint32>("seed");
        for (std::uint32_t seed = 0; seed < burnSeeds; ++seed)
            QTest::addRow("seed %u", seed) << seed;
    }
    void goldenResultsHold()
    {
        QFETCH(quint32, seed);
        QCOMPARE(quint64(burnGolden[seed]), quint64(burnSlowly(seed)));
        for (const auto &kernel : supportedBurnKernels())
            QVERIFY2(kernel.run(seed) == burnGolden[seed], kernel.name.data());
    }

    void resultsDifferBySeed()
    {
        for (std::uint32_t seed = 1; seed < burnSeeds; ++seed)
            QVERIFY(burnGolden[seed] != burnGolden[seed - 1]);
    }

    void memoryLoops_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < supportedStreamKernels().size(); ++i)
            QTest::newRow(supportedStreamKernels()[i].name.data()) << int(i);
    }
    void memoryLoops()
    {
        QFETCH(int, index);
        const auto &kernel = supportedStreamKernels()[std::size_t(index)];
        static Arrays arrays;
        auto &[a, b, c] = arrays;
        double sum = 0;
        for (std::size_t i = 0; i < Arrays::count; ++i) {
            a[i] = double(i % 97);
            b[i] = double(i % 89);
            c[i] = -1;
            sum += a[i];
        }
        const auto all = [&](const double *array, auto expected) {
            for (std::size_t i = 0; i < Arrays::count; ++i) {
                if (array[i] != expected(i))
                    return false;
            }
            return true;
        };
        kernel.copy(c, a, Arrays::count);
        QVERIFY(all(c, [&](std::size_t i) { return a[i]; }));
        kernel.scale(c, a, 3, Arrays::count);
        QVERIFY(all(c, [&](std::size_t i) { return 3 * a[i]; }));
        kernel.add(c, a, b, Arrays::count);
        QVERIFY(all(c, [&](std::size_t i) { return a[i] + b[i]; }));
        kernel.triad(c, a, b, 3, Arrays::count);
        QVERIFY(all(c, [&](std::size_t i) { return a[i] + 3 * b[i]; }));
        QCOMPARE(kernel.read(a, Arrays::count), sum);
        // No more and no less than asked.
        c[StreamKernels::granularity] = -1;
        kernel.copy(c, a, StreamKernels::granularity);
        QCOMPARE(c[StreamKernels::granularity], -1.);
    }

    void thisProgramWorksHere()
    {
        QElapsedTimer timer;
        timer.start();
        const auto failures = selftest();
        QVERIFY2(failures.empty(), failures.empty() ? "" : failures.front().c_str());
        QVERIFY2(timer.elapsed() < 200, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_GUILESS_MAIN(TestKernels)
#include "test_kernels.moc"
