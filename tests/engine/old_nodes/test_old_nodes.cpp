// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QTest>
#include <QVersionNumber>
#include <unistd.h>

namespace {

const QString kEngine = QStringLiteral(SEATRIAL_BINARY_DIR "/bin/seatrial-engine");
const QVersionNumber kYoungestGlibc(2, 28);

struct Said {
    int exitCode = -1;
    QByteArray output;
    QByteArray errors;
};

Said ask(const QString &program, const QStringList &arguments, int seconds = 60)
{
    QProcess process;
    process.start(program, arguments);
    process.closeWriteChannel();
    if (!process.waitForFinished(seconds * 1000))
        process.kill();
    process.waitForFinished(5000);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(), process.readAllStandardError()};
}

/// Every first group of @p pattern in what readelf says.
QSet<QString> readelf(const QString &option, const QString &pattern)
{
    const Said said = ask("readelf", {"--wide", option, kEngine});
    QSet<QString> found;
    auto match = QRegularExpression(pattern).globalMatch(QString::fromLatin1(said.output));
    while (match.hasNext())
        found.insert(match.next().captured(1));
    return found;
}

/// Why the engine was linked against this computer's own C library, or empty.
QString whyNotOld()
{
    QFile file(QStringLiteral(SEATRIAL_BINARY_DIR "/engine_libc.txt"));
    if (!file.open(QIODevice::ReadOnly))
        return "the build did not say what it was linked against";
    return QString::fromUtf8(file.readAll()).trimmed();
}

/// In namespaces of its own: the root file system $1, read-only, with a /tmp that holds the engine $2; there, $3.
constexpr const char *kInRoot = R"sh(set -e
mount --bind "$1" /mnt
mount -o remount,bind,ro /mnt
mount -t proc proc /mnt/proc
mount --rbind /sys /mnt/sys
mount --rbind /dev /mnt/dev
mount -t tmpfs -o mode=1777 tmpfs /mnt/tmp
cp "$2" /mnt/tmp/seatrial-engine
exec chroot /mnt /bin/sh -c "$3"
)sh";

constexpr const char *kPlan = R"sh(/tmp/seatrial-engine --plan - <<'TEXT'
{"type":"open","protocol":1,"run":"old","node":"here","lease_seconds":900,"grace_seconds":5,"allow_busy":true}
{"type":"start-step","step":"health","check":"host.health","deadline_seconds":60}
{"type":"start-step","step":"memory","check":"host.memory","deadline_seconds":60,"params":{"seconds":"0.5","array_bytes":"4194304"}}
{"type":"start-step","step":"cpu","check":"host.cpu","deadline_seconds":60,"params":{"seconds":"0.5"}}
{"type":"start-step","step":"group","check":"host.collective","deadline_seconds":60,"params":{"role":"root","rank":"0","size":"2","token":"0123456789abcdef","stage_deadline":"1"}}
{"type":"no-more-steps"}
TEXT
)sh";

} // namespace

/// The program that is sent to nodes.
class TestOldNodes : public QObject
{
    Q_OBJECT

    Said inRoot(const QString &root, const QString &script) const
    {
        return ask("unshare", {"--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", kInRoot, "sh", root, kEngine, script}, 120);
    }

private slots:
    void initTestCase() { QVERIFY2(QFile::exists(kEngine), qPrintable(kEngine)); }

    void needsNoYoungSymbols()
    {
        const auto versions = readelf("--version-info", R"(Name: GLIBC_([0-9.]+))");
        QVERIFY(versions.size() >= 2); // every program needs some
        if (const QString reason = whyNotOld(); !reason.isEmpty())
            QSKIP(qPrintable("linked against this computer's C library, because " + reason));
        for (const QString &version : versions)
            QVERIFY2(QVersionNumber::fromString(version) <= kYoungestGlibc, qPrintable("GLIBC_" + version));
    }

    void bringsItsOwnCxxLibrary()
    {
        QCOMPARE(readelf("--version-info", R"(Name: ((?:GLIBCXX|CXXABI|GCC)_[0-9.]+))"), QSet<QString>());
    }

    void needsTheCLibraryAlone()
    {
        const QSet<QString> allowed{"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"};
        const auto needed = readelf("--dynamic", R"(NEEDED\).*\[(.*)\])");
        QVERIFY(needed.contains("libc.so.6"));
        if (needed.contains("libasan.so.8") || needed.contains("libtsan.so.2"))
            QSKIP("this engine is built with sanitizers, for this machine alone");
        QVERIFY2(allowed.contains(needed), qPrintable(QStringList(needed.begin(), needed.end()).join(' ')));
    }

