// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::Finding;
using domain::FleetVerdict;
using domain::NodeId;
using domain::Verdict;
using protocol::Unit;
using tests::nodeNames;
using tests::RunBuilder;

namespace {

const char *const kModel = R"(version: 1
sku: test-gpu
title: Test GPU
names: ["Test GPU*"]
devices: ["10de:1234"]
values:
  pcie_width: { value: 16, unit: lanes, source: s }
  memory_bandwidth: { value: 2000, unit: GB/s, source: the table }
  good_memory_read: { value: 1860, unit: GB/s, tool: BabelStream dot, source: s }
)";

Criteria criteria(const std::string &list)
{
    auto read = parseCriteria("version: 1\nname: t\nrevision: \"1\"\ncriteria:\n" + list, "t.yaml");
    if (!read)
        qFatal("%s", read.error().what.c_str());
    const auto sku = parseSku(kModel, "test-gpu.yaml");
    if (!sku)
        qFatal("%s", sku.error().what.c_str());
    read->skus.skus.push_back(*sku);
    return *read;
}

const char *const kRead = "  - { check: gpu.memory, metric: read, kind: sku, of: memory_bandwidth, direction: at least, marginal: 0.88, failed: 0.8, "
                          "possible_maximum: 1.02, unit: GB/s, source: bands }\n";
const char *const kCount = "  - { check: gpu.topology, metric: gpus, kind: common, among: board, direction: at least, failed: 1, unit: count, source: s, advice: look }\n";

RunBuilder reading(double value, const std::string &model, protocol::Parameters attributes = {})
{
    RunBuilder run(nodeNames(1));
    run.step("memory", "gpu.memory");
    if (!model.empty() || !attributes.empty())
        run.part("n01", {"gpu", "gpu/3", "1650123456789", model, {}, std::move(attributes)});
    run.value("n01", "memory", "read", value, Unit::GigabytesPerSecond, "gpu/3").ended("n01", "memory");
    return run;
}

const Finding &only(const FleetVerdict &verdict, const char *metric)
{
    for (const Finding &finding : verdict.nodes.at(0).findings) {
        if (finding.metric == metric)
            return finding;
    }
    qFatal("no finding");
}

bool noted(const FleetVerdict &verdict, const char *text)
{
    return std::ranges::any_of(verdict.notes, [&](const std::string &note) { return note.find(text) != std::string::npos; });
}

QString problemOf(const std::string &yaml)
{
    const auto sku = parseSku(yaml, "m.yaml");
    return sku ? QStringLiteral("no problem") : QString::fromStdString(sku.error().what);
}

} // namespace

/// What models of GPUs promise, and figures against it.
class TestModels : public QObject
{
    Q_OBJECT

private slots:
    void builtInModelsAreGood()
    {
        const auto catalog = loadSkus(std::string(SEATRIAL_SOURCE_DIR) + "/resources/sku");
        QVERIFY2(catalog, catalog ? "" : catalog.error().what.c_str());
        for (const char *id : {"a100-sxm4-40gb", "a100-sxm4-80gb", "a100-pcie-40gb", "a100-pcie-80gb", "h100-sxm", "h100-pcie", "h100-nvl", "h200-sxm", "b200", "gb200"}) {
            const auto sku = std::ranges::find(catalog->skus, id, &Sku::id);
            QVERIFY2(sku != catalog->skus.end(), id);
            QVERIFY2(sku->find("memory_bandwidth") && sku->find("power_limit") && sku->find("memory_bytes"), id);
            for (const auto &[name, value] : sku->values)
                QVERIFY2(value.source.size() > 8 || !value.tool.empty(), (sku->id + " " + name).c_str());
        }
    }

