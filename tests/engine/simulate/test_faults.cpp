// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/simulate/simulated_node.h"

#include <QTemporaryDir>

#include <algorithm>
#include <bit>
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace seatrial::engine;
using seatrial::tests::figuresOf;
using seatrial::tests::machineOf;
using seatrial::tests::machineWith;
using seatrial::tests::profileOf;
using seatrial::tests::rate;
using seatrial::tests::readingOf;

namespace {

constexpr int sick = 3;

std::string fault(const std::string &what)
{
    return "noise_percent: 0\nspread_percent: 0\nfaults:\n  - { " + what + " }\n";
}

bool near(double found, double expected, double share = 0.005)
{
    const bool is = std::abs(found - expected) <= share * expected;
    if (!is)
        qWarning("found %g, expected %g", found, expected);
    return is;
}

/// Matrices until @p seconds of simulated time are over.
void heat(Machine &machine, Device &device, double seconds)
{
    for (const double end = machine.now() + seconds; machine.now() < end;) {
        if (!device.multiply({}, 100))
            return;
    }
}

} // namespace

/// Each fault shows where it does on a real node, as large as it was planted, and nowhere else.
class TestSimulateFaults : public QObject
{
    Q_OBJECT

private slots:
    void speeds_data();
    void speeds();
    void halfWidthShowsInTheLink();
    void deadLinkShowsInStateRelationAndCollective();
    void throttlingBeginsWhenItIsWarm_data();
    void throttlingBeginsWhenItIsWarm();
    void slowRail();
    void eccStormCountsAndReports();
    void lostGpu();
    void wrongArithmeticNamesOneMultiprocessor();
    void wrongMemory();
    void hungRankIsTheOneBehind();
};

void TestSimulateFaults::speeds_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<QList<double>>("shares"); // read, triad, host link, peer, GEMM of GPU 3
    QTest::addColumn<bool>("everywhere");
    QTest::newRow("none") << "" << QList<double>{1, 1, 1, 1, 1} << false;
    QTest::newRow("slow-hbm") << "kind: slow-hbm, part: gpu/3, value: 12" << QList<double>{0.88, 0.88, 1, 1, 1} << false;
    QTest::newRow("half-width-pcie") << "kind: half-width-pcie, part: gpu/3" << QList<double>{1, 1, 0.5, 1, 1} << false;
    QTest::newRow("dead-nvlink") << "kind: dead-nvlink, part: gpu/3/link/7, value: 3" << QList<double>{1, 1, 1, 15 / 18.0, 1} << false;
    QTest::newRow("slow-node") << "kind: slow-node, value: 8" << QList<double>{0.92, 0.92, 0.92, 0.92, 0.92} << true;
}

void TestSimulateFaults::speeds()
{
    QFETCH(QString, what);
    QFETCH(QList<double>, shares);
    QFETCH(bool, everywhere);
    const auto sound = machineWith("noise_percent: 0\nspread_percent: 0\n");
    const auto faulty = machineWith(what.isEmpty() ? std::string("noise_percent: 0\nspread_percent: 0\n") : fault(what.toStdString()));
    for (const int gpu : {sick, sick + 1}) {
        const auto expected = figuresOf(*sound, gpu), found = figuresOf(*faulty, gpu);
        const bool here = everywhere || gpu == sick;
        QVERIFY(near(found.read, expected.read * (here ? shares[0] : 1)));
        QVERIFY(near(found.triad, expected.triad * (here ? shares[1] : 1)));
        QVERIFY(near(found.hostToDevice, expected.hostToDevice * (here ? shares[2] : 1)));
        QVERIFY(near(found.peer, expected.peer * (here ? shares[3] : 1)));
        QVERIFY(near(found.gemm, expected.gemm * (here ? shares[4] : 1)));
    }
}

void TestSimulateFaults::halfWidthShowsInTheLink()
{
    const auto machine = machineWith(fault("kind: half-width-pcie, part: gpu/3, value: 4"));
    QCOMPARE(readingOf(*machine, "gpu/3", "pcie_width"), 4.0);
    QCOMPARE(readingOf(*machine, "gpu/3", "pcie_width_max"), 16.0);
    QCOMPARE(readingOf(*machine, "gpu/3", "pcie_generation"), 5.0);
    QCOMPARE(readingOf(*machine, "gpu/2", "pcie_width"), 16.0);
}

