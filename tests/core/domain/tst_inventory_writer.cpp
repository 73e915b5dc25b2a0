// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/inventory_writer.h"

#include "core/domain/yaml_text.h"
#include "core/domain/yaml_tree.h"

#include <QTest>

#include <random>

using namespace seatrial::domain;

namespace {

const char *const kHall = R"(# The hall, as of spring.
version: 1
name: hall-3   # shown everywhere
ssh: { user: root, identity: keys/id_ed25519, known_hosts: ~/hosts, port: 2222 }
privileges: sudo
shared:
  - { name: lab-host, kind: physical-host, nodes: "n[01-08]" }
racks:
  - name: R1
    height: 24

    nodes:
      - { name: n01, address: 10.77.0.11, unit: 1, height: 2 }   # the first
      - { name: n02, address: "fe80::1%eth0", unit: 3, height: 2, ssh: { user: admin, port: 22, identity: /keys/other, jump: "a@b:2,c" } }
      - { name: "n[03-08]", address: "10.77.0.[13-18]", unit: 5.5, height: 1.5, privileges: none }
      # end of R1

  - name: R2
    nodes:
  - name: R3
nodes:
  - { name: x1, ssh: { jump: none, host_keys: ["SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"] } }
  - name: "y[1-2]"
    address: "10.0.0.[1-2]"
)";

const char *const kFile = "/srv/hall/f.yaml";

Fleet parsed(const std::string &yaml)
{
    const auto fleet = parseFleet(yaml, kFile);
    if (!fleet)
        qWarning("%s\n%s", fleet.error().what.c_str(), yaml.c_str());
    return fleet.value_or(Fleet{});
}

} // namespace

class InventoryWriterTest : public QObject
{
    Q_OBJECT

private slots:
    void roundTrip();
    void roundTripOfOddNames();
    void addsAndKeepsEveryByte_data();
    void addsAndKeepsEveryByte();
    void beginsANewOne();
    void saysAtWhichField_data();
    void saysAtWhichField();
    void refusesWhatItCannotAddTo();
    void anyEntryAddsOrSaysWhy();
};

void InventoryWriterTest::roundTrip()
{
    const Fleet fleet = parsed(kHall);
    QCOMPARE(fleet.nodes.size(), std::size_t(11));
    const std::string text = writeFleet(fleet, kFile);
    QVERIFY2(parsed(text) == fleet, text.c_str());
    QVERIFY2(text.find("identity: \"keys/id_ed25519\"") != std::string::npos, "below the file's folder: relative, so that the folder can be moved");
    auto moved = parseFleet(writeFleet(fleet, "/tmp/elsewhere.yaml"), "/tmp/elsewhere.yaml");
    QVERIFY(moved.has_value());
    moved->source = fleet.source;
    for (Node &node : moved->nodes)
        node.inventory = fleet.source;
    QVERIFY(*moved == fleet);
}

void InventoryWriterTest::roundTripOfOddNames()
{
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        Fleet fleet;
        fleet.source = kFile;
        fleet.name = "a \"b\" \\ # : {ü}";
        const int racks = static_cast<int>(random() % 4);
        for (int r = 0; r < racks; ++r)
            fleet.racks.push_back({RackId("R: " + std::to_string(r) + "'\""), 42});
        for (int n = 0; n < 12; ++n) {
            Node node;
            node.id = NodeId("n" + std::to_string(n));
            node.address = random() % 2 ? node.id.text() : "10.0.0." + std::to_string(n);
            if (racks > 0 && n < 8) {
                node.rack = fleet.racks[static_cast<std::size_t>(n * racks / 8)].id;
                node.unit = 1 + 3.25 * n;
                node.height = random() % 2 ? 1 : 2.5;
            }
            node.ssh.user = random() % 3 ? "ops" : "";
            if (random() % 3 == 0)
                node.ssh.port = static_cast<std::uint16_t>(random() % 65535 + 1);
            if (random() % 2)
                node.ssh.identity = random() % 2 ? "/srv/hall/~odd" : "/etc/key with blank";
            if (random() % 3 == 0)
                node.ssh.jumps = random() % 2 ? std::vector<std::string>{} : std::vector<std::string>{"a@b:2", "c"};
            node.sudo = random() % 2;
            node.inventory = kFile;
            fleet.nodes.push_back(node);
        }
        fleet.shared.push_back({"s", "physical-host", {NodeId("n3"), NodeId("n1")}});
        const std::string text = writeFleet(fleet, kFile);
        QVERIFY2(parsed(text) == fleet, text.c_str());
    }
}