    /// Neither an own loader nor a place of its own for libraries.
    void takesTheSystemsLoader()
    {
        QCOMPARE(readelf("--dynamic", R"(\((RPATH|RUNPATH)\))"), QSet<QString>());
        const auto loader = readelf("--program-headers", R"(interpreter: (.*)\])");
        QVERIFY2(loader == QSet<QString>{"/lib64/ld-linux-x86-64.so.2"} || loader == QSet<QString>{"/lib/ld-linux-aarch64.so.1"},
                 qPrintable(QStringList(loader.begin(), loader.end()).join(' ')));
    }

    /// What a debugger needs lies beside it and is not sent.
    void isStripped()
    {
        const auto sections = readelf("--section-headers", R"(\] (\.[a-z_.]+))");
        QVERIFY(sections.contains(".gnu_debuglink"));
        QVERIFY(!sections.contains(".debug_info") && !sections.contains(".symtab"));
        QVERIFY(QFile::exists(kEngine + ".debug"));
        if (readelf("--dynamic", R"(NEEDED\).*\[(.*)\])").contains("libasan.so.8"))
            QSKIP("with sanitizers it is larger");
        // What host.collective takes with it is as large as the system's Gloo: 4.1 MB, 18 MB where that brings MPI (Debian 13).
        qint64 ownBytes = QFile(kEngine).size();
        for (const QFileInfo &part : QDir(SEATRIAL_BINARY_DIR "/collective").entryInfoList({"*.so.*", "seatrial-collective"}, QDir::Files))
            ownBytes -= part.size();
        QVERIFY2(ownBytes < 7'000'000, qPrintable(QString::number(ownBytes)));
    }

    void startsOn_data()
    {
        QTest::addColumn<QString>("release");
        QTest::addColumn<QString>("libc");
        QTest::newRow("Debian 11") << "bullseye" << "glibc 2.31";
        QTest::newRow("Debian 12") << "bookworm" << "glibc 2.36";
        QTest::newRow("Debian 13") << "trixie" << "glibc 2.41";
    }
    void startsOn()
    {
        QFETCH(QString, release);
        QFETCH(QString, libc);
        if (geteuid() != 0)
            QSKIP("another root file system needs root");
        if (const QString reason = whyNotOld(); !reason.isEmpty())
            QSKIP(qPrintable("linked against this computer's C library, because " + reason));
        QStringList words{release};
        if (!qEnvironmentVariableIsSet("SEATRIAL_MAKE_ROOTS"))
            words << "--path";
        const Said place = ask(QStringLiteral(SEATRIAL_SOURCE_DIR "/installer/debian-root"), words, 1200);
        const QString root = QString::fromUtf8(place.output).trimmed();
        if (place.exitCode != 0)
            QSKIP(qPrintable("no root file system of " + release + " here; installer/debian-root makes it. " + place.errors));

        const Said selftest = inRoot(root, "/tmp/seatrial-engine --selftest");
        QVERIFY2(selftest.exitCode == 0 && selftest.output.endsWith("works here\n"), selftest.errors.constData());
        const Said list = inRoot(root, "/tmp/seatrial-engine --list");
        QVERIFY2(list.exitCode == 0 && list.output.contains("host.memory\n"), list.errors.constData());

        const Said run = inRoot(root, kPlan);
        QVERIFY2(run.exitCode == 0, run.errors.constData());
        QSet<QString> completed;
        QString saidLibc;
        QString outcome;
        QString group;
        for (const QByteArray &line : run.output.split('\n')) {
            const auto record = QJsonDocument::fromJson(line).object();
            const QString type = record["type"].toString();
            if (type == "hello")
                saidLibc = record["libc"].toString();
            else if (type == "goodbye")
                outcome = record["outcome"].toString();
            else if (type == "step-finished" && record["status"] == "completed")
                completed.insert(record["step"].toString());
            if (type == "step-finished" && record["step"] == "group")
                group = record["status"].toString() + ": " + record["reason"].toString();
        }
        QCOMPARE(saidLibc, libc);
        QCOMPARE(outcome, QString("finished"));
        QVERIFY2((completed == QSet<QString>{"health", "memory", "cpu"}), run.output.constData());
        // Alone in its group, it finds nobody there. Where the C library is too old for it, it says so; built without Gloo as well.
        const bool tooOld = QVersionNumber::fromString(libc.mid(6)) < QVersionNumber(2, 34);
        QVERIFY2(tooOld ? group.startsWith("waived: ") && (group.contains("needs glibc") || group.contains("built without Gloo"))
                        : group.contains("other ranks came") || group.startsWith("waived: "),
                 qPrintable(group));
    }
};

QTEST_GUILESS_MAIN(TestOldNodes)
#include "test_old_nodes.moc"
