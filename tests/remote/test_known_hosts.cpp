// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/known_hosts.h"
#include "tests/support/test_sshd.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

#include <fstream>

using namespace seatrial;
using namespace seatrial::remote;
using seatrial::tests::TestSshd;

class TestKnownHosts : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void findsKeys_data();
    void findsKeys();
    void damagedLinesHideNothing();
    void revokedForAnyHost();
    void knownKindsComeFirst();
    void seesChangesOfTheFile();
    void appendMakesFileAndFolder();
    void appendMindsMissingNewline();
    void manyLinesAreQuick();

private:
    std::filesystem::path file(const std::string &text)
    {
        const std::filesystem::path path
            = m_folder.filePath(QString("known_hosts_%1").arg(++m_files)).toStdString();
        std::ofstream(path) << text;
        return path;
    }
    Key imported(const std::string &line) const
    {
        ssh_key key = nullptr;
        const auto blank = line.find(' ');
        ssh_pki_import_pubkey_base64(line.c_str() + blank + 1, SSH_KEYTYPE_ED25519, &key);
        return Key(key);
    }

    QTemporaryDir m_folder;
    int m_files = 0;
    std::string m_a; ///< "ssh-ed25519 AAAA…"
    std::string m_b;
};

void TestKnownHosts::initTestCase()
{
    if (!TestSshd::available())
        QSKIP("ssh-keygen is not installed");
    const auto plain = [](std::string line) { return line.substr(0, line.rfind(' ')); };
    m_a = plain(TestSshd::makeKey(m_folder.filePath("a").toStdString()));
    m_b = plain(TestSshd::makeKey(m_folder.filePath("b").toStdString()));
}

void TestKnownHosts::findsKeys_data()
{
    QTest::addColumn<QString>("text"); ///< %A and %B are keys
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("found"); ///< the lines
    QTest::newRow("plain") << "n01 %A\n" << "n01" << "1";
    QTest::newRow("other host") << "n01 %A\n" << "n02" << "";
    QTest::newRow("part of a name") << "n011 %A\n" << "n01" << "";
    QTest::newRow("list") << "n00,n01,10.0.0.1 %A\n" << "10.0.0.1" << "1";
    QTest::newRow("two keys") << "n01 %A\n# no\nn01 %B\n" << "n01" << "1 3";
    QTest::newRow("port") << "[n01]:2222 %A\nn01 %B\n" << "[n01]:2222" << "1";
    QTest::newRow("port of another") << "[n01]:2222 %A\n" << "n01" << "";
    QTest::newRow("wildcard") << "n* %A\n" << "n01" << "1";
    QTest::newRow("exception after") << "n*,!n01 %A\n" << "n01" << "";
    QTest::newRow("exception before") << "!n01,n* %A\n" << "n01" << "";
    QTest::newRow("exception of another") << "n*,!n02 %A\n" << "n01" << "1";
    QTest::newRow("capitals") << "N01 %A\n" << "n01" << "1";
    QTest::newRow("asked in capitals") << "n01 %A\n" << "N01" << "1";
    QTest::newRow("tabs and carriage return") << "n01\t%A\r\n" << "n01" << "1";
    QTest::newRow("authority is no key") << "@cert-authority * %A\n" << "n01" << "";
    QTest::newRow("revoked is no key") << "@revoked * %A\n" << "n01" << "";
    QTest::newRow("IPv6") << "fe80::1 %A\n" << "fe80::1" << "1";
}

void TestKnownHosts::findsKeys()
{
    QFETCH(QString, text);
    QFETCH(QString, host);
    QFETCH(QString, found);
    text.replace("%A", QString::fromStdString(m_a)).replace("%B", QString::fromStdString(m_b));
    const KnownHosts hosts({file(text.toStdString())});
    QStringList lines;
    for (const auto &key : hosts.keysFor(host.toStdString()))
        lines << QString::number(key.line);
    QCOMPARE(lines.join(' '), found);
}

void TestKnownHosts::damagedLinesHideNothing()
{
    const std::string endless(10'000, 'x');
    const KnownHosts hosts({file("n01\nn01 ssh-nonsense AAAA\nn01 ssh-ed25519 !!!!\n" + endless + "\n\n"
                                 + std::string("\0\0\0", 3) + "\nn01 " + m_a + "\n@revoked\n@revoked   \n"),
                            m_folder.path().toStdString() + "/missing", "/dev/zero"});
    const auto keys = hosts.keysFor("n01");
    QCOMPARE(keys.size(), std::size_t(1));
    QCOMPARE(keys[0].line, 7);
}

void TestKnownHosts::revokedForAnyHost()
{
    const auto path = file("n01 " + m_a + "\n@revoked other.host " + m_a + "\n");
    const KnownHosts hosts({path});
    QCOMPARE(hosts.revokedBy(imported(m_a).get()), path.string() + ":2");
    QCOMPARE(hosts.revokedBy(imported(m_b).get()), std::string());
}

void TestKnownHosts::knownKindsComeFirst()
{
    QVERIFY(KnownHosts::algorithms({}).starts_with("ssh-ed25519,"));
    std::vector<KnownKey> known;
    ssh_key key = nullptr;
    QCOMPARE(ssh_pki_generate(SSH_KEYTYPE_RSA, 2048, &key), SSH_OK);
    known.push_back({"f", 1, Key(key)});
    QVERIFY(KnownHosts::algorithms(known).starts_with("rsa-sha2-512,rsa-sha2-256,ssh-ed25519,"));
}

void TestKnownHosts::seesChangesOfTheFile()
{
    const auto path = file("n01 " + m_a + "\n");
    QCOMPARE(KnownHosts({path}).keysFor("n02").size(), std::size_t(0));
    QCOMPARE(KnownHosts::append(path, "n02 " + m_b), std::string());
    QCOMPARE(KnownHosts({path}).keysFor("n02").size(), std::size_t(1));
}

void TestKnownHosts::appendMakesFileAndFolder()
{
    const std::filesystem::path path = m_folder.filePath("new/known_hosts").toStdString();
    QCOMPARE(KnownHosts::append(path, "n01 " + m_a), std::string());
    struct stat status {};
    QCOMPARE(stat(path.c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777, mode_t(0600));
    QCOMPARE(stat(path.parent_path().c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777, mode_t(0700));
    QVERIFY(!KnownHosts::append("/proc/nowhere/known_hosts", "x").empty());
}

void TestKnownHosts::appendMindsMissingNewline()
{
    const auto path = file("n01 " + m_a);
    KnownHosts::append(path, "n02 " + m_b);
    QCOMPARE(KnownHosts({path}).keysFor("n01").size(), std::size_t(1));
    QCOMPARE(KnownHosts({path}).keysFor("n02").size(), std::size_t(1));
}

void TestKnownHosts::manyLinesAreQuick()
{
    std::string text;
    for (int i = 0; i < 10'000; ++i)
        text += "n" + std::to_string(10'000 + i) + ",10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + " " + m_a
            + "\n";
    const auto path = file(text);
    QCOMPARE(KnownHosts({path}).keysFor("n10500").size(), std::size_t(1)); // reads it
    QBENCHMARK {
        QCOMPARE(KnownHosts({path}).keysFor("n19999").size(), std::size_t(1));
    }
}

QTEST_GUILESS_MAIN(TestKnownHosts)
#include "test_known_hosts.moc"