void InventoryWriterTest::addsAndKeepsEveryByte_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("rack");
    const QByteArray hall = kHall;
    QTest::newRow("into a rack") << hall << "R1";
    QTest::newRow("into a rack with an empty list") << hall << "R2";
    QTest::newRow("into a rack without a list") << hall << "R3";
    QTest::newRow("a new rack") << hall << "R 9: \"x\"";
    QTest::newRow("without a place") << hall << "";
    QTest::newRow("line ends of Windows") << QByteArray(hall).replace("\n", "\r\n") << "R1";
    QTest::newRow("no line end at the end") << hall.trimmed() << "";
    QTest::newRow("no nodes key") << QByteArray("version: 1\nracks:\n- name: R1\n  nodes:\n  - {name: a, unit: 1}\n") << "";
    QTest::newRow("lists that are not indented") << QByteArray("version: 1\nracks:\n- name: R1\n  nodes:\n  - name: a\n    unit: 1\n  - {name: b, unit: 2}\nnodes:\n- name: c\n") << "R1";
    QTest::newRow("no racks key") << QByteArray("version: 1\nnodes:\n- name: c\n") << "R1";
}

void InventoryWriterTest::addsAndKeepsEveryByte()
{
    QFETCH(QByteArray, file);
    QFETCH(QString, rack);
    const std::string before = file.toStdString();
    const Fleet old = parsed(before);
    NodeEntry entry;
    entry.name = "z[1-3]";
    entry.address = "10.9.9.[1-3]";
    entry.user = "ops";
    entry.port = "2200";
    entry.jump = "gate@door:22,inner";
    entry.rack = rack.toStdString();
    if (!rack.isEmpty())
        entry.unit = "15.5";
    const auto added = addEntry(before, kFile, entry);
    QVERIFY2(added, added ? "" : added.error().failure.what.c_str());
    QCOMPARE(added->added.size(), std::size_t(3));
    QCOMPARE(added->fleet.nodes.size(), old.nodes.size() + 3);
    const Node *second = added->fleet.find(NodeId("z2"));
    QVERIFY(second);
    QCOMPARE(second->address, std::string("10.9.9.2"));
    QCOMPARE(second->rack.text(), entry.rack);
    QCOMPARE(second->unit, rack.isEmpty() ? 0 : 16.5);
    QCOMPARE(second->ssh.user, std::string("ops"));
    QVERIFY(second->ssh.port == 2200 && second->ssh.jumps == std::vector<std::string>({"gate@door:22", "inner"}));
    // Taking the new piece out again gives the old file, but for a line end that it lacked.
    const std::string &after = added->yaml;
    std::size_t same = 0;
    while (same < before.size() && before[same] == after[same])
        ++same;
    const std::size_t tail = before.size() - same;
    QCOMPARE(QByteArray::fromStdString(after.substr(after.size() - tail)), QByteArray::fromStdString(before.substr(same)));
    QVERIFY2(parsed(after) == added->fleet, after.c_str());
    // And once more, beside the first.
    entry = {.name = "zz", .address = {}, .rack = {}, .unit = {}, .height = {}, .user = {}, .port = {}, .identity = {}, .jump = {}};
    const auto twice = addEntry(after, kFile, entry);
    QVERIFY2(twice, twice ? "" : twice.error().failure.what.c_str());
    QCOMPARE(twice->fleet.nodes.size(), old.nodes.size() + 4);
}

void InventoryWriterTest::beginsANewOne()
{
    NodeEntry entry;
    entry.name = "n[01-04]";
    const auto added = addEntry(emptyInventory("my: \"hall\""), kFile, entry);
    QVERIFY2(added, added ? "" : added.error().failure.what.c_str());
    QCOMPARE(added->fleet.name, std::string("my: \"hall\""));
    QCOMPARE(added->fleet.nodes.size(), std::size_t(4));
    entry.name = "r[1-2]";
    entry.rack = "R1";
    entry.unit = "3";
    const auto more = addEntry(added->yaml, kFile, entry);
    QVERIFY2(more, more ? "" : more.error().failure.what.c_str());
    QCOMPARE(more->fleet.nodes.size(), std::size_t(6));
}

