// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "remote/deploy/engine_deployer.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>

using namespace seatrial;
using namespace seatrial::tests;
using domain::FailureKind;
using remote::Glibc;

Q_DECLARE_METATYPE(Glibc)

namespace {

/// This very program: an ELF file that asks for a certain C library, as the engine does.
const std::string kProgram = TestSshd::read("/proc/self/exe");
constexpr std::string_view kLoader = "/ld-linux";

std::string shown(const std::optional<Glibc> &version)
{
    return version ? text(*version) : "none";
}

/// Lines that put a program of the test in the place of one of the system's, in the sshd's own mount namespace.
std::string instead(const std::string &program, const std::string &answer)
{
    return "printf '#!/bin/sh\\n%s\\n' '" + answer + "' >/mnt/" + program + "; chmod 755 /mnt/" + program + "\n"
        + "mount --bind /mnt/" + program + " $(readlink -f $(command -v " + program + "))\n";
}

} // namespace

/// What is said of a node whose C library is too old, or another one.
class TestOldNodes : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    remote::SshLinkFactory m_links;
    int m_uploads = 0;
    const std::atomic<bool> m_never{false};

    std::string write(const std::string &content) const
    {
        const std::string file = m_folder.filePath("engine").toStdString();
        std::ofstream(file, std::ios::binary) << content;
        return file;
    }

    domain::Result<campaign::Probe> prepare(const std::string &node, const std::string &file)
    {
        const TestSshd sshd({{}, true, node});
        const auto link = m_links.link(sshd.node());
        FixedAnswer answer;
        if (const auto connected = link->connect(answer, m_never); !connected)
            return std::unexpected(connected.error());
        remote::EngineDeployer deployer(file);
        std::vector<campaign::RecipeStep> steps;
        auto probe = deployer.prepare(*link, steps, m_never);
        m_uploads = sshd.inside("find /var/tmp /root /tmp /dev/shm -name bundles -type d -exec find {} -type f ';'").empty() ? 0 : 1;
        return probe;
    }

private slots:
    void whatNodesSay_data()
    {
        QTest::addColumn<QByteArray>("said");
        QTest::addColumn<QByteArray>("version");
        const auto row = [](const char *said, const char *version) { QTest::newRow(said) << QByteArray(said) << QByteArray(version); };
        row("glibc 2.31", "2.31");
        row("glibc 2.9", "2.9");
        row("ldd (GNU libc) 2.28", "2.28");
        row("ldd (Debian GLIBC 2.36-9+deb12u10) 2.36", "2.36");
        row("ldd (Ubuntu GLIBC 2.35-0ubuntu3.4) 2.35 ", "2.35");
        row("musl libc (x86_64)", "none");
        row("glibc", "none");
        row("glibc unknown", "none");
        row("glibc 2", "none");
        row("glibc 99999999999999999999.1", "none");
        row("", "none");
    }
    void whatNodesSay()
    {
        QFETCH(QByteArray, said);
        QFETCH(QByteArray, version);
        QCOMPARE(shown(remote::glibcOfNode(said.toStdString())), version.toStdString());
    }

    void versionsAreNumbers()
    {
        QVERIFY((Glibc{2, 9} < Glibc{2, 28}));
        QVERIFY((Glibc{2, 28} <= Glibc{2, 28}));
        QVERIFY((Glibc{3, 0} > Glibc{2, 99}));
    }

    /// The same answer as readelf gives.
    void theNeedIsRead()
    {
        QProcess readelf;
        readelf.start("/bin/sh", {"-c", "readelf -V /proc/" + QString::number(QCoreApplication::applicationPid())
                                            + "/exe | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1"});
        QVERIFY(readelf.waitForFinished());
        const std::string said = readelf.readAll().trimmed().toStdString();
        QVERIFY2(said.starts_with("GLIBC_2."), "readelf is part of binutils, which the compiler brings");
        QCOMPARE("GLIBC_" + shown(remote::neededGlibc(kProgram)), said);
    }

    void whatIsNoProgramNeedsNothing()
    {
        for (const std::string &content : {std::string(), std::string("#!/bin/sh\n"), std::string("\177ELF"), std::string(64, '\177')})
            QCOMPARE(shown(remote::neededGlibc(content)), std::string("none"));
    }

    /// Cut and damaged files end in some answer, soon.
    void damagedProgramsAreRead()
    {
        for (std::size_t size = 0; size < kProgram.size(); size += kProgram.size() / 50 + 1)
            remote::neededGlibc(std::string_view(kProgram).substr(0, size));
        const auto tables = kProgram.find("GLIBC_2.");
        QVERIFY(tables != std::string::npos);
        for (int round = 0; round < 300; ++round) {
            std::string damaged = kProgram;
            for (int i = 0; i < 8; ++i) {
                const std::size_t place = round % 2 == 0 ? static_cast<std::size_t>(std::rand()) % 64
                                                         : damaged.size() - 1 - static_cast<std::size_t>(std::rand()) % 4096;
                damaged[place] = static_cast<char>(std::rand());
            }
            remote::neededGlibc(damaged);
        }
    }

    /// Before anything is sent, with both versions.
    void aNodeThatIsTooOldIsRefusedAtOnce()
    {
        const auto probe = prepare(instead("getconf", "echo glibc 2.17"), write(kProgram));
        QVERIFY(!probe);
        const std::string said = domain::sentence(probe.error());
        QCOMPARE(probe.error().kind, FailureKind::Unsupported);
        QCOMPARE(probe.error().stage, domain::Stage::Preflight);
        QVERIFY2(said.find("the node has glibc 2.17, the engine needs glibc " + shown(remote::neededGlibc(kProgram)) + " or newer")
                     != std::string::npos,
                 said.c_str());
        QVERIFY2(said.find("installer/engine-sysroot") != std::string::npos, said.c_str()); // what would help
        QCOMPARE(m_uploads, 0);
    }

    /// A node without getconf is asked in another way.
    void lddIsAskedToo()
    {
        const auto probe = prepare(instead("getconf", "exit 1") + instead("ldd", "echo \"ldd (GNU libc) 2.12\""), write(kProgram));
        QVERIFY(!probe);
        const std::string said = domain::sentence(probe.error());
        QVERIFY2(said.find("2.12") != std::string::npos && said.find("or newer") != std::string::npos, said.c_str());
    }

    /// musl has no version that could be compared. The self-test decides, and both libraries are named.
    void anotherLibraryIsNamed()
    {
        std::string program = kProgram;
        const auto loader = program.find(kLoader);
        QVERIFY(loader != std::string::npos);
        program[loader + 1] = 'X'; // what such a node lacks
        const auto probe = prepare(instead("getconf", "exit 1") + instead("ldd", "echo \"musl libc (x86_64)\" >&2; exit 1"), write(program));
        QVERIFY(!probe);
        const std::string said = domain::sentence(probe.error());
        QCOMPARE(probe.error().kind, FailureKind::Unsupported);
        QVERIFY2(said.find("the node has musl libc (x86_64), the engine needs glibc 2.") != std::string::npos, said.c_str());
        QCOMPARE(m_uploads, 0); // what did not work is not left there
    }

    /// Who says nothing is not refused for that.
    void anUnknownLibraryIsTried()
    {
        const auto probe = prepare(instead("getconf", "exit 1") + instead("ldd", "exit 1"), write("#!/bin/sh\nexit 0\n"));
        QVERIFY2(probe, probe ? "" : domain::sentence(probe.error()).c_str());
    }
};

SEATRIAL_TEST_MAIN_IF(TestSshd::canHaveOwnFolders(), TestOldNodes)
#include "test_old_nodes.moc"
