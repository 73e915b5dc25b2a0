// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "core/analysis/topology.h"
#include "core/report/topology_writer.h"
#include "engine/checks/gpu/gpu_topology.h"
#include "engine/checks/gpu/topology.h"
#include "engine/simulate/simulated_machine.h"
#include "tests/engine/checks/collector.h"
#include "tests/engine/checks/topology_sample.h"
#include "tests/support/run_builder.h"

#include <QDir>
#include <QElapsedTimer>
#include <QTest>
#include <QXmlStreamReader>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

/// A driver that knows GPUs at these addresses and how many NVLinks are between them.
class SampleDriver : public Management
{
public:
    std::vector<std::string> addresses;
    std::map<std::pair<int, int>, std::string> words; ///< that differ from "SYS"
    std::set<int> lost;
    std::map<int, protocol::Parameters> more; ///< attributes, by GPU
    bool present = true;

    Outcome<int> count() override
    {
        if (!present)
            return DeviceProblem{DeviceTrouble::NotPresent, "libnvidia-ml.so.1 is not there"};
        return int(addresses.size());
    }
    protocol::Parameters versions() override { return {}; }
    Outcome<protocol::Part> identity(int gpu) override
    {
        if (lost.contains(gpu))
            return DeviceProblem{DeviceTrouble::Lost, "NVML_ERROR_GPU_IS_LOST (15)"};
        protocol::Part part{"gpu", "gpu/" + std::to_string(gpu), "165" + std::to_string(gpu), "Sample GPU", {}, more[gpu]};
        part.attributes["pci_address"] = addresses.at(std::size_t(gpu));
        return part;
    }
    std::vector<Reading> readings(int) override { return {}; }
    Outcome<TelemetrySample> sample(int) override { return TelemetrySample{}; }
    Outcome<std::vector<GpuProcess>> processes(int) override { return std::vector<GpuProcess>{}; }
    Outcome<GpuRelation> relation(int gpu, int other) override
    {
        const auto found = words.find(std::minmax(gpu, other));
        if (found == words.end())
            return DeviceProblem{DeviceTrouble::NotSupported, "not asked"};
        const int links = found->second.starts_with("NV") ? std::stoi(found->second.substr(2)) : 0;
        return GpuRelation{found->second, links};
    }
    std::vector<GpuEvent> events() override { return {}; }
};

/// Whose processors share the GPU's memory: the columns behind the matrix say more there.
constexpr const char *kGraceHopper = "\tGPU0\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\nGPU0\t X \tSYS\tSYS\t0-71\t0\t\t1\n"
                                     "NIC0\tSYS\t X \tPIX\nNIC1\tSYS\tPIX\t X \n";
constexpr const char *kGraceBlackwell = "\tGPU0\tGPU1\tGPU2\tGPU3\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\n"
                                        "GPU0\t X \tNV18\tNV18\tNV18\t0-71\t0,3-9,11-17\t\t2\nGPU1\tNV18\t X \tNV18\tNV18\t0-71\t0,3-9,11-17\t\t10\n"
                                        "GPU2\tNV18\tNV18\t X \tNV18\t72-143\t1,19-25,27-33\t\t18\nGPU3\tNV18\tNV18\tNV18\t X \t72-143\t1,19-25,27-33\t\t26\n";

/// What the driver says of a GPU near its processors, as the sample has it.
protocol::Parameters affinityOf(const TopologySample &sample, const QString &name)
{
    protocol::Parameters said;
    const auto take = [&](const char *attribute, const std::map<QString, QString> &column) {
        const auto cell = column.find(name);
        if (cell != column.end() && cell->second != "N/A")
            said[attribute] = cell->second.toStdString();
    };
    take("cpu_affinity", sample.cpus);
    take("numa_affinity", sample.numa);
    take("gpu_numa_id", sample.own);
    return said;
}

QDir realData(const char *folder)
{
    const QString named = qEnvironmentVariable("SEATRIAL_REALDATA", QStringLiteral(SEATRIAL_SOURCE_DIR "/../shared/realdata"));
    return QDir(named + '/' + folder);
}

/// From the records of a node to the matrix, as the desktop makes it.
analysis::NodeTopology matrixOf(const std::vector<protocol::Part> &parts)
{
    domain::RunData run;
    const domain::NodeId node("n01");
    run.info.nodes.push_back(node);
    for (const auto &part : parts)
        run.parts.push_back({node, part});
    return analysis::topologyOf(run, node);
}

