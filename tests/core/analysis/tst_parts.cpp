// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "core/analysis/part_table.h"
#include "core/report/verdict_writer.h"
#include "tests/support/run_builder.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::Finding;
using domain::Verdict;
using protocol::StepStatus;
using protocol::Unit;
using protocol::Waiver;
using tests::nodeNames;
using tests::RunBuilder;

namespace {

protocol::Part gpu(int index, const std::string &serial)
{
    return {"gpu", "gpu/" + std::to_string(index), serial, "NVIDIA H100 80GB HBM3", "96.00.74.00.01", {{"uuid", "GPU-0000000" + std::to_string(index)}, {"pci", "0000:5d:00.0"}}};
}

/// One node that looked at its GPUs before the load and after it.
RunBuilder twice(const std::vector<int> &before, const std::vector<int> &after)
{
    RunBuilder run(nodeNames(1));
    for (const char *phase : {"before", "after"}) {
        run.step(phase, "gpu.health");
        run.data().info.plan.steps.back().parameters["phase"] = phase;
    }
    for (const int index : before)
        run.part("n01", gpu(index, "165" + std::to_string(index))).value("n01", "before", "temperature", 40, Unit::Celsius, "gpu/" + std::to_string(index), 1, {{"phase", "before"}});
    for (const int index : after)
        run.value("n01", "after", "temperature", 50, Unit::Celsius, "gpu/" + std::to_string(index), 1, {{"phase", "after"}});
    run.ended("n01", "before");
    return run;
}

Criteria anyCriteria()
{
    return *parseCriteria("version: 1\nname: t\nrevision: \"1\"\ncriteria:\n  - { check: gpu.health, metric: \"nvlink_state\", kind: absolute, direction: at least, failed: 1, unit: none, source: s }\n", "t.yaml");
}

const Finding *lost(const domain::FleetVerdict &verdict)
{
    const auto &reasons = verdict.nodes.at(0).reasons;
    const auto found = std::ranges::find_if(reasons, [](const Finding &finding) { return finding.text.find("is not there after it") != std::string::npos; });
    return found == reasons.end() ? nullptr : &*found;
}

} // namespace

/// Findings name the part that a person has to go to.
class TestParts : public QObject
{
    Q_OBJECT

private slots:
    /// The driver, the topology and the walk over PCI devices see one narrow link: one GPU is accused, once.
    void oneFaultSeenByThreeReadersIsOneAccusation()
    {
        RunBuilder run(nodeNames(2));
        run.step("topology", "gpu.topology").step("gpu-health", "gpu.health").step("health", "host.health");
        for (const std::string &node : nodeNames(2)) {
            const double width = node == "n02" ? 8 : 16;
            run.part(node, gpu(3, "1653"));
            run.value(node, "topology", "pcie_width", width, Unit::Lanes, "gpu/3");
            run.value(node, "gpu-health", "pcie_width", width, Unit::Lanes, "gpu/3").value(node, "gpu-health", "pcie_width_max", 16, Unit::Lanes, "gpu/3");
            run.value(node, "health", "pcie_width", width, Unit::Lanes, "pci/0000:5d:00.0").value(node, "health", "pcie_width_max", 16, Unit::Lanes, "pci/0000:5d:00.0");
            // Of another device: a fault of its own.
            run.value(node, "health", "pcie_width", width, Unit::Lanes, "pci/0000:99:00.0").value(node, "health", "pcie_width_max", 16, Unit::Lanes, "pci/0000:99:00.0");
            for (const char *step : {"topology", "gpu-health", "health"})
                run.ended(node, step);
        }
        auto criteria = loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/host.yaml");
        QVERIFY2(criteria, criteria ? "" : criteria.error().what.c_str());
        const auto models = loadSkus(SEATRIAL_SOURCE_DIR "/resources/sku");
        QVERIFY(models);
        criteria->skus = *models;
        const auto verdict = judge(run.data(), *criteria);
        QVERIFY2(verdict.nodes[0].reasons.empty(), verdict.nodes[0].reasons.empty() ? "" : verdict.nodes[0].reasons[0].text.c_str());
        const auto &reasons = verdict.nodes[1].reasons;
        QCOMPARE(verdict.nodes[1].verdict, Verdict::Failed);
        QCOMPARE(reasons.size(), 2U);
        QCOMPARE(reasons[0].check, std::string("gpu.topology"));
        QCOMPARE(reasons[0].parts.size(), 1U);
        QCOMPARE(reasons[0].parts[0].serial, std::string("1653"));
        for (const char *said : {"50 % of the 16 lanes that NVIDIA H100 SXM5, 80 GB promises", "gpu.health has seen it as well: pcie_width 8 lanes of gpu/3",
                                 "host.health has seen it as well: pcie_width 8 lanes of pci/0000:5d:00.0"})
            QVERIFY2(reasons[0].text.find(said) != std::string::npos, reasons[0].text.c_str());
        QCOMPARE(reasons[1].subject, std::string("pci/0000:99:00.0"));
    }

