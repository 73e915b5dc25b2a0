// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"
#include "tests/support/test_main_if.h"
#include "tests/support/test_sshd.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace seatrial::tests;

namespace {

constexpr const char *kPlan = R"(version: 1
name: short
steps:
  - { id: health, check: host.health, retests: 0, parameters: { phase: before } }
  - { id: cpu, check: host.cpu, parameters: { seconds: 0.3 } }
)";

/// The account gets another login shell, which prints as it starts.
constexpr const char *kCsh = R"sh(
sed 's,^\(root:.*\):[^:]*$,\1:/bin/tcsh,' /etc/passwd >/mnt/passwd; chmod 644 /mnt/passwd
mount --bind /mnt/passwd /etc/passwd
echo 'echo "Welcome, it is `uname -n`\!"; set prompt="%m> "; unset nonsense; echo machine toaster; alias sh echo' >"$HOME/.cshrc"
)sh";
constexpr const char *kReadOnlyHome = "chmod 555 \"$HOME\"; mount -o remount,ro \"$HOME\"\n";
constexpr const char *kNoexec = "for d in /var/tmp /tmp \"$HOME\"; do mount -o remount,noexec $d; done\n";
constexpr const char *kNoexecAnywhere = "for d in /var/tmp /tmp /dev/shm \"$HOME\"; do mount -o remount,noexec $d; done; mkdir -m 700 /mnt/run\n";

const std::vector<std::string> kBrokenLocale = {"SetEnv LANG=xx_YY.broken LC_ALL=xx_YY.broken LANGUAGE=xx LC_NUMERIC=de_DE.UTF-8"};

} // namespace

/// Accounts as they are found in the field: the whole way, from the first login to a node that is clean again.
class TestStrangeNodes : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_runs = 0;

    QString write(const QString &name, const QByteArray &text) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            return {};
        return file.fileName();
    }

    QString inventoryOf(const TestSshd &sshd) const
    {
        return write("inventory.yaml", QString("version: 1\nname: strange\nssh: { user: root, port: %1, identity: \"%2\", known_hosts: \"%3\" }\n"
                                               "nodes:\n  - { name: n01, address: 127.0.0.1 }\n")
                                           .arg(sshd.port())
                                           .arg(QString::fromStdString(sshd.identity()), QString::fromStdString(sshd.knownHosts()))
                                           .toUtf8());
    }

private slots:
    void theWholeWay_data()
    {
        QTest::addColumn<QString>("prepare");
        QTest::addColumn<bool>("brokenLocale");
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("needs");
        const auto row = [](const char *name, const QString &prepare, bool brokenLocale, const char *folder, const char *needs = "") {
            QTest::newRow(name) << prepare << brokenLocale << QString(folder) << QString(needs);
        };
        row("nothing strange", "", false, "/var/tmp/");
        row("csh", kCsh, false, "/var/tmp/", "/bin/tcsh");
        row("broken locale", "", true, "/var/tmp/");
        row("read-only home", kReadOnlyHome, false, "/var/tmp/");
        row("noexec folders", kNoexec, false, "/dev/shm/");
        row("all of it", QString(kCsh) + kNoexec + kReadOnlyHome, true, "/dev/shm/", "/bin/tcsh");
        row("one folder of the session left", QString(kNoexecAnywhere) + kReadOnlyHome, true, "/mnt/run/");
    }

    void theWholeWay()
    {
        QFETCH(QString, prepare);
        QFETCH(bool, brokenLocale);
        QFETCH(QString, folder);
        QFETCH(QString, needs);
        if (!needs.isEmpty() && !QFile::exists(needs))
            QSKIP(qPrintable(needs + " is missing (installer/dependencies names its package)"));
        // Of SetEnv the first line counts alone.
        std::vector<std::string> config{(brokenLocale ? kBrokenLocale[0] : std::string("SetEnv UNUSED=1")) + " XDG_RUNTIME_DIR=/mnt/run"};
        const TestSshd sshd({config, true, prepare.toStdString()});
        if (!needs.isEmpty())
            QCOMPARE(QString::fromStdString(sshd.inside("getent passwd root")).trimmed().section(':', -1), needs);
        const QString inventory = inventoryOf(sshd);
        const QString plan = write("plan.yaml", kPlan);
        const QString store = m_folder.filePath(QString("s%1.db").arg(++m_runs));

        const Ended run = runProgram("seatrialctl", {"run", "--inventory", inventory, "--plan", plan, "--store", store, "--allow-busy"}, 120);
        QVERIFY2(run.exitCode == 0, (run.errors + run.output).constData());
        QVERIFY2(run.errors.contains("in " + folder.toUtf8()), run.errors.constData()); // where the engine went

        const Ended verdict = runProgram("seatrialctl", {"verdict", "--store", store, "--format", "json"}, 30);
        const auto node = QJsonDocument::fromJson(verdict.output).object()["nodes"].toArray().first().toObject();
        QCOMPARE(node["verdict"].toString(), QString("qualified"));
        QCOMPARE(node["coverage"]["measured"].toInt(), 2);
        const Ended results = runProgram("seatrialctl", {"results", "--store", store, "--format", "csv"}, 30);
        QVERIFY2(results.output.contains("host.cpu"), results.output.constData());

        const std::string left = "find /var/tmp /tmp /dev/shm /mnt /root -name 'seatrial-0*' 2>/dev/null; true";
        QVERIFY(!sshd.inside(left).empty());
        const Ended clean = runProgram("seatrialctl", {"clean", "--inventory", inventory}, 60);
        QVERIFY2(clean.exitCode == 0, (clean.errors + clean.output).constData());
        QCOMPARE(QString::fromStdString(sshd.inside(left)), QString());
    }
};

SEATRIAL_TEST_MAIN_IF(TestSshd::canHaveOwnFolders(), TestStrangeNodes)
#include "tst_strange_nodes.moc"