analysis::NodeTopology matrixOf(const PciBuilder &tree, Management &driver)
{
    const PciTree pci(tree.root());
    std::vector<protocol::Part> parts;
    const Topology topology = readTopology(pci, tree.root(), driver);
    for (const auto *rows : {&topology.gpus, &topology.nics, &topology.nvswitches}) {
        for (const auto &row : *rows)
            parts.push_back(row.part);
    }
    for (const auto *more : {&topology.bridges, &topology.numaNodes})
        parts.insert(parts.end(), more->begin(), more->end());
    return matrixOf(parts);
}

std::vector<simulate::Fault> plantedFaults()
{
    simulate::Fault narrow, dead;
    narrow.kind = simulate::FaultKind::HalfWidthPcie;
    narrow.value = 8;
    narrow.gpu = 3;
    dead.kind = simulate::FaultKind::DeadNvlink;
    dead.value = 1;
    dead.gpu = 5;
    dead.link = 7;
    return {narrow, dead};
}

analysis::Criteria gpuCriteria()
{
    auto criteria = analysis::loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/gpu.yaml");
    auto models = analysis::loadSkus(SEATRIAL_SOURCE_DIR "/resources/sku");
    if (!criteria || !models)
        qFatal("%s", (criteria ? models.error() : criteria.error()).what.c_str());
    criteria->skus = *models;
    return *criteria;
}

void lookAtSimulated(Collector &collector, const std::vector<simulate::Fault> &faults, const char *name = "h100x8")
{
    QTemporaryDir folder;
    auto profile = *simulate::builtInProfile(name);
    profile.faults = faults;
    std::string error;
    const auto machine = simulate::simulatedMachine(profile, folder.path().toStdString(), error);
    QVERIFY2(machine, error.c_str());
    auto context = contextFor(collector, {});
    context.machine = machine.get();
    QVERIFY(GpuTopology().run(context).status == protocol::StepStatus::Completed);
}

QString flat(const std::vector<std::string> &words)
{
    QString text;
    for (const std::string &word : words)
        text += QString::fromStdString(word) + ' ';
    return text.trimmed();
}

} // namespace

class TestTopology : public QObject
{
    Q_OBJECT

private slots:
    void everyWord_data()
    {
        QTest::addColumn<QStringList>("one");
        QTest::addColumn<QStringList>("other");
        QTest::addColumn<int>("numaOfOther");
        QTest::addColumn<QString>("word");
        const QStringList first{"pci0000:14", "0000:14:01.0", "0000:15:00.0", "0000:16:00.0", "0000:17:00.0"};
        QTest::newRow("PIX, one switch") << first << QStringList{"pci0000:14", "0000:14:01.0", "0000:15:00.0", "0000:16:01.0", "0000:18:00.0"} << 0 << "PIX";
        QTest::newRow("PIX, two functions") << first << QStringList{"pci0000:14", "0000:14:01.0", "0000:15:00.0", "0000:16:00.0", "0000:17:00.1"} << 0 << "PIX";
        QTest::newRow("PXB, a switch below a switch")
            << first << QStringList{"pci0000:14", "0000:14:01.0", "0000:15:00.0", "0000:16:01.0", "0000:18:00.0", "0000:19:00.0", "0000:1a:00.0"} << 0 << "PXB";
        QTest::newRow("PHB, another root port") << first << QStringList{"pci0000:14", "0000:14:02.0", "0000:20:00.0"} << 0 << "PHB";
        QTest::newRow("NODE, another host bridge") << first << QStringList{"pci0000:30", "0000:30:01.0", "0000:31:00.0"} << 0 << "NODE";
        QTest::newRow("SYS, another NUMA node") << first << QStringList{"pci0000:80", "0000:80:01.0", "0000:81:00.0"} << 1 << "SYS";
        QTest::newRow("SYS, not known to be the same NUMA node") << first << QStringList{"pci0000:80", "0000:80:01.0", "0000:81:00.0"} << -1 << "SYS";
        QTest::newRow("PHB, as virtual machines show devices") << QStringList{"pci0000:00", "0000:00:05.0"} << QStringList{"pci0000:00", "0000:00:06.0"} << 0 << "PHB";
    }
    void everyWord()
    {
        QFETCH(QStringList, one);
        QFETCH(QStringList, other);
        QFETCH(int, numaOfOther);
        QFETCH(QString, word);
        PciBuilder tree;
        const auto path = [](const QStringList &list) {
            std::vector<std::string> path;
            for (const QString &each : list)
                path.push_back(each.toStdString());
            return path;
        };
        tree.add(path(one), PciBuilder::kGpu, 0);
        tree.add(path(other), PciBuilder::kNic, numaOfOther);
        tree.adapter("mlx5_0");
        SampleDriver driver;
        driver.addresses = {one.last().toStdString()};
        const auto matrix = matrixOf(tree, driver);
        QCOMPARE(flat(matrix.words.at(0)), "X " + word);
        QCOMPARE(flat(matrix.words.at(1)), word + " X");
    }