void TestSimulateFaults::deadLinkShowsInStateRelationAndCollective()
{
    const auto sound = machineWith("noise_percent: 0\nspread_percent: 0\n");
    const auto machine = machineWith(fault("kind: dead-nvlink, part: gpu/3/link/7"));
    QCOMPARE(readingOf(*machine, "gpu/3/link/7", "nvlink_state"), 0.0);
    QCOMPARE(readingOf(*machine, "gpu/3/link/6", "nvlink_state"), 1.0);
    QCOMPARE(readingOf(*machine, "gpu/2/link/7", "nvlink_state"), 1.0);
    QCOMPARE(readingOf(*machine, "gpu/3", "nvlink_active"), 17.0);
    QCOMPARE(machine->management().relation(3, 5)->word, std::string("NV17"));
    QCOMPARE(machine->management().relation(5, 3)->links, 17);
    QCOMPARE(machine->management().relation(5, 4)->word, std::string("NV18"));
    const std::vector<int> all{0, 1, 2, 3, 4, 5, 6, 7};
    const auto whole = sound->allReduce(all, std::uint64_t(1) << 33, 5), short1 = machine->allReduce(all, std::uint64_t(1) << 33, 5);
    QVERIFY(near(*short1 / *whole, 18 / 17.0));
    const std::vector<int> others{4, 5, 6, 7};
    QVERIFY(near(*machine->allReduce(others, std::uint64_t(1) << 33, 5), *sound->allReduce(others, std::uint64_t(1) << 33, 5)));
}

void TestSimulateFaults::throttlingBeginsWhenItIsWarm_data()
{
    QTest::addColumn<QString>("cause");
    QTest::addColumn<quint64>("reasons");
    QTest::addColumn<QString>("counter");
    QTest::newRow("thermal") << "thermal" << quint64(0x4 | 0x8 | 0x20 | 0x40) << "clock_limited_by_hardware_thermal";
    QTest::newRow("power") << "power" << quint64(0x4 | 0x8 | 0x80) << "clock_limited_by_power_brake";
}

void TestSimulateFaults::throttlingBeginsWhenItIsWarm()
{
    QFETCH(QString, cause);
    QFETCH(quint64, reasons);
    QFETCH(QString, counter);
    const auto machine = machineWith(fault("kind: throttles, part: gpu/3, value: 20, after_seconds: 4, cause: " + cause.toStdString()));
    auto device = machine->open(sick);
    const double cold = rate(1, (*device)->multiply({}, 50));
    QCOMPARE(machine->management().sample(sick)->clockEventReasons.value(), std::uint64_t(0x4)); // at its power limit, as it should be
    const double coldClock = *machine->management().sample(sick)->coreClockMhz;
    heat(*machine, **device, 10);
    const double warm = rate(1, (*device)->multiply({}, 50));
    QVERIFY(near(warm / cold, 0.8));
    const auto sample = machine->management().sample(sick);
    QCOMPARE(*sample->clockEventReasons, reasons);
    QVERIFY(near(*sample->coreClockMhz / coldClock, 0.8, 0.02));
    QCOMPARE(*sample->temperatureCelsius > 75, cause == "thermal");
    QVERIFY(readingOf(*machine, "gpu/3", counter.toStdString()) > 1);
    machine->sleep(120, nullptr); // it cools down, and is fast again
    QVERIFY(near(rate(1, (*device)->multiply({}, 50)), cold));
    QCOMPARE(*machine->management().sample(sick + 1)->clockEventReasons, std::uint64_t(0x1));

    auto other = machine->open(sick + 1);
    heat(*machine, **other, 30);
    QVERIFY(near(rate(1, (*other)->multiply({}, 50)), cold));
    QCOMPARE(*machine->management().sample(sick + 1)->clockEventReasons, std::uint64_t(0x4));
}

