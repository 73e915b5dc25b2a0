// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/gpu/nic_loopback.h"
#include "engine/checks/health/infiniband.h"
#include "tests/engine/checks/collector.h"
#include "tests/engine/measure/file_tree.h"

#include <QDir>
#include <QMap>
#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

void look(Collector &collector, const FileTree &tree)
{
    const auto context = contextFor(collector);
    const Reporter reporter(context, "host.health");
    Waivers waivers(reporter, false);
    reportInfiniband(reporter, tree.root(), waivers);
}

std::optional<protocol::Part> partAt(const Collector &collector, const std::string &place)
{
    for (auto &part : collector.all<protocol::Part>()) {
        if (part.place == place)
            return part;
    }
    return std::nullopt;
}

QDir realData()
{
    return QDir(qEnvironmentVariable("SEATRIAL_REALDATA", QStringLiteral(SEATRIAL_SOURCE_DIR "/../shared/realdata")) + "/ib");
}

/// "0x946dae0300cde72c" as sysfs writes it.
QString guidText(const QString &number)
{
    const QString digits = number.mid(2);
    return QStringList{digits.mid(0, 4), digits.mid(4, 4), digits.mid(8, 4), digits.mid(12, 4)}.join(':');
}

/// A port as `ibstat` prints it.
struct Port {
    QString adapter;
    QString number;
    QMap<QString, QString> says;
};

std::vector<Port> portsOf(const QString &ibstat, FileTree &tree)
{
    const QMap<QString, QString> states{{"Down", "1: DOWN"}, {"Initializing", "2: INIT"}, {"Armed", "3: ARMED"}, {"Active", "4: ACTIVE"}};
    std::vector<Port> ports;
    QString adapter;
    const auto write = [&](const QString &file, const QString &text) { tree.write(("sys/class/infiniband/" + adapter + '/' + file).toStdString(), text.toStdString() + '\n'); };
    for (const QString &line : ibstat.split('\n')) {
        const QString key = line.section(':', 0, 0).trimmed(), value = line.section(':', 1).trimmed();
        if (line.startsWith("CA '"))
            adapter = line.section('\'', 1, 1);
        else if (key.startsWith("Port ") && value.isEmpty())
            ports.push_back({adapter, key.mid(5), {}});
        else if (key == "CA type")
            write("hca_type", value);
        else if (key == "Firmware version")
            write("fw_ver", value);
        else if (key == "Node GUID")
            write("node_guid", guidText(value));
        else if (!ports.empty() && ports.back().adapter == adapter)
            ports.back().says[key] = value;
    }
    for (const Port &port : ports) {
        adapter = port.adapter;
        write("ports/" + port.number + "/state", states[port.says["State"]]);
        write("ports/" + port.number + "/rate", port.says["Rate"] + " Gb/sec (4X NDR)");
        write("ports/" + port.number + "/gids/0", "fe80:0000:0000:0000:" + guidText(port.says["Port GUID"]));
    }
    return ports;
}

} // namespace

