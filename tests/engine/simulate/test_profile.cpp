// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/simulate/profile_reader.h"

#include <QTest>

using namespace seatrial::engine::simulate;

/// Profiles as people write them, and what they are told when they make no sense.
class TestSimulateProfile : public QObject
{
    Q_OBJECT

private slots:
    void builtInOnesMakeSense();
    void readsAWholeProfile();
    void refusals_data();
    void refusals();
    void noGarbageIsTaken();
    void aPathThatIsNoFile();
};

void TestSimulateProfile::builtInOnesMakeSense()
{
    for (const char *name : {"a100x8", "h100x8", "h200x8", "b200x8", "gb200-nvl72-tray"}) {
        const auto profile = builtInProfile(name);
        QVERIFY2(profile, name);
        QCOMPARE(profile->name, std::string(name));
        QCOMPARE(profile->gpus, std::string_view(name).ends_with("x8") ? 8 : 4);
        QVERIFY(profile->faults.empty());
        for (int gpu = 1; gpu < profile->gpus; ++gpu) // GPUs are counted by their address
            QVERIFY(profile->gpuAddress(gpu - 1) < profile->gpuAddress(gpu));
        const Sku &sku = *profile->sku;
        for (const double share : sku.streamShares)
            QVERIFY(share > 0.7 && share < 1);
        QVERIFY(sku.hostSpeed < (sku.isCoherent() ? 450 : sku.linkGigatransfers() / 8 * sku.pcieLanes));
        QVERIFY(sku.peerShare < 1);
    }
    QVERIFY(!builtInProfile("h100x9"));
    // Nodes that were not told a seed differ by their host's name, and so by profile, but not from run to run.
    QCOMPARE(builtInProfile("h100x8")->seed, builtInProfile("h100x8")->seed);
    QVERIFY(builtInProfile("h100x8")->seed != builtInProfile("h200x8")->seed);
}

void TestSimulateProfile::readsAWholeProfile()
{
    std::string error;
    const auto profile = readProfile(R"(
version: 1
name: odd-one
sku: a100
gpus: 4
numa_nodes: 2
pcie_switches: 2
nvlinks: 4
nics:
  - { name: mlx5_0, interface: ib0, gigabits: 200, pcie_switch: 1 }
  - { name: mlx5_1, interface: eth0, ethernet: yes, gigabits: 25, front_end: yes }
seed: 18446744073709551615
noise_percent: 0
spread_percent: 2.5
speedup: 20
faults:
  - { kind: slow-hbm, part: gpu/3, value: 7.5 }
  - { kind: dead-nvlink, part: gpu/1/link/2, value: 2 }
  - { kind: half-width-pcie, part: nic/mlx5_0, value: 4 }
  - { kind: wrong-arithmetic, part: gpu/0/sm/17 }
  - { kind: throttles, part: gpu/2, cause: power, after_seconds: 3 }
  - { kind: slow-node, value: 3 }
)", "odd.yaml", error);
    QVERIFY2(profile, error.c_str());
    QCOMPARE(profile->sku->name, std::string_view("a100"));
    QCOMPARE(profile->gpus, 4);
    QCOMPARE(profile->linksPerGpu, 4);
    QCOMPARE(profile->nics.size(), std::size_t(2));
    QVERIFY(profile->nics[0].rail && !profile->nics[1].rail);
    QCOMPARE(profile->seed, ~std::uint64_t(0));
    QCOMPARE(profile->spread, 2.5);
    QCOMPARE(profile->fault(FaultKind::SlowHbm, 3)->value, 7.5);
    QCOMPARE(profile->fault(FaultKind::DeadNvlink, 1)->link, 2);
    QCOMPARE(profile->nicFault(FaultKind::HalfWidthPcie, "mlx5_0")->value, 4.0);
    QCOMPARE(profile->fault(FaultKind::WrongArithmetic, 0)->multiprocessor, 17);
    QVERIFY(profile->fault(FaultKind::Throttles, 2)->cause == ThrottleCause::Power);
    QCOMPARE(profile->fault(FaultKind::Throttles, 2)->value, 20.0);
    QVERIFY(!profile->fault(FaultKind::SlowHbm, 0));
    QCOMPARE(profile->nodeFault(FaultKind::SlowNode)->value, 3.0);
}