    void subjectsAreNamedByTheirParts_data()
    {
        QTest::addColumn<QString>("subject");
        QTest::addColumn<QString>("shown");
        const QString three = "GPU 3 (NVIDIA H100 80GB HBM3, serial 1653, 0000:5d:00.0)";
        QTest::newRow("gpu") << "gpu/3" << three;
        QTest::newRow("link") << "gpu/3/link/7" << "NVLink 7 of " + three;
        QTest::newRow("between two") << "gpu/3→gpu/4" << three + " → GPU 4 (NVIDIA H100 80GB HBM3, UUID GPU-00000004, 0000:5d:00.0)";
        QTest::newRow("adapter") << "nic/mlx5_0" << "NIC mlx5_0 (MT4129, GUID a088:c203:00f6:1234, 0000:18:00.0)";
        QTest::newRow("port of an adapter") << "ib/mlx5_0/1" << "port 1 of NIC mlx5_0 (MT4129, GUID a088:c203:00f6:1234, 0000:18:00.0)";
        QTest::newRow("interface") << "nic/eth0" << "NIC eth0 (0x15b3:0x1021, MAC 02:42:ac:11:00:02, 0000:19:00.0)";
        QTest::newRow("port by its interface") << "ib/mlx5_1/1" << "port 1 of NIC eth0 (0x15b3:0x1021, MAC 02:42:ac:11:00:02, 0000:19:00.0)";
        QTest::newRow("adapter by its address") << "pci/0000:18:00.0" << "NIC mlx5_0 (MT4129, GUID a088:c203:00f6:1234, 0000:18:00.0)";
        QTest::newRow("an address of nothing") << "pci/0000:ff:00.0" << "";
        QTest::newRow("nothing known") << "gpu/9" << "";
        QTest::newRow("half known") << "gpu/3→gpu/9" << "";
        QTest::newRow("node") << "node" << "";
        QTest::newRow("a logical processor is no socket") << "cpu/3" << "";
    }
    void subjectsAreNamedByTheirParts()
    {
        QFETCH(QString, subject);
        QFETCH(QString, shown);
        RunBuilder run(nodeNames(1));
        run.part("n01", gpu(3, "1653")).part("n01", gpu(4, ""));
        run.part("n01", {"nic", "nic/mlx5_0", "a088:c203:00f6:1234", "MT4129", {}, {{"pci", "0000:18:00.0"}}});
        run.part("n01", {"nic", "nic/eth0", "02:42:ac:11:00:02", "0x15b3:0x1021", {}, {{"bus", "0000:19:00.0"}, {"hca", "mlx5_1"}}});
        run.part("n01", {"cpu", "cpu/3", "", "A CPU", {}, {}});
        const NodeTable nodes(run.data().info);
        QCOMPARE(QString::fromStdString(PartTable(run.data(), nodes).shown(0, subject.toStdString())), shown);
    }

    void whatTwoChecksSayOfAPartIsJoined()
    {
        RunBuilder run(nodeNames(1));
        run.part("n01", {"gpu", "gpu/3", "", "10de:2330", {}, {{"pci", "0000:5d:00.0"}, {"relations", "X"}}});
        run.part("n01", {"gpu", "gpu/3", "1653", "NVIDIA H100 80GB HBM3", {}, {{"uuid", "GPU-1"}}});
        const NodeTable nodes(run.data().info);
        const PartTable parts(run.data(), nodes);
        const auto names = parts.named(0, "gpu/3");
        QCOMPARE(names.size(), 1u);
        QCOMPARE(names[0].serial, std::string("1653"));
        QCOMPARE(names[0].uuid, std::string("GPU-1"));
        QCOMPARE(names[0].address, std::string("0000:5d:00.0"));
    }