void TestSimulateFaults::slowRail()
{
    const auto machine = machineWith(fault("kind: slow-rail, part: nic/mlx5_2, value: 30"));
    Rails *rails = machine->rails();
    QVERIFY(rails);
    QCOMPARE(rails->list()->size(), std::size_t(8)); // the front end is no rail
    const auto speed = [&](const char *name) { return rate(double(1 << 26) * 100, rails->loopback(name, 1 << 26, 100)); };
    QVERIFY(near(speed("mlx5_1"), 47, 0.01));
    QVERIFY(near(speed("mlx5_2"), 47 * 0.7, 0.01));
    QVERIFY(!rails->loopback("mlx5_8", 1 << 26, 1));
    QVERIFY(!rails->loopback("../mlx5_1", 1 << 26, 1));
}

void TestSimulateFaults::eccStormCountsAndReports()
{
    const auto machine = machineWith(fault("kind: ecc-storm, part: gpu/3, value: 40"));
    QCOMPARE(machine->management().events().size(), std::size_t(0));
    auto device = machine->open(sick);
    heat(*machine, **device, 10);
    const double early = readingOf(*machine, "gpu/3", "ecc_dram_correctable_volatile");
    QVERIFY2(early >= 350 && early <= 450, qPrintable(QString::number(early)));
    QCOMPARE(readingOf(*machine, "gpu/3", "ecc_dram_uncorrectable_volatile"), 0.0);
    QCOMPARE(readingOf(*machine, "gpu/3", "row_remap_pending"), 0.0);
    heat(*machine, **device, 20);
    QVERIFY(readingOf(*machine, "gpu/3", "ecc_dram_correctable_volatile") > early + 700);
    QCOMPARE(readingOf(*machine, "gpu/3", "ecc_dram_uncorrectable_volatile"), 1.0);
    QCOMPARE(readingOf(*machine, "gpu/3", "row_remap_pending"), 1.0);
    std::multiset<std::uint64_t> xids;
    for (const auto &event : machine->management().events()) {
        QCOMPARE(event.gpu, sick);
        xids.insert(event.xid);
    }
    QCOMPARE(xids, (std::multiset<std::uint64_t>{63, 94}));
    QCOMPARE(readingOf(*machine, "gpu/2", "ecc_total_correctable_volatile"), 0.0);
}

void TestSimulateFaults::lostGpu()
{
    const QTemporaryDir folder;
    const auto machine = machineOf(profileOf(fault("kind: xid79, part: gpu/3, value: 6")), folder.path().toStdString());
    QCOMPARE(machine->management().events().size(), std::size_t(0));
    auto device = machine->open(sick);
    auto memory = (*device)->allocate(1 << 20, MemoryPlace::Device);
    const double begun = machine->now();
    heat(*machine, **device, 30);
    QVERIFY2(machine->now() - begun >= 5.9 && machine->now() - begun < 7, qPrintable(QString::number(machine->now() - begun)));
    const auto gone = (*device)->multiply({}, 1);
    QVERIFY(!gone && gone.problem().trouble == DeviceTrouble::Lost);
    QVERIFY2(gone.problem().text.find("GPU 3") != std::string::npos, gone.problem().text.c_str());
    QVERIFY(!(*device)->fill(**memory, 1));
    QVERIFY(!machine->open(sick));
    QVERIFY(!machine->management().identity(sick));
    QVERIFY(machine->management().sample(sick).problem().trouble == DeviceTrouble::Lost);
    for (const auto &reading : machine->management().readings(sick))
        QVERIFY2(!reading.value, reading.metric.c_str());
    std::vector<std::uint64_t> xids;
    for (const auto &event : machine->management().events())
        xids.push_back(event.xid);
    QCOMPARE(xids, (std::vector<std::uint64_t>{79, 154}));
    std::ifstream log(machine->sysroot() / "dev/kmsg");
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    const std::string address = profileOf("").gpuAddress(sick);
    QVERIFY2(text.find("NVRM: Xid (PCI:" + address.substr(0, address.size() - 2) + "): 79, ") != std::string::npos, text.c_str());
    QVERIFY(machine->open(sick - 1));
    QVERIFY(figuresOf(*machine, sick - 1).gemm > 0);
    QCOMPARE(*machine->management().count(), 8); // the driver goes on counting it
}

