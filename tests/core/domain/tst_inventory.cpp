// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/inventory.h"
#include "core/domain/yaml_tree.h"
#include "tests/support/peak_memory.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace seatrial::domain;

namespace {

const char *const kLab = R"(version: 1
name: lab-8
ssh: { user: root, identity: id_ed25519, known_hosts: ~/hosts, port: 2222 }
shared:
  - { name: lab-host, kind: physical-host, nodes: "n[01-08]" }
racks:
  - name: R1
    height: 24
    nodes:
      - { name: n01, address: 10.77.0.11, unit: 1, height: 2 }
      - { name: n02, address: 10.77.0.12, unit: 3, height: 2, ssh: { user: admin, port: 22, identity: /keys/other } }
      - { name: "n[03-04]", address: "10.77.0.[13-14]", unit: 5, height: 2 }
      - { name: "n[05-08]", address: "10.77.0.[15-18]", unit: 9, height: 2, step: 4 }
  - name: R2
    nodes:
nodes:
  - { name: x1 }
  - { name: "y[1-2]" }
)";

QString problemOf(const QString &yaml)
{
    const auto fleet = parseFleet(yaml.toStdString(), "f.yaml");
    return fleet ? QStringLiteral("no problem") : QString::fromStdString(fleet.error().what);
}

} // namespace

class InventoryTest : public QObject
{
    Q_OBJECT

private slots:
    void readsTheLab();
    void malformed_data();
    void malformed();
    void waysIn();
    void suggestsWhatWasMeant();
    void files();
    void bombs_data();
    void bombs();
    void aHundredThousandNodes();
    void anyDamageIsAFailureOrAFleet();
    void selects();
};

void InventoryTest::readsTheLab()
{
    qputenv("HOME", "/home/me");
    const auto fleet = parseFleet(kLab, "/labs/one/inventory.yaml");
    QVERIFY2(fleet, fleet ? "" : fleet.error().what.c_str());
    QCOMPARE(fleet->name, std::string("lab-8"));
    QCOMPARE(fleet->racks.size(), std::size_t{2});
    QCOMPARE(fleet->racks[0].height, 24);
    QCOMPARE(fleet->racks[1].height, 42);
    QCOMPARE(fleet->nodes.size(), std::size_t{11});

    const Node &first = fleet->nodes[0];
    QCOMPARE(first.address, std::string("10.77.0.11"));
    QCOMPARE(first.rack, RackId("R1"));
    QCOMPARE(first.unit, 1.0);
    QCOMPARE(first.height, 2.0);
    QCOMPARE(first.ssh.user, std::string("root"));
    QCOMPARE(first.ssh.port, std::optional<std::uint16_t>(2222));
    QCOMPARE(first.ssh.identity.string(), std::string("/labs/one/id_ed25519"));
    QCOMPARE(first.ssh.knownHosts.string(), std::string("/home/me/hosts"));

    const Node *const second = fleet->find(NodeId("n02"));
    QVERIFY(second);
    QCOMPARE(second->ssh.user, std::string("admin"));
    QCOMPARE(second->ssh.port, std::optional<std::uint16_t>(22));
    QCOMPARE(second->ssh.identity.string(), std::string("/keys/other"));
    QCOMPARE(second->ssh.knownHosts.string(), std::string("/home/me/hosts"));

    const auto place = [&](const char *name) { return fleet->find(NodeId(name))->unit; };
    QCOMPARE(place("n03"), 5.0);
    QCOMPARE(place("n04"), 7.0);
    QCOMPARE(place("n05"), 9.0);
    QCOMPARE(place("n08"), 21.0);
    QCOMPARE(fleet->find(NodeId("n07"))->address, std::string("10.77.0.17"));
    QCOMPARE(fleet->find(NodeId("y2"))->address, std::string("y2"));
    QVERIFY(fleet->find(NodeId("x1"))->rack.empty());
    QCOMPARE(fleet->find(NodeId("x1"))->unit, 0.0);
    QVERIFY(!fleet->find(NodeId("n09")));

    QCOMPARE(fleet->shared.size(), std::size_t{1});
    QCOMPARE(fleet->shared[0].kind, std::string("physical-host"));
    QCOMPARE(fleet->shared[0].nodes.size(), std::size_t{8});
}