    void whatANodeSaysOfAPartIsBounded()
    {
        RunBuilder run(nodeNames(1));
        std::string longName;
        for (int i = 0; i < 1000; ++i)
            longName += "é";
        run.part("n01", {"gpu", "gpu/3", longName, longName, {}, {{"pci", longName}}});
        const NodeTable nodes(run.data().info);
        const std::string shown = PartTable(run.data(), nodes).shown(0, "gpu/3");
        QVERIFY(shown.size() < 400);
        QVERIFY(!QString::fromStdString(shown).contains(QChar(QChar::ReplacementCharacter)));
    }

    void aMissedLimitNamesThePart()
    {
        RunBuilder run(nodeNames(1));
        run.step("health", "gpu.health").part("n01", gpu(3, "1653"));
        run.value("n01", "health", "nvlink_state", 0, Unit::None, "gpu/3/link/7").ended("n01", "health");
        const auto verdict = judge(run.data(), anyCriteria());
        QCOMPARE(QString::fromStdString(verdict.nodes[0].reasons.at(0).text),
                 QString("nvlink_state 0 on n01, NVLink 7 of GPU 3 (NVIDIA H100 80GB HBM3, serial 1653, 0000:5d:00.0), limit ≥ 1"));
        const QString json = QString::fromStdString(report::writeVerdict(run.data().info, verdict, report::Format::Json));
        QVERIFY2(json.contains("\"serial\": \"1653\"") && json.contains("\"uuid\": \"GPU-00000003\"") && json.contains("\"pci\": \"0000:5d:00.0\""), qPrintable(json));
    }

    void aSentenceOfTheCheckNamesThePart()
    {
        RunBuilder run(nodeNames(1));
        run.step("pattern", "gpu.memory_pattern").part("n01", gpu(3, "1653")).part("n01", gpu(0, "1650"));
        run.ended("n01", "pattern", StepStatus::Failed, "GPU 3: 4 words of memory are not what was written; GPU 33 does not exist");
        const auto verdict = judge(run.data(), anyCriteria());
        const Finding &reason = verdict.nodes[0].reasons.at(0);
        QCOMPARE(reason.parts.size(), 1u);
        QCOMPARE(reason.parts[0].serial, std::string("1653"));
        QVERIFY2(reason.text.ends_with("; GPU 3 (NVIDIA H100 80GB HBM3, serial 1653, 0000:5d:00.0)"), reason.text.c_str());
    }

    void aGpuThatIsGoneAfterTheLoadIsFound()
    {
        auto run = twice({0, 1, 2}, {0, 2});
        run.ended("n01", "after");
        const auto verdict = judge(run.data(), anyCriteria());
        QCOMPARE(verdict.nodes[0].verdict, Verdict::Failed);
        const Finding *finding = lost(verdict);
        QVERIFY(finding);
        QCOMPARE(finding->subject, std::string("gpu/1"));
        QVERIFY2(finding->text.starts_with("n01, GPU 1 (NVIDIA H100 80GB HBM3, serial 1651, 0000:5d:00.0)"), finding->text.c_str());
    }

    void allGpusGoneAreFoundWhereTheCheckSaysNotPresent()
    {
        auto run = twice({0, 1}, {});
        run.withoutFigures().waived("n01", "after", Waiver::NotPresent, "no GPU");
        QVERIFY(lost(judge(run.data(), anyCriteria())));
    }

    void aCheckThatCouldNotLookAccusesNoGpu()
    {
        auto run = twice({0, 1}, {});
        run.ended("n01", "after", StepStatus::Timeout, "too slow");
        QVERIFY(!lost(judge(run.data(), anyCriteria())));
        auto whole = twice({0, 1}, {0, 1});
        whole.ended("n01", "after");
        QVERIFY(!lost(judge(whole.data(), anyCriteria())));
    }
};

QTEST_GUILESS_MAIN(TestParts)
#include "tst_parts.moc"