    void linksBetweenGpusComeBeforePcie()
    {
        PciBuilder tree;
        tree.add({"pci0000:14", "0000:14:01.0", "0000:15:00.0"}, PciBuilder::kGpu, 0, "0-3");
        tree.add({"pci0000:14", "0000:14:02.0", "0000:16:00.0"}, PciBuilder::kGpu, 0, "0-3");
        SampleDriver driver;
        driver.addresses = {"00000000:15:00.0", "00000000:16:00.0"}; // as NVML writes them
        driver.words[{0, 1}] = "NV18";
        const auto matrix = matrixOf(tree, driver);
        QCOMPARE(flat(matrix.words.at(0)), QString("X NV18"));
        QCOMPARE(matrix.members.at(1).cpus, std::string("0-3"));
        QCOMPARE(matrix.members.at(1).parent, std::string("pcie/0000:14:02.0"));
        const QString text = QString::fromStdString(report::topologyText(matrix));
        QVERIFY2(text.startsWith("        GPU0    GPU1    CPU Affinity  NUMA Affinity  GPU NUMA ID\nGPU0     X      NV18    0-3           0              N/A\n"), qPrintable(text));
        QVERIFY2(text.contains("GPU1: GPU 1 (Sample GPU, serial 1651, 0000:16:00.0), below pcie/0000:14:02.0"), qPrintable(text));
    }

    void aDriverThatContradictsSysfsIsSaid()
    {
        PciBuilder tree;
        tree.add({"pci0000:14", "0000:14:01.0", "0000:15:00.0"}, PciBuilder::kGpu, 0);
        tree.add({"pci0000:14", "0000:14:02.0", "0000:16:00.0"}, PciBuilder::kGpu, 0);
        SampleDriver driver;
        driver.addresses = {"0000:15:00.0", "0000:16:00.0"};
        driver.words[{0, 1}] = "SYS";
        const PciTree pci(tree.root());
        const auto topology = readTopology(pci, tree.root(), driver);
        QCOMPARE(topology.disagreements, std::vector<std::string>{"gpu/0 and gpu/1: the driver says SYS, sysfs PHB"});
    }

    void withoutADriverTheBusTells()
    {
        PciBuilder tree;
        tree.add({"pci0000:14", "0000:14:01.0", "0000:15:00.0"}, PciBuilder::kGpu, 0);
        tree.add({"pci0000:f0", "0000:f0:01.0", "0000:f1:00.0"}, PciBuilder::kNvSwitch, 0);
        SampleDriver driver;
        driver.present = false;
        const PciTree pci(tree.root());
        const auto topology = readTopology(pci, tree.root(), driver);
        QCOMPARE(topology.gpus.size(), 1u);
        QCOMPARE(topology.gpus[0].gpu, -1);
        QCOMPARE(topology.nvswitches.size(), 1u);
        QVERIFY(!topology.driverTrouble.empty());
    }

    void aGpuOfAVirtualMachineIsNotMissed()
    {
        PciBuilder tree;
        tree.add({"pci0000:14", "0000:14:01.0", "0000:15:00.0"}, PciBuilder::kGpu, 0);
        tree.add({"pci0000:14", "0000:14:02.0", "0000:16:00.0"}, PciBuilder::kGpu, 0);
        tree.files().write("sys/bus/pci/drivers/vfio-pci/bind", "");
        tree.link("sys/devices/pci0000:14/0000:14:02.0/0000:16:00.0/driver", "sys/bus/pci/drivers/vfio-pci");
        SampleDriver driver;
        driver.addresses = {"0000:15:00.0"};
        const PciTree pci(tree.root());
        QCOMPARE(readTopology(pci, tree.root(), driver).gpusOnBus, 1);
    }