void InventoryTest::malformed_data()
{
    QTest::addColumn<QString>("yaml");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *name, const QString &yaml, const char *problem) { QTest::newRow(name) << yaml << QString::fromUtf8(problem); };
    const QString head = "version: 1\n";
    const auto inRack = [&](const char *nodes) { return head + "racks:\n  - name: R1\n    height: 10\n    nodes:\n" + nodes; };

    row("empty", "", "f.yaml:1:1: found nothing, expected an inventory: a map with version, name, ssh, privileges, shared, racks, nodes");
    row("a list", "- a\n", "f.yaml:1:1: found a list, expected an inventory: a map with version, name, ssh, privileges, shared, racks, nodes");
    row("no version", "nodes:\n  - { name: a }\n", "f.yaml:1:1: an inventory has no \"version\", expected one");
    row("newer version", "version: 2\nnodes:\n  - { name: a }\n", "f.yaml:1:10: found version \"2\", expected 1");
    row("no nodes", head + "racks:\n  - name: R1\n", "f.yaml:1:1: the inventory has no nodes, expected at least one under racks or nodes");
    row("not YAML", head + "racks: [a\n", "f.yaml:3:1: this is not YAML: end of sequence flow not found");
    row("tab", head + "racks:\n\t- name: R1\n", "f.yaml:3:2: this is not YAML: illegal block entry");
    row("unknown key", inRack("      - { name: a, unit: 1, heigth: 2 }\n"),
        "f.yaml:6:29: a node of a rack has no key \"heigth\", expected one of: name, address, unit, height, step, ssh, privileges");
    row("twice the key", head + "name: a\nname: b\n", "f.yaml:3:1: this key is there twice in its map, expected it once");
    row("alias", head + "name: &a x\nnodes:\n  - { name: *a }\n", "f.yaml:4:13: found an alias (*name), expected the value itself");
    row("bytes that are no text", head + "name: \"\\" + QChar(1) + "\"\n", "f.yaml:2:10: this is not YAML: unknown escape character: ?");
    row("second document", head + "nodes: [{ name: a }]\n---\nversion: 1\n", "f.yaml:3:1: a second document begins here, expected only one");
    row("list as a key", "[1, 2]: 3\n", "f.yaml:1:1: found a list or a map as a key, expected a text");
    row("racks no list", head + "racks: R1\n", "f.yaml:2:8: found \"R1\" as racks, expected a list");
    row("rack no map", head + "racks:\n  - R1\n", "f.yaml:3:5: found \"R1\", expected a rack: a map with name, height, nodes");
    row("rack without name", head + "racks:\n  - height: 3\n", "f.yaml:3:5: a rack has no \"name\", expected one");
    row("height is text", head + "racks:\n  - name: R1\n    height: tall\n", "f.yaml:4:13: found \"tall\" as height, expected a number from 1 to 100");
    row("height is not whole", head + "racks:\n  - name: R1\n    height: 1.5\n", "f.yaml:4:13: found \"1.5\" as height, expected a whole number");
    row("height is not finite", head + "racks:\n  - name: R1\n    height: .inf\n", "f.yaml:4:13: found \".inf\" as height, expected a number from 1 to 100");
    row("rack twice", head + "racks:\n  - name: R1\n  - name: R1\n", "f.yaml:4:11: there is a rack R1 already, expected each name once");
    row("node without place", inRack("      - { name: a }\n"), "f.yaml:6:9: a node of a rack has no \"unit\", expected one");
    row("place without rack", head + "nodes:\n  - { name: a, unit: 1 }\n", "f.yaml:3:16: a node has no key \"unit\", expected one of: name, address, ssh, privileges");
    row("unit 0", inRack("      - { name: a, unit: 0 }\n"), "f.yaml:6:26: found \"0\" as unit, expected a number from 1 to 10");
    row("above the rack", inRack("      - { name: a, unit: 10, height: 2 }\n"),
        "f.yaml:6:26: node a would take units 10 to 11, expected them within 1 to 10 of rack R1");
    row("row above the rack", inRack("      - { name: \"a[1-6]\", unit: 1, height: 2 }\n"),
        "f.yaml:6:33: node a6 would take units 11 to 12, expected them within 1 to 10 of rack R1");
    row("row below the rack", inRack("      - { name: \"a[1-2]\", unit: 1, step: -1 }\n"),
        "f.yaml:6:33: node a2 would take units 0 to 0, expected them within 1 to 10 of rack R1");
    row("overlap", inRack("      - { name: a, unit: 1, height: 2 }\n      - { name: b, unit: 2 }\n"),
        "f.yaml:7:26: node b at unit 2 overlaps a at unit 1, height 2, in rack R1, expected a free place");
    row("overlap from below", inRack("      - { name: a, unit: 4 }\n      - { name: b, unit: 3, height: 2 }\n"),
        "f.yaml:7:26: node b at unit 3 overlaps a at unit 4, height 1, in rack R1, expected a free place");
    row("row overlaps itself", inRack("      - { name: \"a[1-2]\", unit: 1, height: 2, step: 1 }\n"),
        "f.yaml:6:33: node a2 at unit 2 overlaps a1 at unit 1, height 2, in rack R1, expected a free place");
    row("name twice", head + "nodes:\n  - { name: a }\n  - { name: a, address: b }\n", "f.yaml:4:13: there is a node a already, expected each name once");
    row("address twice", head + "nodes:\n  - { name: a, address: h }\n  - { name: b, address: h }\n",
        "f.yaml:4:25: node a has the address h already, expected each once: it would be measured twice under two names");
    row("more names than addresses", head + "nodes:\n  - { name: \"a[1-3]\", address: \"h[1-2]\" }\n",
        "f.yaml:3:32: there are 3 names but 2 addresses, expected as many of both");
    row("bad node set", head + "nodes:\n  - { name: \"a[3-1]\" }\n",
        "f.yaml:3:13: name \"a[3-1]\", column 3: the range runs backwards, expected the smaller number first");
    row("name with a colon", head + "nodes:\n  - { name: \"a:b\" }\n",
        "f.yaml:3:13: found \"a:b\" as name of a node, expected at most 64 letters, digits, '.', '_' or '-', beginning with a letter or a digit");
    row("name with a dash first", head + "nodes:\n  - { name: -a }\n",
        "f.yaml:3:13: found \"-a\" as name of a node, expected at most 64 letters, digits, '.', '_' or '-', beginning with a letter or a digit");
    row("name is a folder", head + "nodes:\n  - { name: .. }\n",
        "f.yaml:3:13: found \"..\" as name of a node, expected at most 64 letters, digits, '.', '_' or '-', beginning with a letter or a digit");
    row("long name", head + "nodes:\n  - { name: " + QString(65, 'a') + " }\n",
        ("f.yaml:3:13: found \"" + std::string(65, 'a')
         + "\" as name of a node, expected at most 64 letters, digits, '.', '_' or '-', beginning with a letter or a digit").c_str());
    row("address is an option", head + "nodes:\n  - { name: a, address: -oProxyCommand }\n",
        "f.yaml:3:25: found \"-oProxyCommand\" as address, expected a host name or an IP address");
    row("address with a bell", head + "nodes:\n  - { name: a, address: \"h\\a\" }\n",
        "f.yaml:3:25: address has a character that cannot be printed, expected a text without control characters");
    row("user is an option", head + "ssh: { user: -l }\n", "f.yaml:2:14: found \"-l\" as user, expected the name of an account");
    row("user with a quote", head + "ssh: { user: \"a'b\" }\n", "f.yaml:2:14: found \"a'b\" as user, expected the name of an account");
    row("port", head + "ssh: { port: 70000 }\n", "f.yaml:2:14: found \"70000\" as port, expected a number from 1 to 65535");
    row("home of another", head + "ssh: { identity: ~you/key }\n",
        "f.yaml:2:18: found \"~you/key\" as identity, expected a path, of which only your own ~ is known");
    row("host key that is none", head + "ssh: { host_keys: [\"SHA256:abc\"] }\n",
        "f.yaml:2:20: found \"SHA256:abc\" as a host key, expected its fingerprint like SHA256:47DEQ…, as "
        "ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub prints it");
    row("no host keys", head + "ssh: { host_keys: [] }\n", "f.yaml:2:19: there is no fingerprint under host_keys, expected at least one");
    row("jump is an option", head + "ssh: { jump: \"a,-b\" }\n", "f.yaml:2:14: found \"-b\" as a host to go through, expected [user@]host[:port]");
    row("jump over nothing", head + "ssh: { jump: \"a,\" }\n", "f.yaml:2:14: found \"\" as a host to go through, expected [user@]host[:port]");
    row("privileges", head + "privileges: root\n", "f.yaml:2:13: found \"root\" as privileges, expected sudo or none");
    row("ssh no map", head + "ssh: root\n", "f.yaml:2:6: found \"root\", expected ssh: a map with user, identity, certificate, config, known_hosts, host_keys, jump, port");
    row("shared with a stranger", head + "shared:\n  - { name: s, kind: k, nodes: b }\nnodes:\n  - { name: a }\n",
        "f.yaml:3:32: found node b, which is not in this inventory, expected one that is");
    row("shared twice", head + "shared:\n  - { name: s, kind: k, nodes: a }\n  - { name: s, kind: k, nodes: a }\nnodes:\n  - { name: a }\n",
        "f.yaml:4:13: there is a shared resource s already, expected each name once");
    row("empty name", head + "name: \"\"\n", "f.yaml:2:7: found \"\" as name, expected a text");
    row("list as name", head + "name: [a]\n", "f.yaml:2:7: found a list as name, expected a text");
}

