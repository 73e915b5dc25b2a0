// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/importers/host_list.h"
#include "core/importers/open_fleet.h"
#include "core/importers/ssh_config_hosts.h"
#include "tests/support/peak_memory.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace seatrial;
using namespace seatrial::importers;

namespace {

std::string namesOf(const domain::Fleet &fleet)
{
    std::string names;
    for (const auto &node : fleet.nodes)
        names += (names.empty() ? "" : " ") + node.id.text();
    return names;
}

} // namespace

class OpenFleetTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void lists_data();
    void lists();
    void badLists_data();
    void badLists();
    void usersAndPorts();
    void sshConfig_data();
    void sshConfig();
    void includedFiles();
    void anotherConfigurationIsHandedToSsh();
    void kinds_data();
    void kinds();
    void aHundredThousandHosts();
    void ownConfigurations_data();
    void ownConfigurations();
    void realConfigurations();

private:
    std::filesystem::path write(const char *name, const std::string &text) const
    {
        const auto file = std::filesystem::path(m_folder.path().toStdString()) / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return file;
    }

    QTemporaryDir m_folder;
};

void OpenFleetTest::initTestCase()
{
    QVERIFY(m_folder.isValid());
    qputenv("HOME", m_folder.path().toUtf8());
}

void OpenFleetTest::lists_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("names");
    QTest::newRow("a line each") << "n1\nn2\n\n# a comment\n  n3  # gateway\n" << "n1 n2 n3";
    QTest::newRow("without a last newline") << "n1\nn2" << "n1 n2";
    QTest::newRow("windows") << "n1\r\nn2\r\n" << "n1 n2";
    QTest::newRow("node sets") << "n[01-03]\nr[1-2]n[1-2]!r1n2\n" << "n01 n02 n03 r1n1 r2n1 r2n2";
    QTest::newRow("several a line") << "a b,c" << "a b c";
    QTest::newRow("host file of MPI") << "gpu1 slots=8 max_slots=8\ngpu2 slots=8\ngpu1 slots=8\n" << "gpu1 gpu2";
    QTest::newRow("addresses") << "10.0.0.[1-2]\n" << "10.0.0.1 10.0.0.2";
}

void OpenFleetTest::lists()
{
    QFETCH(QString, text);
    QFETCH(QString, names);
    const auto opened = parseHostList(text.toStdString(), "/lists/hall.txt");
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE(QString::fromStdString(namesOf(opened->fleet)), names);
    QCOMPARE(opened->fleet.name, std::string("hall"));
    QCOMPARE(opened->fleet.nodes.front().address, opened->fleet.nodes.front().id.text());
}

void OpenFleetTest::badLists_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("problem");
    QTest::newRow("empty") << "\n# nothing\n" << "hall.txt:1:1: the list has no hosts, expected a host or a node set like n[01-16] a line";
    QTest::newRow("range backwards") << "a\nn[3-1]\n"
                                     << "hall.txt:2:1: \"n[3-1]\", column 3: the range runs backwards, expected the smaller number first";
    QTest::newRow("variables") << "n1 ansible_user=root\n"
                               << "hall.txt:1:4: found \"ansible_user=root\", expected only hosts; what else is known of nodes goes into an "
                                  "inventory (docs/inventory.md)";
    QTest::newRow("port") << "n1:70000\n" << "hall.txt:1:1: found \"70000\" as port, expected a number from 1 to 65535";
    QTest::newRow("user is an option") << "-l@n1\n" << "hall.txt:1:1: found \"-l\" as user, expected the name of an account";
    QTest::newRow("host is an option") << "-n1\n"
                                       << "hall.txt:1:1: found \"-n1\" as a host, expected at most 64 letters, digits, '.', '_' or '-', beginning "
                                          "with a letter or a digit";
    QTest::newRow("bomb") << "n[1-999999999]\n"
                          << "hall.txt:1:1: \"n[1-999999999]\", column 1: the expression stands for more than 100000 names, expected fewer";
    QTest::newRow("two bombs") << "n[1-100000]\nm[1-100000]\n" << "hall.txt:2:1: the list has more than 100000 hosts, expected fewer";
}