void TestSimulateProfile::refusals_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("said");
    const auto add = [](const char *name, const char *text, const char *said) { QTest::newRow(name) << QByteArray(text) << QByteArray(said); };
    add("nothing", "", "p.yaml:1:1: found nothing, expected a profile");
    add("no YAML", "version: [1\nlike: h100x8", "p.yaml:2:5: this is not YAML");
    add("another version", "version: 2\nlike: h100x8", "p.yaml:1:10: found \"2\", expected \"version: 1\"");
    add("no model", "version: 1\n", "p.yaml:1:1: found neither \"like\" nor \"sku\"");
    add("unknown model", "version: 1\nsku: v100", "p.yaml:2:6: found \"v100\", expected one of a100, b200");
    add("unknown profile", "version: 1\nlike: h100x9", "p.yaml:2:7: found \"h100x9\", expected one of a100x8");
    add("unknown key", "version: 1\nlike: h100x8\ngpu: 8", "p.yaml:3:1: \"gpu\" is not known, expected one of version, like");
    add("key twice", "version: 1\nlike: h100x8\ngpus: 4\ngpus: 8", "p.yaml:4:1: \"gpus\" is there twice");
    add("alias", "version: 1\nlike: &a h100x8\nname: *a", "p.yaml:3:7: found an alias");
    add("two documents", "version: 1\nlike: h100x8\n---\nversion: 1", "a second document");
    add("too many GPUs", "version: 1\nlike: h100x8\ngpus: 17", "p.yaml:3:7: found \"17\", expected a number from 1 to 16");
    add("half a GPU", "version: 1\nlike: h100x8\ngpus: 2.5", "expected a whole number");
    add("no number", "version: 1\nlike: h100x8\nspeedup: fast", "found \"fast\", expected a number from 0.01");
    add("not finite", "version: 1\nlike: h100x8\nspeedup: inf", "found \"inf\", expected a number");
    add("seed", "version: 1\nlike: h100x8\nseed: -1", "expected a whole number below 2^64");
    add("more links than the model has", "version: 1\nlike: h100x8\nnvlinks: 19", "expected a number from 0 to 18");
    add("a name that is a path", "version: 1\nlike: h100x8\nname: ../x", "expected a name of at most 60 letters");
    add("escape in a name", "version: 1\nlike: h100x8\nname: \"a\\e[2Jb\"", "found \"a?[2Jb\"");
    add("adapters below no switch", "version: 1\nlike: h100x8\npcie_switches: 2", "hangs below a PCIe switch that is not there");
    add("adapter twice", "version: 1\nlike: h100x8\nnics:\n  - { name: a }\n  - { name: a }", "p.yaml:5:5: adapter \"a\"");
    add("unknown fault", "version: 1\nlike: h100x8\nfaults:\n  - { kind: fire, part: gpu/0 }", "p.yaml:4:13: found \"fire\", expected one of slow-hbm");
    add("fault without a part", "version: 1\nlike: h100x8\nfaults:\n  - { kind: slow-hbm }", "p.yaml:4:5: found no part, expected a part like gpu/3");
    add("GPU that is not there", "version: 1\nlike: h100x8\nfaults:\n  - { kind: slow-hbm, part: gpu/8 }", "goes from 0 to 7");
    add("link of a NIC", "version: 1\nlike: h100x8\nfaults:\n  - { kind: dead-nvlink, part: nic/mlx5_0 }", "expected a part like gpu/3 or gpu/3/link/7");
    add("SM that is not there", "version: 1\nlike: h100x8\nfaults:\n  - { kind: wrong-arithmetic, part: gpu/0/sm/132 }", "goes from 0 to 131");
    add("more dead links than links", "version: 1\nlike: h100x8\nfaults:\n  - { kind: dead-nvlink, part: gpu/0/link/17, value: 2 }", "more dead links than there are");
    add("adapter that is not there", "version: 1\nlike: h100x8\nfaults:\n  - { kind: slow-rail, part: nic/mlx5_99 }", "which is no adapter of this node");
    add("front end as a rail", "version: 1\nlike: h100x8\nfaults:\n  - { kind: slow-rail, part: nic/mlx5_8 }", "which is no rail");
    add("slower than stopped", "version: 1\nlike: h100x8\nfaults:\n  - { kind: slow-node, value: 100 }", "expected a number from 0.1 to 90");
    add("a cause for something else", "version: 1\nlike: h100x8\nfaults:\n  - { kind: slow-hbm, part: gpu/0, cause: power }", "for throttles alone");
    add("fault twice", "version: 1\nlike: h100x8\nfaults:\n  - { kind: slow-hbm, part: gpu/0 }\n  - { kind: slow-hbm, part: gpu/0 }", "p.yaml:5:5: found this fault");
}

void TestSimulateProfile::refusals()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, said);
    std::string error;
    QVERIFY(!readProfile(text.toStdString(), "p.yaml", error));
    QVERIFY2(error.find(said.constData()) != std::string::npos, error.c_str());
    QVERIFY2(error.starts_with("p.yaml:"), error.c_str());
}

void TestSimulateProfile::noGarbageIsTaken()
{
    std::string error;
    const std::string good = "version: 1\nlike: h100x8\nfaults:\n  - { kind: xid79, part: gpu/5, value: 3 }\n";
    QVERIFY(readProfile(good, "p.yaml", error));
    for (std::size_t cut = 0; cut < good.size(); ++cut) { // ends or says why; never more
        readProfile(good.substr(0, cut), "p.yaml", error);
        std::string broken = good;
        broken[cut] = '\x07';
        readProfile(broken, "p.yaml", error);
        broken[cut] = '{';
        readProfile(broken, "p.yaml", error);
    }
    QVERIFY(!readProfile(std::string(200'000, '#'), "p.yaml", error));
    QVERIFY2(error.find("larger than") != std::string::npos, error.c_str());
    QVERIFY(!readProfile("version:\n  - - - - - - - - - - - 1", "p.yaml", error));
    QVERIFY2(error.find("nested deeper") != std::string::npos, error.c_str());
}

void TestSimulateProfile::aPathThatIsNoFile()
{
    std::string error;
    QVERIFY(loadProfile("h200x8", error));
    QVERIFY(!loadProfile("/nowhere/at/all.yaml", error));
    QVERIFY2(error.find("/nowhere/at/all.yaml: no file that can be read") == 0, error.c_str());
    QVERIFY(!loadProfile("/", error));
}

QTEST_APPLESS_MAIN(TestSimulateProfile)
#include "test_profile.moc"