void InventoryTest::malformed()
{
    QFETCH(QString, yaml);
    QFETCH(QString, problem);
    QCOMPARE(problemOf(yaml), problem);
}

void InventoryTest::waysIn()
{
    const std::string print = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    const auto fleet = parseFleet("version: 1\n"
                                  "ssh: { jump: \"ops@bastion,inner:2222\", certificate: id-cert.pub, host_keys: [\"" + print + "\"] }\n"
                                  "privileges: sudo\n"
                                  "nodes:\n  - { name: a }\n  - { name: b, privileges: none, ssh: { jump: none } }\n",
                                  "/fleets/f.yaml");
    QVERIFY2(fleet, fleet ? "" : fleet.error().what.c_str());
    const Node &a = fleet->nodes[0];
    const Node &b = fleet->nodes[1];
    QVERIFY(a.ssh.jumps == (std::vector<std::string>{"ops@bastion", "inner:2222"}));
    QCOMPARE(a.ssh.certificate.string(), std::string("/fleets/id-cert.pub"));
    QVERIFY(a.ssh.hostKeys == std::vector{print});
    QVERIFY(a.sudo);
    QVERIFY(b.ssh.jumps && b.ssh.jumps->empty());
    QVERIFY(!b.sudo);
}

void InventoryTest::suggestsWhatWasMeant()
{
    const auto fleet = parseFleet("version: 1\nndoes:\n  - { name: a }\n", "f.yaml");
    QVERIFY(!fleet);
    QCOMPARE(fleet.error().advice, std::string("did you mean \"nodes\"?"));
    QCOMPARE(fleet.error().attempted, std::string("reading the inventory"));
    const auto far = parseFleet("version: 1\nzebra: 1\n", "f.yaml");
    QCOMPARE(far.error().advice, std::string("correct the inventory there"));
}