void TestSimulateFaults::wrongArithmeticNamesOneMultiprocessor()
{
    const auto machine = machineWith(fault("kind: wrong-arithmetic, part: gpu/3/sm/17"));
    for (const int gpu : {sick, sick + 1}) {
        auto device = machine->open(gpu);
        const auto first = (*device)->arithmetic(ArithmeticPath::Tensor, 99, 10), again = (*device)->arithmetic(ArithmeticPath::Tensor, 99, 10);
        QCOMPARE(first->size(), std::size_t(132));
        std::vector<std::size_t> odd;
        for (std::size_t i = 0; i < first->size(); ++i) {
            if ((*first)[i] != (*first)[0])
                odd.push_back(i);
        }
        QCOMPARE(odd, gpu == sick ? std::vector<std::size_t>{17} : std::vector<std::size_t>{});
        QCOMPARE(*first == *again, gpu != sick); // wrong each time in another way
        QVERIFY((*(*device)->arithmetic(ArithmeticPath::Tensor, 98, 10))[0] != (*first)[0]);
    }
    // Once in many rounds is seen only by whoever does many.
    const auto rare = machineWith(fault("kind: wrong-arithmetic, part: gpu/3/sm/17, value: 1"));
    auto device = rare->open(sick);
    int seen = 0;
    for (int i = 0; i < 100; ++i)
        seen += (*(*device)->arithmetic(ArithmeticPath::Fp32, 5, 1))[17] != (*(*device)->arithmetic(ArithmeticPath::Fp32, 5, 1))[16];
    QVERIFY2(seen < 15, qPrintable(QString::number(seen)));
    QVERIFY((*(*device)->arithmetic(ArithmeticPath::Fp32, 5, 2000))[17] != (*(*device)->arithmetic(ArithmeticPath::Fp32, 5, 2000))[16]);
}

void TestSimulateFaults::wrongMemory()
{
    const auto machine = machineWith(fault("kind: wrong-memory, part: gpu/3, value: 4"));
    std::set<std::uint64_t> offsets;
    for (const int gpu : {sick, sick + 1}) {
        auto device = machine->open(gpu);
        auto memory = (*device)->allocate(std::uint64_t(60) << 30, MemoryPlace::Device);
        QVERIFY(memory);
        for (const std::uint64_t seed : {std::uint64_t(7), ~std::uint64_t(7), std::uint64_t(0)}) {
            QVERIFY((*device)->fill(**memory, seed));
            const auto report = (*device)->verify(**memory, seed);
            QCOMPARE(report->words, std::uint64_t(60) << 27);
            QCOMPARE(report->wrong, report->first.size());
            for (const auto &miscompare : report->first) {
                QCOMPARE(gpu, sick);
                QCOMPARE(std::popcount(miscompare.expected ^ miscompare.found), 1);
                offsets.insert(miscompare.offset);
            }
        }
        // Another seed is wrong everywhere.
        const auto wrong = (*device)->verify(**memory, 5);
        QCOMPARE(wrong->wrong, wrong->words);
        QCOMPARE(wrong->first.size(), std::size_t(16));
    }
    QCOMPARE(offsets.size(), std::size_t(4)); // a pattern and its complement find every bit that is stuck
}

void TestSimulateFaults::hungRankIsTheOneBehind()
{
    const auto machine = machineWith(fault("kind: hung-rank, part: gpu/3, value: 1"));
    QVERIFY(machine->allReduce({0, 1, 2, 4}, 1 << 20, 1)); // without it all is well
    const auto other = machineWith(fault("kind: hung-rank, part: gpu/3, value: 1"));
    const double before = other->now();
    const pid_t child = ::fork(); // who waits must not have worked itself: its time would be its own
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (other->allReduce({2, 3, 4}, 1 << 20, 1)) // the first one ends
            std::ignore = other->allReduce({2, 3, 4}, 1 << 20, 1);
        ::_exit(0);
    }
    QTRY_VERIFY_WITH_TIMEOUT(other->now() > before + 0.5, 10'000); // its time passes for who waits
    QCOMPARE(::waitpid(child, nullptr, WNOHANG), 0);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto ranks = other->ranks();
    QCOMPARE(ranks.size(), std::size_t(3));
    for (const auto &rank : ranks)
        QCOMPARE(rank.entered, std::uint64_t(rank.gpu == sick ? 1 : 2));
}

QTEST_GUILESS_MAIN(TestSimulateFaults)
#include "test_faults.moc"
