// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/measure/slow_burns.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;

class TestBurnPaths : public QObject
{
    Q_OBJECT

private slots:
    void theSlowAesIsTheStandard()
    {
        // FIPS 197, appendix B and C.1.
        using Block = tests::SlowAes::Block;
        const Block key{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
        const Block plain{0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
        const Block secret{0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb, 0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32};
        QVERIFY(tests::SlowAes(key).encrypt(plain) == secret);
        Block counting{}, doubles{};
        for (std::size_t i = 0; i < 16; ++i) {
            counting[i] = std::uint8_t(i);
            doubles[i] = std::uint8_t(i * 0x11);
        }
        const Block other{0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};
        QVERIFY(tests::SlowAes(counting).encrypt(doubles) == other);
    }

    void goldenResultsHold_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<quint32>("seed");
        for (const auto *path : {"fma", "integer", "aes"}) {
            for (std::uint32_t seed = 0; seed < 2; ++seed) // the slow way takes its time
                QTest::addRow("%s, seed %u", path, seed) << path << seed;
        }
    }
    void goldenResultsHold()
    {
        QFETCH(QString, path);
        QFETCH(quint32, seed);
        const auto slow = path == "fma" ? tests::fmaSlowly(seed) : path == "aes" ? tests::aesSlowly(seed) : tests::integersSlowly(seed);
        QCOMPARE(quint64((*findBurnPath(path.toStdString())->golden)[seed]), quint64(slow));
    }

    void everyInstructionSetAgrees()
    {
        for (std::uint32_t seed = 0; seed < burnSeeds; ++seed) {
            for (const auto &kernel : supportedFmaKernels())
                QVERIFY2(kernel.run(seed) == fmaGolden[seed], kernel.name.data());
            for (const auto &kernel : supportedIntegerKernels())
                QVERIFY2(kernel.run(seed) == integerGolden[seed], kernel.name.data());
            for (const auto &kernel : supportedAesKernels())
                QVERIFY2(kernel.run(seed) == aesGolden[seed], kernel.name.data());
        }
    }

    void aWrongBitIsNotForgotten_data()
    {
        QTest::addColumn<int>("bit");
        for (const int bit : {4, 13, 30, 51})
            QTest::addRow("bit %d", bit) << bit;
    }
    void aWrongBitIsNotForgotten()
    {
        // The map of the FMA path: one wrong bit early on, and the end is another.
        QFETCH(int, bit);
        for (int start = 1; start < 50; ++start) {
            double right = start / 50.0;
            std::uint64_t bits = 0;
            std::memcpy(&bits, &right, sizeof bits);
            bits ^= std::uint64_t(1) << bit;
            double wrong = 0;
            std::memcpy(&wrong, &bits, sizeof wrong);
            if (start < 25 && bit < 13)
                continue; // of small numbers the last bits are rounded away when they are squared: nothing can tell
            for (std::uint32_t round = 0; round < 300; ++round) {
                right = std::fma(right, right, -1.99);
                wrong = std::fma(wrong, wrong, -1.99);
            }
            QVERIFY(std::abs(right) < 2 && std::abs(wrong) < 2);
            QVERIFY2(right != wrong, qPrintable(QString::number(start)));
        }
    }

    void pathsAreWhole()
    {
        QCOMPARE(burnPaths().size(), std::size_t(4));
        QCOMPARE(burnPaths().front().name, std::string_view("mixed"));
        QVERIFY(!findBurnPath("float"));
        for (const auto &path : burnPaths())
            QVERIFY(path.golden && path.workPerIteration > 0);
    }
};

QTEST_GUILESS_MAIN(TestBurnPaths)
#include "test_burn_paths.moc"
