// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/simulate/simulated_node.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QTemporaryDir>

using namespace seatrial::engine;
using seatrial::tests::machineOf;
using seatrial::tests::profileOf;

namespace {

QString lineOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()).trimmed() : QStringLiteral("(none)");
}

/// The folders of a device from its root port on.
QStringList pathTo(const QString &root, const std::string &address)
{
    const QString path = QFileInfo(root + "/sys/bus/pci/devices/" + QString::fromStdString(address)).canonicalFilePath();
    return path.mid(path.indexOf("/pci0000:") + 1).split('/');
}

} // namespace

/// The /proc and /sys of a simulated node, walked as those of a real one.
class TestSimulateTree : public QObject
{
    Q_OBJECT

    // Each tree is hundreds of files: one that nobody changes serves several.
    QTemporaryDir m_folder;
    const simulate::Profile m_profile = profileOf("");
    const std::unique_ptr<Machine> m_machine = machineOf(m_profile, m_folder.path().toStdString());
    const QString m_root = QString::fromStdString(m_machine->sysroot().string());

private slots:
    void devicesHangWhereTheyShould();
    void halfWidth();
    void adapters();
    void noLinkLeadsOut();
    void isMadeOnce();
};

void TestSimulateTree::devicesHangWhereTheyShould()
{
    const QString &root = m_root;
    const auto &profile = m_profile;
    int gpus = 0, switches = 0;
    for (const QString &address : QDir(root + "/sys/bus/pci/devices").entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString folderOf = root + "/sys/bus/pci/devices/" + address;
        gpus += lineOf(folderOf + "/class") == "0x030200" && lineOf(folderOf + "/vendor") == "0x10de" && lineOf(folderOf + "/device") == "0x2330";
        switches += lineOf(folderOf + "/class") == "0x068000" && lineOf(folderOf + "/vendor") == "0x10de";
        QCOMPARE(pathTo(root, address.toStdString()).last(), address);
    }
    QCOMPARE(gpus, 8);
    QCOMPARE(switches, 4);
    const auto below = [&](const std::string &address) { return pathTo(root, address).mid(0, 3); }; // host bridge, root port, switch
    for (int gpu = 0; gpu < 8; ++gpu) {
        const std::string address = profile.gpuAddress(gpu);
        QCOMPARE(pathTo(root, address).size(), 5);
        QCOMPARE(below(address), below(profile.nicAddress(std::size_t(gpu)))); // its rail is on its switch
        QCOMPARE(below(address) == below(profile.gpuAddress(gpu ^ 1)), true);
        QCOMPARE(below(address) == below(profile.gpuAddress(gpu ^ 2)), false);
        const QString folderOf = root + "/sys/bus/pci/devices/" + QString::fromStdString(address);
        QCOMPARE(lineOf(folderOf + "/numa_node"), QString::number(gpu / 4));
        QCOMPARE(lineOf(folderOf + "/current_link_width"), QStringLiteral("16"));
        QCOMPARE(lineOf(folderOf + "/current_link_speed"), QStringLiteral("32.0 GT/s PCIe"));
        QCOMPARE(lineOf(folderOf + "/local_cpulist"), gpu < 4 ? QStringLiteral("0-55,112-167") : QStringLiteral("56-111,168-223"));
        QCOMPARE(QFileInfo(folderOf + "/driver").canonicalFilePath().section('/', -1), QStringLiteral("nvidia"));
        QCOMPARE(m_machine->management().identity(gpu)->attributes.at("pci_address"), address);
    }
}

void TestSimulateTree::halfWidth()
{
    const QTemporaryDir folder;
    const auto profile = profileOf("faults:\n  - { kind: half-width-pcie, part: gpu/3 }\n  - { kind: half-width-pcie, part: nic/mlx5_1, value: 4 }\n");
    const auto machine = machineOf(profile, folder.path().toStdString());
    const QString devices = QString::fromStdString(machine->sysroot().string()) + "/sys/bus/pci/devices/";
    const auto width = [&](const std::string &address, const char *which) { return lineOf(devices + QString::fromStdString(address) + '/' + which); };
    QCOMPARE(width(profile.gpuAddress(3), "current_link_width"), QStringLiteral("8"));
    QCOMPARE(width(profile.gpuAddress(3), "max_link_width"), QStringLiteral("16"));
    QCOMPARE(width(profile.gpuAddress(2), "current_link_width"), QStringLiteral("16"));
    QCOMPARE(width(profile.nicAddress(1), "current_link_width"), QStringLiteral("4"));
    QCOMPARE(width(profile.nicAddress(0), "current_link_width"), QStringLiteral("16"));
    QVERIFY(lineOf(devices + QString::fromStdString(profile.gpuAddress(3)) + "/aer_dev_correctable").contains("TOTAL_ERR_COR 49"));
}

void TestSimulateTree::adapters()
{
    const QString &root = m_root;
    QCOMPARE(QDir(root + "/sys/class/infiniband").entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 9);
    QCOMPARE(lineOf(root + "/sys/class/infiniband/mlx5_3/ports/1/rate"), QStringLiteral("400 Gb/sec (4X NDR)"));
    QCOMPARE(lineOf(root + "/sys/class/infiniband/mlx5_3/ports/1/state"), QStringLiteral("4: ACTIVE"));
    QCOMPARE(lineOf(root + "/sys/class/infiniband/mlx5_8/ports/1/link_layer"), QStringLiteral("Ethernet"));
    QCOMPARE(QFileInfo(root + "/sys/class/net/ib3/device").canonicalFilePath(), QFileInfo(root + "/sys/class/infiniband/mlx5_3/device").canonicalFilePath());
    QCOMPARE(lineOf(root + "/sys/class/net/ib3/speed"), QStringLiteral("400000"));
    // As on a real node: what a link is called says which PCI function the adapter is.
    const std::filesystem::path device = (root + "/sys/class/infiniband/mlx5_3/device").toStdString();
    QCOMPARE(std::filesystem::read_symlink(device).filename(), std::filesystem::canonical(device).filename());
    QVERIFY(lineOf(root + "/sys/class/infiniband/mlx5_3/node_guid").startsWith("b83f:d2"));
    QCOMPARE(lineOf(root + "/sys/devices/system/node/node1/cpulist"), QStringLiteral("56-111,168-223"));
    QVERIFY(lineOf(root + "/proc/driver/nvidia/version").startsWith("NVRM version"));
}

void TestSimulateTree::noLinkLeadsOut()
{
    const QString root = QFileInfo(m_root).canonicalFilePath();
    int links = 0;
    for (QDirIterator entry(root, QDir::AllEntries | QDir::System | QDir::Hidden | QDir::NoDotAndDotDot, QDirIterator::Subdirectories); entry.hasNext();) {
        entry.next();
        if (!entry.fileInfo().isSymLink())
            continue;
        ++links;
        QVERIFY2(entry.fileInfo().canonicalFilePath().startsWith(root + '/'), qPrintable(entry.filePath()));
    }
    QVERIFY(links > 30);
}

void TestSimulateTree::isMadeOnce()
{
    QFile log(m_root + "/dev/kmsg");
    QVERIFY(log.open(QIODevice::Append) && log.write("6,1,1,-;kept\n") > 0);
    log.close();
    machineOf(m_profile, m_folder.path().toStdString());
    QVERIFY(lineOf(log.fileName()).endsWith("kept"));
    QVERIFY(!QFileInfo::exists(m_root + ".part"));
}

QTEST_APPLESS_MAIN(TestSimulateTree)
#include "test_tree.moc"