/// Adapters of InfiniBand and RoCE as sysfs shows them.
class TestAdapters : public QObject
{
    Q_OBJECT

private slots:
    void anAdapterIsAPartWithItsGuid()
    {
        FileTree tree;
        const std::string adapter = "sys/class/infiniband/mlx5_0/";
        for (const auto &[file, text] : std::initializer_list<std::pair<const char *, const char *>>{
                 {"node_guid", "946d:ae03:00cd:e72c"}, {"hca_type", "MT4129"}, {"fw_ver", "28.39.1002"}, {"board_id", "MT_0000000838"}, {"ports/1/state", "4: ACTIVE"},
                 {"ports/1/rate", "100 Gb/sec (1X NDR)"}, {"ports/1/gids/0", "fe80:0000:0000:0000:946d:ae03:00cd:e72c"}, {"ports/1/counters/link_downed", "3"},
                 {"ports/1/counters/port_rcv_remote_physical_errors", "7"}, {"ports/1/hw_counters/out_of_sequence", "11"}})
            tree.write(adapter + file, std::string(text) + "\n");
        Collector collector;
        look(collector, tree);
        const auto part = partAt(collector, "nic/mlx5_0");
        QVERIFY(part);
        QCOMPARE(part->identity, std::string("946d:ae03:00cd:e72c"));
        QCOMPARE(part->model, std::string("MT4129"));
        QCOMPARE(part->firmware, std::string("28.39.1002"));
        QCOMPARE(part->attributes.at("board_id"), std::string("MT_0000000838"));
        QCOMPARE(collector.value("ib_lanes", "ib/mlx5_0/1"), std::optional<double>(1)); // of four: it lost three
        QCOMPARE(collector.value("ib_link_downed", "ib/mlx5_0/1"), std::optional<double>(3));
        QCOMPARE(collector.value("ib_remote_physical_errors", "ib/mlx5_0/1"), std::optional<double>(7));
        QCOMPARE(collector.value("ib_out_of_sequence", "ib/mlx5_0/1"), std::optional<double>(11));
        QVERIFY(!collector.value("ib_symbol_errors", "ib/mlx5_0/1")); // what is not there is not made up
        QCOMPARE(collector.measurement("ib_active", "ib/mlx5_0/1")->parameters.at("guid"), std::string("946d:ae03:00cd:e72c"));
    }

    /// That nobody looked at them must never count as if there were none.
    void adaptersThatCannotBeLoadedAreNotAbsent()
    {
        FileTree tree;
        Collector collector;
        auto context = contextFor(collector);
        context.sysroot = tree.root();
        QCOMPARE(NicLoopback().run(context).waiver, protocol::Waiver::NotPresent);
        tree.write("sys/class/infiniband/mlx5_0/node_guid", "946d:ae03:00cd:e72c\n");
        const CheckResult result = NicLoopback().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Waived);
        QCOMPARE(result.waiver, protocol::Waiver::NotPermitted);
    }

    void damagedAdaptersEnd()
    {
        FileTree tree;
        tree.write("sys/class/infiniband/mlx5_0/ports/1/rate", "Gb/sec (X NDR) 4X)");
        tree.write("sys/class/infiniband/mlx5_0/ports/1/state", "\n");
        tree.write("sys/class/infiniband/mlx5_0/ports/1/gids/0", std::string(5000, 'f'));
        tree.write("sys/class/infiniband/mlx5_0/ports/1/counters/link_downed", "-1");
        Collector collector;
        look(collector, tree);
        QVERIFY(!collector.value("ib_rate", "ib/mlx5_0/1"));
        QVERIFY(!collector.value("ib_lanes", "ib/mlx5_0/1"));
        QVERIFY(!collector.value("ib_link_downed", "ib/mlx5_0/1"));
    }

    void realAdaptersSayTheSame_data()
    {
        QTest::addColumn<QString>("file");
        const QDir folder = realData();
        for (const QString &name : folder.entryList({"gpud-ibstat.*"}, QDir::Files))
            QTest::newRow(qPrintable(name)) << folder.filePath(name);
        if (!folder.exists())
            QTest::newRow("none") << QString();
    }
    void realAdaptersSayTheSame()
    {
        QFETCH(QString, file);
        if (file.isEmpty())
            QSKIP("no output of ibstat here");
        QFile opened(file);
        QVERIFY(opened.open(QIODevice::ReadOnly));
        FileTree tree;
        const auto ports = portsOf(QString::fromUtf8(opened.readAll()), tree);
        QVERIFY(!ports.empty());
        Collector collector;
        look(collector, tree);
        for (const Port &port : ports) {
            const std::string subject = ("ib/" + port.adapter + '/' + port.number).toStdString();
            QCOMPARE(collector.value("ib_active", subject), std::optional<double>(port.says["State"] == "Active"));
            QCOMPARE(collector.value("ib_rate", subject), std::optional<double>(port.says["Rate"].toDouble()));
            QCOMPARE(QString::fromStdString(collector.measurement("ib_active", subject)->parameters.at("guid")), guidText(port.says["Port GUID"]));
            QVERIFY(partAt(collector, "nic/" + port.adapter.toStdString()));
        }
    }
};

QTEST_GUILESS_MAIN(TestAdapters)
#include "test_adapters.moc"