void InventoryTest::files()
{
    QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    const auto missing = loadFleet(path / "none.yaml");
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, FailureKind::NotFound);
    const auto isFolder = loadFleet(path);
    QVERIFY(!isFolder);
    QCOMPARE(isFolder.error().kind, FailureKind::Invalid);

    QFile file(folder.filePath("lab.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kLab);
    file.close();
    const auto fleet = loadFleet(path / "lab.yaml");
    QVERIFY(fleet);
    QCOMPARE(fleet->nodes[0].ssh.identity, path / "id_ed25519");

    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray("#").repeated(static_cast<int>(kMaxYamlBytes) + 1));
    file.close();
    const auto large = loadFleet(path / "lab.yaml");
    QVERIFY(!large);
    QVERIFY(large.error().what.ends_with(":1:1: the file is larger than 20 MB"));
}

void InventoryTest::bombs_data()
{
    QTest::addColumn<QString>("yaml");
    QTest::addColumn<QString>("problem");
    QTest::newRow("deep lists") << "nodes:\n  " + QString("- ").repeated(1000) + "a\n" << "f.yaml:2:33: nested deeper than 16 levels";
    QTest::newRow("brackets") << "nodes: " + QString("[").repeated(100'000) << "f.yaml:1:9: found a list or a map as a key, expected a text";
    QTest::newRow("deep maps") << "nodes: " + QString("{a: ").repeated(1000) << "f.yaml:1:68: nested deeper than 16 levels";
    QTest::newRow("many values") << "version: 1\nnodes: [" + QString("a,").repeated(1'100'000) + "]" << "f.yaml:2:1999999: more than 1000000 values, expected fewer";
    QTest::newRow("laughs") << "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n" << "f.yaml:2:8: found an alias (*name), expected the value itself";
    QTest::newRow("many nodes") << "version: 1\nnodes:\n" + QString("  - { name: \"a[1-100000]\" }\n") + "  - { name: \"b[1-100000]\" }\n"
                                << "f.yaml:4:13: the inventory has more than 100000 nodes, expected fewer";
    QTest::newRow("folded bomb") << "version: 1\nnodes:\n  - { name: \"a[1-999999999]\" }\n"
                                 << "f.yaml:3:13: name \"a[1-999999999]\", column 1: the expression stands for more than 100000 names, expected fewer";
}

void InventoryTest::bombs()
{
    QFETCH(QString, yaml);
    QFETCH(QString, problem);
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(problemOf(yaml), problem);
    QVERIFY2(timer.elapsed() < 20'000, "it took too long");
}

/// The largest fleet that is taken, each node written out with address and place.
void InventoryTest::aHundredThousandNodes()
{
    std::string text = "version: 1\nracks:\n";
    for (int i = 0; i < 100'000; ++i) {
        if (i % 40 == 0)
            text += "  - name: R" + std::to_string(i / 40) + "\n    nodes:\n";
        text += "      - { name: node-" + std::to_string(i) + ".hall.example, address: 10." + std::to_string(i / 65536) + '.'
                + std::to_string(i / 256 % 256) + '.' + std::to_string(i % 256) + ", unit: " + std::to_string(i % 40 + 1) + " }\n";
    }
    seatrial::tests::forgetPeakMemory();
    const auto fleet = parseFleet(text, "f.yaml");
    QVERIFY2(fleet, fleet ? "" : fleet.error().what.c_str());
    QCOMPARE(fleet->nodes.size(), 100'000u);
    QCOMPARE(fleet->nodes.back().address, std::string("10.1.134.159"));
    if (!seatrial::tests::kMemoryIsOurs)
        QSKIP("a sanitizer's own memory hides ours");
    const double peak = seatrial::tests::peakMegabytes();
    qInfo("peak of memory: %.0f MB", peak);
    QVERIFY2(peak > 0 && peak < 500, qPrintable(QString("%1 MB").arg(peak)));
}

/// Bytes of a good file are changed, left out and repeated at random: nothing may crash, hang or be half-loaded.
void InventoryTest::anyDamageIsAFailureOrAFleet()
{
    std::mt19937 random(7);
    const std::string good = kLab;
    int refused = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        std::string text = good;
        for (unsigned change = 0; change <= random() % 4; ++change) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
            case 0: text[at] = static_cast<char>(random() % 256); break;
            case 1: text.erase(at, 1 + random() % 10); break;
            default: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
            }
        }
        const auto fleet = parseFleet(text, "f.yaml");
        if (fleet) {
            QVERIFY(!fleet->nodes.empty());
            continue;
        }
        ++refused;
        QVERIFY2(fleet.error().what.starts_with("f.yaml:"), fleet.error().what.c_str());
    }
    QVERIFY(refused > 500);
}

void InventoryTest::selects()
{
    const auto fleet = parseFleet(kLab, "/labs/one/inventory.yaml");
    QVERIFY(fleet);
    const auto some = selectNodes(*fleet, "x1,n[02-03]");
    QVERIFY(some);
    QCOMPARE(*some, (std::vector{NodeId("n02"), NodeId("n03"), NodeId("x1")})); // in the order of the fleet
    const auto strangers = selectNodes(*fleet, "n[01-12],z9");
    QVERIFY(!strangers);
    QCOMPARE(strangers.error().what, std::string("not in the inventory: n[09-12],z9"));
    QVERIFY(!selectNodes(*fleet, ""));
}

QTEST_GUILESS_MAIN(InventoryTest)
#include "tst_inventory.moc"