    void realNamesAreRecognised_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("device");
        QTest::addColumn<QString>("id");
        QTest::newRow("by name") << "NVIDIA H100 80GB HBM3" << "" << "h100-sxm";
        QTest::newRow("not by a part of a name") << "NVIDIA H200 NVL" << "" << "";
        QTest::newRow("older driver") << "A100-SXM4-40GB" << "" << "a100-sxm4-40gb";
        QTest::newRow("a driver that gives no name") << "" << "0x10de:0x2330" << "h100-sxm";
        QTest::newRow("large digits") << "Graphics Device" << "10DE:20B2" << "a100-sxm4-80gb";
        QTest::newRow("as NVML writes it") << "" << "0x233510DE" << "h200-sxm";
        QTest::newRow("another one") << "NVIDIA GeForce RTX 4090" << "10de:2684" << "";
        QTest::newRow("nothing") << "" << "" << "";
    }
    void realNamesAreRecognised()
    {
        QFETCH(QString, name);
        QFETCH(QString, device);
        QFETCH(QString, id);
        static const auto catalog = loadSkus(std::string(SEATRIAL_SOURCE_DIR) + "/resources/sku");
        QVERIFY(catalog);
        protocol::Part part{"gpu", "gpu/0", "s", name.toStdString(), {}, {}};
        if (!device.isEmpty())
            part.attributes["pci_device"] = device.toStdString();
        const Sku *sku = catalog->of(part);
        QCOMPARE(sku ? QString::fromStdString(sku->id) : QString(), id);
    }

    void damagedModelsAreRefused_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("problem");
        const auto row = [](const char *name, const char *from, const char *to, const char *problem) { QTest::newRow(name) << from << to << problem; };
        row("more than is possible", "value: 1860", "value: 2100", "m.yaml:9:21: good_memory_read is 2100 GB/s, more than is possible: memory_bandwidth allows 2000 GB/s");
        row("a slip of a decimal", "value: 1860", "value: 186",
            "m.yaml:9:21: good_memory_read is 186 GB/s, less than a quarter of memory_bandwidth 2000 GB/s, expected what a good one reaches: look for a slip of the unit");
        // A published table says 2333 where 2,333,000 MiB/s was meant.
        row("a published slip", "value: 1860, unit: GB/s", "value: 2.45, unit: GB/s",
            "m.yaml:9:21: good_memory_read is 2.45 GB/s, less than a quarter of memory_bandwidth 2000 GB/s, expected what a good one reaches: look for a slip of the unit");
        row("wrong unit", "value: 2000, unit: GB/s", "value: 2000, unit: Gbit/s", "m.yaml:8:42: found Gbit/s as unit of memory_bandwidth, expected GB/s");
        row("no source", ", source: the table", "", "m.yaml:8:21: the value memory_bandwidth has no \"source\", expected one");
        row("no tool", "tool: BabelStream dot, ", "", "m.yaml:9:30: it is not said what good_memory_read was measured with, expected \"tool\"");
        row("unknown value", "pcie_width:", "pcie_widht:", "m.yaml:7:3: there is no value \"pcie_widht\" of a model, expected pcie_width");
        row("too many lanes", "value: 16,", "value: 160,", "m.yaml:7:24: pcie_width is 160 lanes, more than any model has, expected at most 32 lanes");
        row("recognises all", "\"Test GPU*\"", "\"*\"", "m.yaml:4:9: found something else in the list names, expected words that tell this model from others");
        row("no device", "10de:1234", "0x10DE", "m.yaml:5:10: found \"0x10DE\" among the devices, expected vendor and device in small hexadecimal digits, like 10de:2330");
        row("bus and clock contradict", "source: the table }", "source: s }\n  memory_bus: { value: 5120, unit: none, source: s }\n  memory_clock: { value: 2619, unit: MHz, source: s }",
            "m.yaml:8:21: memory_bandwidth is 2000 GB/s, but memory_clock and memory_bus give 3352 GB/s, expected values that agree");
    }
    void damagedModelsAreRefused()
    {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, problem);
        QString yaml = kModel;
        QVERIFY(yaml.contains(from));
        QCOMPARE(problemOf(yaml.replace(from, to).toStdString()), problem);
    }

    void twoFilesForOneModelAreRefused()
    {
        QTemporaryDir folder;
        for (const char *name : {"a.yaml", "b.yaml"})
            std::ofstream(folder.filePath(name).toStdString()) << kModel;
        const auto catalog = loadSkus(folder.path().toStdString());
        QVERIFY(!catalog);
        QVERIFY2(catalog.error().what.find("recognises already") != std::string::npos, catalog.error().what.c_str());
        QVERIFY(!loadSkus(folder.filePath("gone").toStdString()));
    }

    void figuresAreJudgedAgainstTheModel_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<int>("verdict");
        QTest::newRow("good") << 1850.0 << int(Verdict::Qualified);
        QTest::newRow("under the first limit") << 1700.0 << int(Verdict::Marginal);
        QTest::newRow("under the second") << 1400.0 << int(Verdict::Failed);
        QTest::newRow("more than is possible") << 2100.0 << int(Verdict::Unknown);
    }
    void figuresAreJudgedAgainstTheModel()
    {
        QFETCH(double, value);
        QFETCH(int, verdict);
        auto run = reading(value, "Test GPU 80GB");
        const auto judged = judge(run.data(), criteria(kRead));
        QCOMPARE(int(judged.nodes[0].verdict), verdict);
        const Finding &finding = only(judged, "read");
        QVERIFY2(finding.source.find("test-gpu memory_bandwidth 2000 GB/s (the table); bands") != std::string::npos, finding.source.c_str());
        if (verdict == int(Verdict::Failed)) {
            QCOMPARE(finding.limit, std::string("≥ 1760 GB/s"));
            QCOMPARE(QString::fromStdString(finding.text),
                     QString("read 1400 GB/s on n01, GPU 3 (Test GPU 80GB, serial 1650123456789), limit ≥ 1760 GB/s: 70 % of the 2000 GB/s that Test GPU promises"));
        }
    }

    void aModelThatNoFileKnowsIsSaid()
    {
        auto run = reading(5, "Another GPU");
        const auto judged = judge(run.data(), criteria(kRead));
        const Finding &finding = only(judged, "read");
        QVERIFY(!finding.limitValue);
        QVERIFY2(finding.text.find("not judged: no file of models knows the GPU \"Another GPU\"") != std::string::npos, finding.text.c_str());
        QVERIFY(noted(judged, "not judged against what the model promises: no file of models knows \"Another GPU\" (n01)"));
        auto nameless = reading(5, "");
        QVERIFY(noted(judge(nameless.data(), criteria(kRead)), "which GPU it is was not read (n01)"));
    }

    void aValueThatTheModelHasNotIsSaid()
    {
        auto run = reading(5, "Test GPU");
        const auto judged = judge(run.data(), criteria("  - { check: gpu.memory, metric: read, kind: sku, of: nvlink_bandwidth, direction: at least, failed: 0.8, unit: GB/s, source: s }\n"));
        QVERIFY2(only(judged, "read").text.find("the model test-gpu promises no nvlink_bandwidth") != std::string::npos, only(judged, "read").text.c_str());
    }

    void aFigureInAnotherUnitIsNoPass()
    {
        auto run = reading(16, "Test GPU");
        const auto judged = judge(run.data(), criteria("  - { check: gpu.memory, metric: read, kind: sku, of: pcie_width, direction: at least, failed: 0.8, unit: GB/s, source: s }\n"));
        QCOMPARE(judged.nodes[0].verdict, Verdict::Unknown);
    }

    void fewerGpusThanMostNodesHave()
    {
        const auto names = nodeNames(6);
        RunBuilder run(names);
        run.step("topology", "gpu.topology");
        for (const std::string &name : names)
            run.value(name, "topology", "gpus", name == "n03" ? 7 : 8, Unit::Count, "node", 1, {{"board", "DGX"}}).ended(name, "topology");
        const auto judged = judge(run.data(), criteria(kCount));
        QCOMPARE(judged.find(NodeId("n03"))->verdict, Verdict::Failed);
        QCOMPARE(QString::fromStdString(judged.find(NodeId("n03"))->reasons.at(0).text), QString("gpus 7 on n03, limit ≥ 8: 5 other nodes (n[01-02,04-06]) have 8"));
        QCOMPARE(judged.count(Verdict::Qualified), 5);
    }

    void nodesOfAnotherKindAreNotCompared()
    {
        const auto names = nodeNames(8);
        RunBuilder run(names);
        run.step("topology", "gpu.topology");
        for (std::size_t i = 0; i < names.size(); ++i)
            run.value(names[i], "topology", "gpus", i < 4 ? 8 : 0, Unit::Count, "node", 1, {{"board", i < 4 ? "DGX" : "login"}}).ended(names[i], "topology");
        QCOMPARE(judge(run.data(), criteria(kCount)).count(Verdict::Qualified), 8);
    }

    void aDividedFleetAccusesNobody()
    {
        const auto names = nodeNames(4);
        RunBuilder run(names);
        run.step("topology", "gpu.topology");
        for (std::size_t i = 0; i < names.size(); ++i)
            run.value(names[i], "topology", "gpus", i < 2 ? 8 : 4, Unit::Count).ended(names[i], "topology");
        const auto judged = judge(run.data(), criteria(kCount));
        QCOMPARE(judged.count(Verdict::Qualified), 4);
        QVERIFY(judged.nodes[0].findings[0].text.find("the nodes do not agree") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestModels)
#include "tst_models.moc"