void InventoryWriterTest::saysAtWhichField_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("rack");
    QTest::addColumn<int>("at");
    QTest::addColumn<QString>("what");
    const auto row = [](const char *name, const char *field, const char *text, const char *rack, EntryField at, const char *what) { QTest::newRow(name) << field << text << rack << int(at) << what; };
    row("no name", "name", "", "", EntryField::Name, "needs a name");
    row("half a name", "name", "n[01-", "", EntryField::Name, "");
    row("odd name", "name", "-n", "", EntryField::Name, "found \"-n\"");
    row("twice", "name", "n01", "", EntryField::Name, "there is a node n01 already");
    row("twice, met later", "name", "x1", "R1", EntryField::Name, "there is a node x1 already");
    row("address that looks like an option", "address", "-oProxyCommand=x", "", EntryField::Address, "");
    row("as many addresses", "address", "10.0.0.[5-6]", "", EntryField::Address, "1 names but 2");
    row("same address", "address", "10.77.0.11", "", EntryField::Address, "node n01 has the address 10.77.0.11 already");
    row("unit that is none", "unit", "top", "R1", EntryField::Unit, "");
    row("unit beyond the rack", "unit", "25", "R1", EntryField::Unit, "");
    row("unit that is taken", "unit", "3", "R1", EntryField::Unit, "overlaps n02");
    row("unit without a rack", "unit", "3", "", EntryField::Unit, "need a rack");
    row("no unit", "unit", "", "R1", EntryField::Unit, "lowest unit");
    row("height", "height", "none", "R1", EntryField::Height, "");
    row("port", "port", "70000", "", EntryField::Port, "");
    row("port in words", "port", "ssh", "", EntryField::Port, "");
    row("user", "user", "a b", "", EntryField::User, "");
    row("identity of somebody else", "identity", "~joe/key", "", EntryField::Identity, "");
    row("jump", "jump", "a,-oX", "", EntryField::Jump, "found \"-oX\"");
    row("line break", "user", "a\nb: c", "", EntryField::User, "");
}

void InventoryWriterTest::saysAtWhichField()
{
    QFETCH(QString, field);
    QFETCH(QString, text);
    QFETCH(QString, rack);
    QFETCH(int, at);
    QFETCH(QString, what);
    NodeEntry entry;
    entry.name = "z9";
    if (field != "address")
        entry.address = "10.9.9.9";
    entry.rack = rack.toStdString();
    entry.unit = rack.isEmpty() ? "" : "20";
    const std::map<QString, std::string NodeEntry::*> fields = {{"name", &NodeEntry::name}, {"address", &NodeEntry::address}, {"unit", &NodeEntry::unit}, {"height", &NodeEntry::height},
                                                                {"port", &NodeEntry::port}, {"user", &NodeEntry::user}, {"identity", &NodeEntry::identity}, {"jump", &NodeEntry::jump}};
    entry.*fields.at(field) = text.toStdString();
    const auto added = addEntry(kHall, kFile, entry);
    QVERIFY2(!added, QTest::currentDataTag());
    QVERIFY2(QString::fromStdString(added.error().failure.what).contains(what), added.error().failure.what.c_str());
    QVERIFY2(!QString::fromStdString(added.error().failure.what).contains("f.yaml"), added.error().failure.what.c_str());
    QCOMPARE(int(added.error().field), at);
}

void InventoryWriterTest::refusesWhatItCannotAddTo()
{
    NodeEntry entry;
    entry.name = "z1";
    for (const char *yaml : {"version: 1\nnodes: [ { name: a } ]\n", "{ version: 1, nodes: [ { name: a } ] }\n", "version: 1\nnodes:\n  - { name: a }\n...\n# end\n"}) {
        const auto added = addEntry(yaml, kFile, entry);
        if (added) { // then it has to be right
            QVERIFY(added->fleet.find(NodeId("z1")) && added->fleet.find(NodeId("a")));
            continue;
        }
        QCOMPARE(int(added.error().field), int(EntryField::File));
        QVERIFY(QString::fromStdString(added.error().failure.advice).contains("new file"));
    }
    const auto damaged = addEntry("version: 1\nnodes:\n  - { nam: a }\n", kFile, entry);
    QVERIFY(!damaged && damaged.error().field == EntryField::File);
    QVERIFY2(QString::fromStdString(damaged.error().failure.what).contains("f.yaml:3"), "what is wrong with the file is told with its place");
}

void InventoryWriterTest::anyEntryAddsOrSaysWhy()
{
    std::mt19937 random(11);
    const std::vector<std::string> pieces = {"n", "[1-3]", "\"", "'", ": ", "#", "\n", "- ", "{", "}", "ü", "\\", "x9", ",", " ", "~", "\xff", "1", "R1"};
    const Fleet old = parsed(kHall);
    for (int round = 0; round < 1500; ++round) {
        const auto text = [&] {
            std::string made;
            for (auto left = random() % 4; left > 0; --left)
                made += pieces[random() % pieces.size()];
            return made;
        };
        NodeEntry entry{.name = "q" + text(), .address = text(), .rack = random() % 2 ? text() : "", .unit = {}, .height = {}, .user = text(), .port = {}, .identity = text(), .jump = {}};
        if (!entry.rack.empty())
            entry.unit = "20";
        const auto added = addEntry(kHall, kFile, entry);
        if (!added) {
            QVERIFY(!added.error().failure.what.empty());
            continue;
        }
        for (const Node &node : old.nodes)
            QVERIFY(added->fleet.find(node.id) && *added->fleet.find(node.id) == node);
        QCOMPARE(added->fleet.nodes.size(), old.nodes.size() + added->added.size());
    }
}

QTEST_APPLESS_MAIN(InventoryWriterTest)
#include "tst_inventory_writer.moc"