void OpenFleetTest::badLists()
{
    QFETCH(QString, text);
    QFETCH(QString, problem);
    const auto opened = parseHostList(text.toStdString(), "/lists/hall.txt");
    QVERIFY(!opened);
    QCOMPARE(QString::fromStdString(opened.error().what), problem);
    QVERIFY(!opened.error().advice.empty());
}

void OpenFleetTest::usersAndPorts()
{
    const auto opened = parseHostList("ops@n[1-2]:2222\nn3\n", "hall");
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    const auto &nodes = opened->fleet.nodes;
    QCOMPARE(nodes.size(), 3u);
    QCOMPARE(nodes[1].id.text(), std::string("n2"));
    QCOMPARE(nodes[1].ssh.user, std::string("ops"));
    QCOMPARE(nodes[1].ssh.port.value_or(0), std::uint16_t(2222));
    QVERIFY(nodes[2].ssh.user.empty() && !nodes[2].ssh.port);
}

void OpenFleetTest::sshConfig_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("names");
    QTest::addColumn<QString>("note");
    QTest::newRow("plain") << "Host n1\n  HostName 10.0.0.1\nHost n2 n3\n" << "n1 n2 n3" << "";
    QTest::newRow("equals sign, quotes, capitals") << "HOST=\"n1\" n2 # n9\n\tport = 22\n" << "n1 n2" << "";
    QTest::newRow("wildcards") << "Host n1 gpu* !gpu3\nHost *\n" << "n1" << "2 Host patterns with wildcards";
    QTest::newRow("no names") << "Host n1 [my] a:b\n" << "n1" << "[my], a:b";
    QTest::newRow("executes") << "Host n1\nMatch host x exec \"true\"\n" << "n1" << "Match exec";
    QTest::newRow("twice") << "Host n1\nHost n1\n" << "n1" << "";
}

void OpenFleetTest::sshConfig()
{
    QFETCH(QString, text);
    QFETCH(QString, names);
    QFETCH(QString, note);
    QVERIFY(isSshConfig(text.toStdString()));
    const auto opened = parseSshConfigHosts(text.toStdString(), "/etc/hall/ssh_config");
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE(QString::fromStdString(namesOf(opened->fleet)), names);
    QCOMPARE(opened->notes.size(), note.isEmpty() ? 0u : 1u);
    if (!note.isEmpty())
        QVERIFY2(QString::fromStdString(opened->notes.front()).contains(note), opened->notes.front().c_str());
}

void OpenFleetTest::includedFiles()
{
    const auto main = write("hall/ssh_config", "Include hall.d/*.conf loop\nHost last\n");
    write(".ssh/hall.d/a.conf", "Host a\n");
    write(".ssh/hall.d/b.conf", "Host b\n");
    write(".ssh/loop", "Include loop\nHost looped\n");
    const auto opened = openFleet(main);
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE(namesOf(opened->fleet), std::string("a b looped last"));
    QCOMPARE(opened->notes.size(), 1u);
    QVERIFY(opened->notes.front().contains("deeper than 16"));
}

void OpenFleetTest::anotherConfigurationIsHandedToSsh()
{
    const auto own = openFleet(write(".ssh/config", "Host n1\n"));
    const auto other = openFleet(write("vagrant/ssh_config", "Host n1\n"));
    QVERIFY(own && other);
    QVERIFY(own->fleet.nodes[0].ssh.config.empty());
    QCOMPARE(other->fleet.nodes[0].ssh.config.string(), m_folder.filePath("vagrant/ssh_config").toStdString());
}