    void aLostGpuIsNamedAndTheOthersStay()
    {
        PciBuilder tree;
        tree.add({"pci0000:14", "0000:14:01.0", "0000:15:00.0"}, PciBuilder::kGpu, 0);
        SampleDriver driver;
        driver.addresses = {"0000:15:00.0", "0000:16:00.0"};
        driver.lost = {1};
        const PciTree pci(tree.root());
        const auto topology = readTopology(pci, tree.root(), driver);
        QCOMPARE(topology.lost, std::vector<std::string>{"GPU 1 is lost: NVML_ERROR_GPU_IS_LOST (15)"});
        QCOMPARE(topology.gpus.size(), 2u);
        QCOMPARE(QString::fromStdString(topology.gpus[0].relations.at("gpu/1")), QString("?"));
    }

    void damagedTreesEnd()
    {
        PciBuilder tree;
        tree.add({"pci0000:14", "0000:14:01.0", "0000:15:00.0"}, PciBuilder::kGpu, 0);
        tree.link("sys/bus/pci/devices/0000:20:00.0", "sys/bus/pci/devices/0000:20:00.0");      // leads to itself
        tree.link("sys/bus/pci/devices/0000:21:00.0", "sys/devices/gone");                      // leads nowhere
        tree.files().write("sys/bus/pci/devices/0000:22:00.0/class", "0x030200\n");             // is no link
        tree.files().write("sys/bus/pci/devices/0000:22:00.0/vendor", "0x10de\n");
        tree.files().write("sys/bus/pci/devices/not an address/class", "0x030200\n");
        tree.files().write("sys/devices/pci0000:14/0000:14:01.0/numa_node", std::string(1 << 16, '9'));
        tree.files().write("sys/devices/pci0000:14/0000:14:01.0/0000:15:00.0/class", std::string("\0\xff\x1b[2J", 6));
        tree.link("sys/class/infiniband/mlx5_0", "sys/class/infiniband/mlx5_0");
        tree.files().write("sys/class/infiniband/rxe0/node_guid", "garbage");                   // hangs on no device
        SampleDriver driver;
        driver.addresses = {"0000:15:00.0", "0000:22:00.0", "0000:21:00.0", "no address at all"};
        QElapsedTimer timer;
        timer.start();
        const auto matrix = matrixOf(tree, driver);
        QVERIFY(timer.elapsed() < 10'000);
        QCOMPARE(matrix.members.size(), 4u);
        QCOMPARE(flat(matrix.words.at(0)), QString("X ? ? ?"));
    }

    void whatANodeSaysOfRelationsIsBounded()
    {
        std::vector<protocol::Part> parts;
        for (int gpu = 0; gpu < 1000; ++gpu)
            parts.push_back({"gpu", "gpu/" + std::to_string(gpu), {}, {}, {}, {{"relations", "gpu/0=\x1b[2J gpu/1=NV99999 = gpu/2 gpu/3=PIX " + std::string(3000, '=')}}});
        const auto matrix = matrixOf(parts);
        QCOMPARE(matrix.members.size(), 256u);
        QCOMPARE(matrix.words.at(7).at(0), std::string("?"));
        QCOMPARE(matrix.words.at(7).at(1), std::string("?"));
        QCOMPARE(matrix.words.at(7).at(3), std::string("PIX"));
        QVERIFY(report::topologyText(matrix).find('\x1b') == std::string::npos);
    }

    void realMachinesHaveTheSameWords_data()
    {
        QTest::addColumn<QString>("file");
        const QDir folder = realData("topo-nvidia-smi");
        for (const QString &name : folder.entryList({"*.txt"}, QDir::Files)) {
            if (!name.startsWith("windows")) // has no matrix
                QTest::newRow(qPrintable(name)) << folder.filePath(name);
        }
        QTest::newRow("a Grace Hopper") << ":grace-hopper";
        QTest::newRow("a tray of Grace Blackwell") << ":grace-blackwell";
    }
    void realMachinesHaveTheSameWords()
    {
        QFETCH(QString, file);
        QFile opened(file);
        QVERIFY(file.startsWith(':') || opened.open(QIODevice::ReadOnly));
        const auto sample = parseTopology(file == ":grace-hopper"      ? QString(kGraceHopper)
                                              : file == ":grace-blackwell" ? QString(kGraceBlackwell)
                                                                           : QString::fromUtf8(opened.readAll()));
        QVERIFY(sample.size() > 0);
        QCOMPARE(int(sample.words.size()), sample.size());
        PciBuilder tree;
        const auto addresses = buildTree(sample, tree);
        SampleDriver driver;
        for (int index = 0; index < sample.size() && sample.isGpu(index); ++index) {
            driver.addresses.push_back(addresses[std::size_t(index)]);
            driver.more[index] = affinityOf(sample, sample.names[index]);
            for (int other = index + 1; other < sample.size(); ++other) {
                if (sample.words[std::size_t(index)][other].startsWith("NV"))
                    driver.words[{index, other}] = sample.words[std::size_t(index)][other].toStdString();
            }
        }
        const auto matrix = matrixOf(tree, driver);
        QCOMPARE(int(matrix.members.size()), sample.size());
        for (int row = 0; row < sample.size(); ++row)
            QCOMPARE(flat(matrix.words[std::size_t(row)]), sample.words[std::size_t(row)].join(' '));

        // What we print reads like what was printed there.
        const auto again = parseTopology(QString::fromStdString(report::topologyText(matrix)));
        QCOMPARE(again.words, sample.words);
        for (const auto &[name, cpus] : sample.cpus)
            QCOMPARE(again.cpus.at(name), cpus);
        for (const auto &[name, numa] : sample.numa)
            QCOMPARE(again.numa.at(name), numa);
        for (const auto &[name, own] : sample.own)
            QCOMPARE(again.own.at(name), own);
    }

    void treesThatNcclSawHaveTheSameWords_data()
    {
        QTest::addColumn<QString>("file");
        const QDir folder = realData("nccl-xml");
        for (const char *name : {"oci-h100-topology.xml", "aws-p4d-24xl-topo.xml", "azure-ndv4-topo.xml", "superbench-ndv5-topo.xml", "azure-ndv2-topo.xml"}) {
            if (folder.exists(name))
                QTest::newRow(name) << folder.filePath(name);
        }
        if (!folder.exists())
            QTest::newRow("none") << QString();
    }
    void treesThatNcclSawHaveTheSameWords()
    {
        QFETCH(QString, file);
        if (file.isEmpty())
            QSKIP("no topologies of NCCL here");
        QFile opened(file);
        QVERIFY(opened.open(QIODevice::ReadOnly));
        struct Seen {
            QStringList above; ///< processor, then switches
            std::string address;
        };
        std::vector<Seen> seen;
        QStringList open;
        std::map<QString, std::size_t> tops;
        PciBuilder tree;
        for (QXmlStreamReader xml(&opened); !xml.atEnd();) {
            const auto token = xml.readNext();
            if (token == QXmlStreamReader::StartElement && xml.name() == QLatin1String("cpu"))
                open = {xml.attributes().value("numaid").toString()};
            if (token == QXmlStreamReader::EndElement && xml.name() == QLatin1String("pci"))
                open.removeLast();
            if (token != QXmlStreamReader::StartElement || xml.name() != QLatin1String("pci"))
                continue;
            const QString address = xml.attributes().value("busid").toString(), kind = xml.attributes().value("class").toString();
            if (kind == "0x030200" || kind.startsWith("0x02")) {
                // NCCL leaves out root ports and the lower ports of switches.
                const int number = int(seen.size());
                const int top = int(tops.emplace(open.value(0) + ' ' + open.value(1, address), tops.size()).first->second);
                const auto hex = [](int value) { return QString("%1").arg(value, 2, 16, QChar('0')); };
                std::vector<std::string> path{QString("pci00f0:%1").arg(hex(top)).toStdString(), QString("00f1:%1:01.0").arg(hex(top)).toStdString()};
                for (int level = 1; level < open.size(); ++level) {
                    path.push_back(PciTree::plainAddress(open[level].toStdString()));
                    path.push_back(QString("00e%1:%2:00.0").arg(level).arg(level + 1 < open.size() ? open[level + 1].mid(5, 2) : hex(number)).toStdString());
                }
                path.push_back(PciTree::plainAddress(address.toStdString()));
                tree.add(path, kind == "0x030200" ? PciBuilder::kGpu : PciBuilder::kNic, open.value(0).toInt());
                seen.push_back({open, path.back()});
            }
            open << address;
        }
        QVERIFY(seen.size() > 1);
        const PciTree pci(tree.root());
        for (const Seen &one : seen) {
            for (const Seen &other : seen) {
                if (one.address == other.address)
                    continue;
                int common = 0;
                while (common < one.above.size() && common < other.above.size() && one.above[common] == other.above[common])
                    ++common;
                const auto deepest = std::max(one.above.size(), other.above.size());
                const char *expected = common == 0 ? "SYS" : common == 1 ? "NODE" : common == deepest ? "PIX" : "PXB";
                QVERIFY(pci.find(one.address) && pci.find(other.address));
                QCOMPARE(QString::fromUtf8(relationWord(*pci.find(one.address), *pci.find(other.address)).data()), QString(expected));
            }
        }
    }

    void simulatedMachinesAreReadLikeRealOnes_data()
    {
        QTest::addColumn<QString>("profile");
        QTest::addColumn<int>("gpus");
        QTest::addColumn<QString>("row");
        QTest::newRow("h100x8") << "h100x8" << 8 << "X NV18 NV18 NV18 NV18 NV18 NV18 NV18";
        QTest::newRow("gb200") << "gb200-nvl72-tray" << 4 << "X NV18 NV18 NV18";
    }
    void simulatedMachinesAreReadLikeRealOnes()
    {
        QFETCH(QString, profile);
        QFETCH(int, gpus);
        QFETCH(QString, row);
        QTemporaryDir folder;
        std::string error;
        const auto known = simulate::builtInProfile(profile.toStdString());
        QVERIFY(known);
        const auto machine = simulate::simulatedMachine(*known, folder.path().toStdString(), error);
        QVERIFY2(machine, error.c_str());
        Collector collector;
        auto context = contextFor(collector, {});
        context.machine = machine.get();
        const auto result = GpuTopology().run(context);
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        QCOMPARE(collector.value("gpus", "node"), std::optional<double>(gpus));
        QCOMPARE(collector.value("gpus_on_bus", "node"), std::optional<double>(gpus));
        QVERIFY(collector.events("topology.disagree").empty());
        QVERIFY(collector.value("pcie_width", "gpu/0"));
        const auto matrix = matrixOf(collector.all<protocol::Part>());
        QVERIFY2(flat(matrix.words.at(0)).startsWith(row), qPrintable(flat(matrix.words.at(0))));
        for (std::size_t at = 0; at < matrix.words.size(); ++at)
            QVERIFY2(!flat(matrix.words[at]).contains('?'), qPrintable(flat(matrix.words[at])));
    }

    void linksToTheProcessorAreTold()
    {
        Collector collector;
        lookAtSimulated(collector, {}, "gb200-nvl72-tray");
        QCOMPARE(collector.value("c2c_active", "gpu/3"), std::optional<double>(5));
        QCOMPARE(collector.value("c2c_speed", "gpu/3"), std::optional<double>(44.712));
        const auto parts = collector.all<protocol::Part>();
        const auto memory = std::ranges::find_if(parts, [](const auto &part) { return part.place == "numa/10"; });
        QVERIFY(memory != parts.end());
        QCOMPARE(QString::fromStdString(memory->attributes.at("memory_of")), QString("gpu/1"));
        QCOMPARE(collector.value("numa_nodes", "node"), std::optional<double>(6)); // two Grace, four GPUs; what is set aside is none
        const QString text = QString::fromStdString(report::topologyText(matrixOf(parts)));
        QVERIFY2(text.contains(QRegularExpression("GPU0 .* 0-71 +0,3-9,11-17 +2\n")), qPrintable(text));
        QVERIFY2(text.contains(QRegularExpression("GPU3 .* 72-143 +1,19-25,27-33 +26\n")), qPrintable(text));
        QVERIFY2(text.contains(QRegularExpression("GPU2: .*, NVLink-C2C to numa/1\n")), qPrintable(text));

        Collector without;
        lookAtSimulated(without, {});
        QVERIFY(!without.value("c2c_active", "gpu/3"));
        QVERIFY(!QString::fromStdString(report::topologyText(matrixOf(without.all<protocol::Part>()))).contains("C2C"));
    }

    void aLinkToTheProcessorThatIsDownFailsTheGpu()
    {
        Collector said;
        lookAtSimulated(said, {}, "gb200-nvl72-tray");
        RunBuilder run(nodeNames(2));
        run.step("topology", "gpu.topology");
        for (const std::string &node : nodeNames(2)) {
            for (const auto &part : said.all<protocol::Part>())
                run.part(node, part);
            for (const auto &measured : said.all<protocol::Measurement>()) {
                const bool down = node == "n02" && measured.metric == "c2c_active" && measured.subject == "gpu/1";
                run.value(node, "topology", measured.metric, down ? 4 : measured.value, measured.unit, measured.subject, 1, measured.parameters);
            }
            run.ended(node, "topology");
        }
        const auto verdict = analysis::judge(run.data(), gpuCriteria());
        QVERIFY2(verdict.nodes[0].verdict == domain::Verdict::Qualified, verdict.nodes[0].reasons.empty() ? "" : verdict.nodes[0].reasons[0].text.c_str());
        QCOMPARE(verdict.nodes[1].verdict, domain::Verdict::Failed);
        const std::string &text = verdict.nodes[1].reasons.at(0).text;
        QVERIFY2(text.starts_with("c2c_active 4 on n02, GPU 1 (NVIDIA GB200, serial "), text.c_str());
    }

    void plantedFaultsShow()
    {
        Collector collector;
        lookAtSimulated(collector, plantedFaults());
        QCOMPARE(collector.value("pcie_width", "gpu/3"), std::optional<double>(8));
        QCOMPARE(collector.value("pcie_width", "gpu/2"), std::optional<double>(16));
        QCOMPARE(collector.value("nvlinks", "gpu/5"), std::optional<double>(17));
        QCOMPARE(collector.value("nvlinks", "gpu/4"), std::optional<double>(18));
        const auto matrix = matrixOf(collector.all<protocol::Part>());
        QCOMPARE(matrix.words.at(5).at(0), std::string("NV17"));
    }

    /// From the nodes to the verdict, with the limits and models that come with the program.
    void plantedFaultsAreJudgedByTheModel()
    {
        Collector well, ill;
        lookAtSimulated(well, {});
        lookAtSimulated(ill, plantedFaults());
        RunBuilder run(nodeNames(5));
        run.step("topology", "gpu.topology");
        for (const std::string &node : nodeNames(5)) {
            const Collector &said = node == "n03" ? ill : well;
            for (const auto &part : said.all<protocol::Part>())
                run.part(node, part);
            for (const auto &measured : said.all<protocol::Measurement>())
                run.value(node, "topology", measured.metric, measured.value, measured.unit, measured.subject, 1, measured.parameters);
            run.ended(node, "topology");
        }
        const auto verdict = analysis::judge(run.data(), gpuCriteria());
        for (const auto &node : verdict.nodes) {
            const bool faulty = node.node.text() == "n03";
            QVERIFY2((node.verdict == domain::Verdict::Failed) == faulty, (node.node.text() + ": " + (node.reasons.empty() ? "" : node.reasons[0].text)).c_str());
            QVERIFY2(faulty || node.verdict == domain::Verdict::Qualified, (node.node.text() + ": " + (node.reasons.empty() ? "" : node.reasons[0].text)).c_str());
        }
        const auto &reasons = verdict.find(domain::NodeId("n03"))->reasons;
        const auto about = [&](const std::string &metric, const std::string &subject) {
            return std::ranges::find_if(reasons, [&](const auto &reason) { return reason.metric == metric && reason.subject == subject; });
        };
        const auto narrow = about("pcie_width", "gpu/3");
        QVERIFY(narrow != reasons.end());
        QVERIFY2(narrow->text.starts_with("pcie_width 8 lanes on n03, GPU 3 (NVIDIA H100 80GB HBM3, serial "), narrow->text.c_str());
        QVERIFY2(narrow->text.ends_with(": 50 % of the 16 lanes that NVIDIA H100 SXM5, 80 GB promises"), narrow->text.c_str());
        QVERIFY(about("nvlinks", "gpu/5") != reasons.end());
        QCOMPARE(reasons.size(), 2u);
    }
};

QTEST_GUILESS_MAIN(TestTopology)
#include "test_topology.moc"
