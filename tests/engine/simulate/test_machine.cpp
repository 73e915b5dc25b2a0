// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/sampler.h"
#include "tests/engine/simulate/simulated_node.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <atomic>
#include <cmath>
#include <functional>
#include <set>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace seatrial::engine;
using seatrial::tests::Figures;
using seatrial::tests::figuresOf;
using seatrial::tests::machineOf;
using seatrial::tests::machineWith;
using seatrial::tests::profileOf;
using seatrial::tests::rate;
using seatrial::tests::readingOf;

namespace {

bool same(const Figures &a, const Figures &b)
{
    return a.read == b.read && a.triad == b.triad && a.hostToDevice == b.hostToDevice && a.peer == b.peer && a.gemm == b.gemm;
}

/// What @p work returns in a process of its own: 0 if all is well.
int inChild(const std::function<int()> &work)
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

/// The machine as those see it who work with it: its figures, its time, its processes.
class TestSimulateMachine : public QObject
{
    Q_OBJECT

private slots:
    void figuresAreThoseOfGoodOnes_data();
    void figuresAreThoseOfGoodOnes();
    void theSameSeedGivesTheSameDigits();
    void noiseAndSpreadAreAsLargeAsTold();
    void memoryIsBounded();
    void contentFollowsCopies();
    void whatStaysInTheCacheIsFaster();
    void samplersSeeLongWorkInItsMiddle();
    void shortWindowsAreSampledToo();
    void sleepersAreNotLeftAlone();
    void timeIsAsFastAsTheProfileSays();
    void processesShareWhatHappens();
    void processesSideBySideHaveTheirOwnTime();
    void anotherProfileIsRefused();
    void aStateThatIsNone();
    void wrongUseIsAnswered();
    void identityIsOneOfAKind();
};

void TestSimulateMachine::figuresAreThoseOfGoodOnes_data()
{
    QTest::addColumn<QString>("profile");
    QTest::addColumn<QList<double>>("expected"); // share of the ceiling: read, triad; GB/s: host link, peer; TFLOP/s; all-reduce
    QTest::newRow("a100x8") << "a100x8" << QList<double>{0.88, 0.86, 26.1, 276, 265.9, 235};
    QTest::newRow("h100x8") << "h100x8" << QList<double>{0.92, 0.86, 55.2, 396, 794.5, 478.9};
    QTest::newRow("h200x8") << "h200x8" << QList<double>{0.92, 0.86, 55.2, 396, 794.5, 481};
    QTest::newRow("b200x8") << "b200x8" << QList<double>{0.92, 0.86, 55.2, 783, 1745, 838};
    QTest::newRow("gb200-nvl72-tray") << "gb200-nvl72-tray" << QList<double>{0.92, 0.86, 180, 783, 1822, 690};
}

void TestSimulateMachine::figuresAreThoseOfGoodOnes()
{
    QFETCH(QString, profile);
    QFETCH(QList<double>, expected);
    const auto machine = machineWith("", profile.toStdString());
    const int count = *machine->management().count();
    std::vector<int> all;
    for (int gpu = 0; gpu < count; ++gpu) {
        all.push_back(gpu);
        const auto figures = figuresOf(*machine, gpu);
        const double ceiling = (*machine->open(gpu))->facts().memoryCeiling();
        const auto within = [](double found, double wanted) { return found > wanted * 0.95 && found < wanted * 1.05; };
        QVERIFY(within(figures.read / ceiling, expected[0]));
        QVERIFY(within(figures.triad / ceiling, expected[1]));
        QVERIFY(within(figures.hostToDevice, expected[2]));
        QVERIFY(within(figures.peer, expected[3]));
        QVERIFY(within(figures.gemm, expected[4]));
    }
    const double bytes = double(std::uint64_t(1) << 33), ranks = count;
    const auto seconds = machine->allReduce(all, std::uint64_t(1) << 33, 3);
    const double bus = bytes / *seconds / 1e9 * 2 * (ranks - 1) / ranks;
    QVERIFY2(bus > expected[5] * 0.97 && bus < expected[5] * 1.03, qPrintable(QString::number(bus)));
    QVERIFY(machine->simulated());
    QVERIFY2(machine->provenance().find("simulated: profile " + profile.toStdString()) == 0, machine->provenance().c_str());
    const Multiplication fp8{Precision::Fp8, 8192, 8192, 8192};
    QCOMPARE((*machine->open(0))->multiply(fp8, 1).ok(), profile != "a100x8");
}

void TestSimulateMachine::theSameSeedGivesTheSameDigits()
{
    const auto first = machineWith(""), again = machineWith("");
    for (int gpu = 0; gpu < 8; ++gpu)
        QVERIFY(same(figuresOf(*first, gpu), figuresOf(*again, gpu)));
    QCOMPARE(first->now(), again->now());
    auto other = profileOf("");
    other.seed = 8;
    QVERIFY(!same(figuresOf(*machineOf(other), 0), figuresOf(*machineWith(""), 0)));
}

void TestSimulateMachine::noiseAndSpreadAreAsLargeAsTold()
{
    const auto machine = machineWith("noise_percent: 0.5\nspread_percent: 0\n");
    auto device = machine->open(0);
    double sum = 0, squares = 0;
    constexpr int runs = 400;
    for (int i = 0; i < runs; ++i) {
        const double seconds = *(*device)->multiply({}, 10);
        sum += seconds;
        squares += seconds * seconds;
    }
    const double mean = sum / runs, deviation = std::sqrt(squares / runs - mean * mean) / mean * 100;
    QVERIFY2(deviation > 0.4 && deviation < 0.6, qPrintable(QString::number(deviation)));

    const auto spread = machineWith("noise_percent: 0\nspread_percent: 1\ngpus: 16\nrails: { count: 0 }\n");
    double least = 1e9, most = 0;
    for (int gpu = 0; gpu < 16; ++gpu) {
        const double figure = figuresOf(*spread, gpu).gemm;
        least = std::min(least, figure);
        most = std::max(most, figure);
        QCOMPARE(figuresOf(*spread, gpu).gemm, figure); // it stays with the GPU
    }
    QVERIFY2(most / least > 1.01 && most / least < 1.06, qPrintable(QString::number(most / least)));
}

void TestSimulateMachine::memoryIsBounded()
{
    const auto machine = machineWith("");
    auto device = machine->open(0);
    const std::uint64_t free = (*device)->freeBytes();
    QVERIFY(free < (*device)->facts().memoryBytes && free > (*device)->facts().memoryBytes / 100 * 98);
    auto most = (*device)->allocate(free, MemoryPlace::Device);
    QVERIFY(most);
    QCOMPARE((*device)->freeBytes(), std::uint64_t(0));
    const auto more = (*device)->allocate(1, MemoryPlace::Device);
    QVERIFY(!more && more.problem().trouble == DeviceTrouble::OutOfMemory);
    QVERIFY((*device)->allocate(1 << 30, MemoryPlace::PinnedHost));
    most.value().reset();
    QCOMPARE((*device)->freeBytes(), free);
    QVERIFY(!(*device)->allocate(0, MemoryPlace::Device));
    QVERIFY(!(*device)->allocate(~std::uint64_t(0), MemoryPlace::PinnedHost));
}

void TestSimulateMachine::contentFollowsCopies()
{
    const auto machine = machineWith("");
    auto device = machine->open(0), peer = machine->open(1);
    constexpr std::uint64_t bytes = 1 << 20;
    auto a = (*device)->allocate(bytes, MemoryPlace::Device), host = (*device)->allocate(bytes, MemoryPlace::PinnedHost),
         far = (*peer)->allocate(bytes, MemoryPlace::Device), untouched = (*device)->allocate(bytes, MemoryPlace::Device);
    QVERIFY((*device)->fill(**a, 42));
    QVERIFY((*device)->copy(**host, **a, bytes, 1));
    QVERIFY((*device)->copyToPeer(**peer, **far, **a, bytes, 1));
    QCOMPARE((*device)->verify(**host, 42)->wrong, std::uint64_t(0));
    QCOMPARE((*peer)->verify(**far, 42)->wrong, std::uint64_t(0));
    QCOMPARE((*device)->verify(**untouched, 42)->wrong, bytes / 8);
    QVERIFY((*device)->stream(StreamKernel::Copy, **untouched, **a, **a, bytes, 1));
    QCOMPARE((*device)->verify(**untouched, 42)->wrong, std::uint64_t(0));
    QVERIFY((*device)->stream(StreamKernel::Scale, **untouched, **a, **a, bytes, 1));
    QCOMPARE((*device)->verify(**untouched, 42)->wrong, bytes / 8);
    // Half of it copied: the other half is what was never written.
    auto half = (*device)->allocate(bytes, MemoryPlace::Device);
    QVERIFY((*device)->copy(**half, **a, bytes / 2, 1));
    const auto report = (*device)->verify(**half, 42);
    QCOMPARE(report->wrong, bytes / 16);
    QCOMPARE(report->first.front().offset, bytes / 2);
}

void TestSimulateMachine::whatStaysInTheCacheIsFaster()
{
    const auto machine = machineWith("");
    auto device = machine->open(0);
    auto memory = (*device)->allocate(std::uint64_t(1) << 30, MemoryPlace::Device);
    const auto speed = [&](std::uint64_t bytes) { return rate(double(bytes) * 1000, (*device)->stream(StreamKernel::Read, **memory, **memory, **memory, bytes, 1000)); };
    QVERIFY(speed(std::uint64_t(32) << 20) > 1.2 * speed(std::uint64_t(1) << 30));
    QVERIFY(speed(std::uint64_t(1) << 30) < (*device)->facts().memoryCeiling());
}

void TestSimulateMachine::samplersSeeLongWorkInItsMiddle()
{
    const auto machine = machineWith("");
    auto device = machine->open(0);
    Sampler sampler(*machine, 0);
    sampler.begin();
    const double begun = machine->now();
    while (machine->now() < begun + 20)
        QVERIFY((*device)->multiply({}, 2000)); // each takes seconds
    const Window window = sampler.end();
    QVERIFY2(window.hertz() > 8, qPrintable(QString::number(window.hertz())));
    QVERIFY(window.coreClockMhz && window.coreClockMhz->minimum > 1600);
    QVERIFY(window.powerWatts->mean > 650 && window.powerWatts->maximum < 720);
    QVERIFY(window.temperatureCelsius->maximum > window.temperatureCelsius->minimum + 10);
    QCOMPARE(*window.clockEventReasons, std::uint64_t(0x4));
}

void TestSimulateMachine::shortWindowsAreSampledToo()
{
    const auto machine = machineWith("");
    auto device = machine->open(0);
    Sampler sampler(*machine, 0);
    std::uint32_t samples = 0;
    for (int i = 0; i < 20; ++i) { // of two seconds each, as checks open them
        sampler.begin();
        for (const double begun = machine->now(); machine->now() < begun + 2;)
            QVERIFY((*device)->multiply({}, 20)); // 28 ms
        samples += sampler.end().samples;
    }
    QVERIFY2(samples > 20 * 12, qPrintable(QString::number(samples))); // of 25 each, where nothing disturbs
}

void TestSimulateMachine::sleepersAreNotLeftAlone()
{
    const auto machine = machineWith("");
    // Nobody works: whoever sleeps in another thread is woken all the same.
    QElapsedTimer timer;
    timer.start();
    const double before = machine->now();
    std::thread([&] { machine->sleep(1, nullptr); }).join();
    QVERIFY(machine->now() >= before + 1);
    QVERIFY(timer.elapsed() < 20'000);
    // And whoever is told to stop does not sleep on.
    std::atomic<bool> stop = false;
    auto slow = profileOf("");
    slow.speedup = 1;
    const auto real = machineOf(slow);
    std::thread sleeper([&] { real->sleep(1000, &stop); });
    stop = true;
    sleeper.join();
    stop = true;
    real->sleep(1000, &stop);
    QVERIFY(timer.elapsed() < 30'000);
}

void TestSimulateMachine::timeIsAsFastAsTheProfileSays()
{
    auto profile = profileOf("");
    profile.speedup = 50;
    const auto machine = machineOf(profile);
    auto device = machine->open(0);
    QElapsedTimer timer;
    timer.start();
    const double before = machine->now();
    while (machine->now() < before + 10)
        QVERIFY((*device)->multiply({}, 500));
    QVERIFY2(timer.elapsed() >= 195, qPrintable(QString::number(timer.elapsed())));
}

void TestSimulateMachine::processesShareWhatHappens()
{
    const QTemporaryDir folder;
    const auto profile = profileOf("faults:\n  - { kind: xid79, part: gpu/2, value: 3 }\n  - { kind: ecc-storm, part: gpu/1, value: 100 }\n");
    const auto watcher = machineOf(profile, folder.path().toStdString());
    QCOMPARE(watcher->management().events().size(), std::size_t(0));
    const int lost = inChild([&] {
        const auto machine = machineOf(profile, folder.path().toStdString());
        auto storm = machine->open(1), device = machine->open(2);
        while ((*device)->multiply({}, 100) && (*storm)->multiply({}, 100)) {
        }
        return 0;
    });
    QCOMPARE(lost, 0);
    QVERIFY(!watcher->open(2));
    QVERIFY(!machineOf(profile, folder.path().toStdString())->open(2)); // and whoever comes later
    const double counted = readingOf(*watcher, "gpu/1", "ecc_dram_correctable_volatile");
    QVERIFY(counted > 100);
    QCOMPARE(watcher->management().events().size(), std::size_t(2));
    QCOMPARE(watcher->management().events().size(), std::size_t(0));
    QVERIFY(watcher->now() >= 3);
    auto device = watcher->open(1);
    while (readingOf(*watcher, "gpu/1", "ecc_dram_correctable_volatile") < counted + 50)
        QVERIFY((*device)->multiply({}, 100)); // counters go on from where they were
}

void TestSimulateMachine::processesSideBySideHaveTheirOwnTime()
{
    const auto machine = machineWith("noise_percent: 0\n");
    const double before = machine->now();
    std::vector<pid_t> children;
    for (int gpu = 0; gpu < 4; ++gpu) {
        const pid_t child = ::fork();
        if (child == 0) {
            auto device = machine->open(gpu);
            const double begun = machine->now();
            int runs = 0;
            for (; machine->now() < begun + 20; ++runs)
                std::ignore = (*device)->multiply({}, 1000);
            // Each takes 1.38 s: whoever shared the time of the others would be done after a few.
            ::_exit(runs >= 13 && runs <= 17 ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        QCOMPARE(status, 0);
    }
    QVERIFY2(machine->now() >= before + 20 && machine->now() < before + 110, qPrintable(QString::number(machine->now())));
}

void TestSimulateMachine::anotherProfileIsRefused()
{
    const QTemporaryDir folder;
    const auto machine = machineOf(profileOf(""), folder.path().toStdString());
    std::string error;
    QVERIFY(!simulate::simulatedMachine(profileOf("faults:\n  - { kind: slow-hbm, part: gpu/0 }\n"), folder.path().toStdString(), error));
    QVERIFY2(error.find("another profile") != std::string::npos, error.c_str());
}

void TestSimulateMachine::aStateThatIsNone()
{
    const QTemporaryDir folder;
    QFile file(folder.path() + "/simulated.state");
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("garbage") == 7);
    file.close();
    std::string error;
    QVERIFY(!simulate::simulatedMachine(profileOf(""), folder.path().toStdString(), error));
    QVERIFY2(error.find("not one of this engine") != std::string::npos, error.c_str());
    QVERIFY(!simulate::simulatedMachine(profileOf(""), "/nowhere", error));
    QVERIFY2(error.find("cannot be kept in /nowhere/") != std::string::npos, error.c_str());
}

void TestSimulateMachine::wrongUseIsAnswered()
{
    const auto machine = machineWith("");
    QVERIFY(machine->open(8).problem().trouble == DeviceTrouble::NotPresent);
    QVERIFY(machine->open(-1).problem().trouble == DeviceTrouble::NotPresent);
    QVERIFY(machine->management().identity(8).problem().trouble == DeviceTrouble::NotPresent);
    QVERIFY(machine->management().readings(8).empty());
    QVERIFY(!machine->allReduce({0, 8}, 1 << 20, 1));
    QVERIFY(!machine->allReduce({}, 1 << 20, 1));
    auto device = machine->open(0);
    auto memory = (*device)->allocate(1 << 20, MemoryPlace::Device);
    QVERIFY(!(*device)->copy(**memory, **memory, 1 << 21, 1));
    QVERIFY(!(*device)->stream(StreamKernel::Triad, **memory, **memory, **memory, 1 << 21, 1));
    QVERIFY(!(*device)->copy(**memory, **memory, 1 << 20, 0));
    QVERIFY(!(*device)->multiply({Precision::Bf16, 0, 1, 1}, 1));
    QVERIFY(!(*device)->arithmetic(ArithmeticPath::Fp32, 1, 0));
}

void TestSimulateMachine::identityIsOneOfAKind()
{
    const auto machine = machineWith("");
    std::set<std::string> serials, uuids, addresses;
    for (int gpu = 0; gpu < 8; ++gpu) {
        const auto part = machine->management().identity(gpu);
        QCOMPARE(part->kind, std::string("gpu"));
        QCOMPARE(part->place, "gpu/" + std::to_string(gpu));
        QCOMPARE(part->attributes.at("uuid"), (*machine->open(gpu))->facts().uuid);
        QCOMPARE(part->attributes.at("simulated"), std::string("yes"));
        serials.insert(part->identity);
        uuids.insert(part->attributes.at("uuid"));
        addresses.insert(part->attributes.at("pci_address"));
    }
    QCOMPARE(serials.size(), std::size_t(8));
    QCOMPARE(uuids.size(), std::size_t(8));
    QCOMPARE(addresses.size(), std::size_t(8));
    auto other = profileOf("");
    other.seed = 8;
    QVERIFY(!serials.contains(machineOf(other)->management().identity(0)->identity));
}

QTEST_GUILESS_MAIN(TestSimulateMachine)
#include "test_machine.moc"