void OpenFleetTest::kinds_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("outcome"); // names, or a part of what is said
    QTest::newRow("inventory") << "f.yaml" << "version: 1\nnodes: [{ name: a }]\n" << "a";
    QTest::newRow("inventory of another name") << "fleet" << "# ours\nversion: 1\nnodes: [{ name: a }]\n" << "a";
    QTest::newRow("broken inventory") << "f.yml" << "Host a\n" << "f.yml:1:1";
    QTest::newRow("list") << "hosts" << "a\nb\n" << "a b";
    QTest::newRow("configuration") << "config" << "# mine\n\nUser root\nHost a\n" << "a";
    QTest::newRow("configuration of patterns") << "config" << "Host *\n" << "no Host of this ssh configuration";
    QTest::newRow("Ansible") << "hosts.ini" << "[gpu]\nn1 ansible_user=root\n" << "inventory of Ansible";
    QTest::newRow("node set first") << "hosts" << "[1-2]n\n" << "1n 2n";
    QTest::newRow("empty") << "hosts" << "" << "the list has no hosts";
    QTest::newRow("rubbish") << "hosts" << QString("\x01\x02\x1b[31mred") << "hosts:1:1: ";
}

void OpenFleetTest::kinds()
{
    QFETCH(QString, name);
    QFETCH(QString, text);
    QFETCH(QString, outcome);
    const auto opened = openFleet(write(name.toUtf8().constData(), text.toStdString()));
    const QString said = QString::fromStdString(opened ? namesOf(opened->fleet) : opened.error().what);
    QVERIFY2(opened ? said == outcome : said.contains(outcome), qPrintable(said));
    QVERIFY2(!said.contains(QChar(0x1b)), "an escape sequence got through");
}

void OpenFleetTest::aHundredThousandHosts()
{
    std::string text;
    for (int i = 0; i < 100'000; ++i)
        text += "host-" + std::to_string(i) + ".hall.example\n";
    const auto file = write("large", text);
    tests::forgetPeakMemory();
    const auto opened = openFleet(file);
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE(opened->fleet.nodes.size(), 100'000u);
    if (!tests::kMemoryIsOurs)
        QSKIP("a sanitizer's own memory hides ours");
    const double peak = tests::peakMegabytes();
    qInfo("peak of memory: %.0f MB", peak);
    QVERIFY2(peak > 0 && peak < 500, qPrintable(QString("%1 MB").arg(peak)));
}

void OpenFleetTest::ownConfigurations_data()
{
    QTest::addColumn<QString>("names");
    QTest::addColumn<QString>("note"); // a part of the only one, or empty: none
    QTest::newRow("site_with_jump_host") << "login gpu01 gpu02 gpu03 storage-a" << "with wildcards";
    QTest::newRow("export_of_a_tool") << "node-a node-b" << "";
    QTest::newRow("years_of_habits") << "old-cluster bench.hall.example bench fat-node" << "Match exec";
}

void OpenFleetTest::ownConfigurations()
{
    QFETCH(QString, names);
    QFETCH(QString, note);
    const QString file = QStringLiteral(SEATRIAL_SOURCE_DIR "/tests/fixtures/ssh_config/") + QTest::currentDataTag();
    const auto opened = openFleet(file.toStdString());
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE(QString::fromStdString(namesOf(opened->fleet)), names);
    QString notes;
    for (const auto &line : opened->notes)
        notes += QString::fromStdString(line) + '\n';
    QVERIFY2(note.isEmpty() ? notes.isEmpty() : notes.contains(note), qPrintable(notes));
}

void OpenFleetTest::realConfigurations()
{
    const QDir folder(QStringLiteral(SEATRIAL_SOURCE_DIR "/../shared/realdata/ssh_config"));
    if (!folder.exists())
        QSKIP("no real configurations beside the project");
    int named = 0;
    for (const QString &name : folder.entryList(QDir::Files)) {
        const auto opened = openFleet(folder.filePath(name).toStdString());
        named += opened.has_value();
        if (!opened)
            QVERIFY2(!opened.error().what.empty() && !opened.error().advice.empty(), qPrintable(name));
    }
    QVERIFY(named >= 10);
    const auto site = openFleet(folder.filePath("cscs-hpc-proxyjump-16").toStdString());
    QVERIFY(site);
    QCOMPARE(namesOf(site->fleet), std::string("ela daint santis clariden"));
}

QTEST_GUILESS_MAIN(OpenFleetTest)
#include "tst_open_fleet.moc"
