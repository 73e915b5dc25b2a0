// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/measure/busy.h"
#include "tests/engine/measure/file_tree.h"

#include <QElapsedTimer>
#include <QTest>

#include <chrono>
#include <thread>

#include <unistd.h>

using namespace seatrial::engine;
using seatrial::tests::FileTree;

namespace {

constexpr int self = 500;

Process process(int pid, int parent, std::int64_t uid, std::string name, std::uint64_t ticks, std::string cgroups = "/\n",
                std::string command = {})
{
    return {pid, parent, uid, std::move(name), std::move(command), false, ticks, 1000, std::move(cgroups)};
}

/// A node with nobody on it but us (uid 0, pid 500, started by sshd) and the usual daemons.
Processes quietNode()
{
    Processes all;
    for (auto p : {process(1, 0, 0, "systemd", 100), process(200, 1, 0, "sshd", 5), process(400, 200, 0, "sshd", 5),
                   process(450, 400, 0, "sh", 1), process(self, 450, 0, "seatrial-engine", 10)})
        all.emplace(p.pid, p);
    Process thread = process(2, 0, 0, "kthreadd", 900);
    thread.kernelThread = true;
    all.emplace(2, thread);
    return all;
}

void writeProcess(const FileTree &tree, int pid, int parent, int uid, const std::string &name, int ticks, const std::string &cgroup)
{
    const auto folder = "proc/" + std::to_string(pid) + "/";
    tree.write(folder + "stat", std::to_string(pid) + " (" + name + ") R " + std::to_string(parent)
                                    + " 1 1 0 -1 4194304 0 0 0 0 " + std::to_string(ticks) + " 0 0 0 20 0 1 0 777 0 0\n");
    tree.write(folder + "status", "Name:\t" + name + "\nUid:\t" + std::to_string(uid) + "\t0\t0\t0\n");
    tree.write(folder + "cmdline", name + std::string(1, '\0') + "--work" + std::string(1, '\0'));
    tree.write(folder + "cgroup", "0::" + cgroup + "\n");
}

} // namespace

class TestBusy : public QObject
{
    Q_OBJECT

private slots:
    void whoCounts_data()
    {
        QTest::addColumn<int>("parent");
        QTest::addColumn<int>("uid");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("command");
        QTest::addColumn<QString>("cgroup");
        QTest::addColumn<int>("ticks"); ///< in one second: 100 are a whole core
        QTest::addColumn<QString>("found"); ///< part of how it is described; empty if it must not count

        const auto row = [](const char *what, int parent, int uid, const char *name, const char *command, const char *cgroup, int ticks, const char *found) {
            QTest::newRow(what) << parent << uid << name << command << cgroup << ticks << found;
        };
        row("another user computes", 1, 1001, "python3", "python3 train.py", "/user.slice", 187, "(python3) of uid 1001 uses 187 %");
        row("another user edits", 1, 1001, "vim", "vim", "/user.slice", 3, "");
        row("another user, just below the limit", 1, 1001, "vim", "vim", "/user.slice", 20, "");
        row("root compiles", 1, 0, "cc1plus", "cc1plus", "/", 100, "");
        row("a system daemon is busy", 1, 112, "mysqld", "mysqld", "/system.slice/mysql.service", 150, "");
        row("nobody", 1, 65534, "dnsmasq", "dnsmasq", "/", 80, "");
        row("a dynamic service user", 1, 61200, "exporter", "exporter", "/system.slice/x.service", 60, "");
        row("a child of ours computes as another user", self, 1001, "burn", "burn", "/", 100, "");
        row("Slurm job, idle, version 2", 1, 1001, "bash", "bash", "/system.slice/slurmstepd.scope/job_4711/step_0/user/task_0", 0, "of Slurm job 4711");
        row("Slurm job, version 1", 1, 1001, "bash", "bash", "/slurm/uid_1001/job_42/step_batch", 0, "of Slurm job 42");
        row("Slurm job of root", 1, 0, "hpl", "hpl", "/slurm/uid_0/job_43/step_0", 0, "of Slurm job 43");
        row("Slurm step daemon without control groups", 1, 0, "slurmstepd", "slurmstepd: [88.batch]", "/system.slice/slurmd.service", 0, "of Slurm job 88");
        row("Slurm's keeper of the control group is no job", 1, 0, "slurmstepd", "/usr/sbin/slurmstepd infinity", "/system.slice/slurmstepd.scope/system", 0, "");
        row("Slurm's own daemon", 1, 0, "slurmd", "/usr/sbin/slurmd -D", "/system.slice/slurmd.service", 50, "");
        row("PBS job by its control group", 1, 1001, "bash", "bash", "/pbs_jobs.service/jobid/77.head", 0, "of PBS job 77.head");
        row("LSF job by its control group", 1, 1001, "sh", "sh", "/lsf/prod/job.99.1234.5678", 0, "of LSF job 99.1234");
        row("another user's Seatrial run that waits for its disk", 1, 1001, "seatrial-load", "seatrial-engine worker --sysroot / --work /var/tmp/seatrial-1001/runs/r5-0a1b/work/1", "/", 0, "of Seatrial run r5-0a1b of uid 1001");
        row("another user's Seatrial run outside of a folder runs", 1, 1002, "seatrial-load", "seatrial-engine worker --work /tmp/x/work/1", "/", 0, "of Seatrial run of uid 1002");
        row("another user's Seatrial run that loads nothing", 1, 1001, "seatrial-engine", "seatrial-engine worker --work /var/tmp/seatrial-1001/runs/r5-0a1b/work/1", "/", 0, "");
        row("our own Seatrial run", 1, 0, "seatrial-load", "seatrial-engine worker --work /var/tmp/seatrial-0/runs/r5-0a1b/work/2", "/", 90, "");
        row("pod that computes", 1, 0, "python3", "python3", "/kubepods/burstable/pod1/abc", 90, "of a Kubernetes pod");
        row("pod that sleeps", 1, 0, "node_exporter", "node_exporter", "/kubepods/besteffort/pod2/abc", 1, "");
        row("pause container", 1, 65535, "pause", "/pause", "/kubepods/besteffort/pod2/abd", 90, "");
    }
    void whoCounts()
    {
        QFETCH(int, parent);
        QFETCH(int, uid);
        QFETCH(QString, name);
        QFETCH(QString, command);
        QFETCH(QString, cgroup);
        QFETCH(int, ticks);
        QFETCH(QString, found);
        const auto other = process(900, parent, uid, name.toStdString(), 50, cgroup.toStdString() + '\n', command.toStdString());
        auto before = quietNode(), after = quietNode();
        before.emplace(900, other);
        after.emplace(900, other);
        after[900].ticks += std::uint64_t(ticks * sysconf(_SC_CLK_TCK) / 100);

        const auto busy = findBusy(before, after, 1, {0, self, 1000, 20});
        QCOMPARE(busy.size(), std::size_t(found.isEmpty() ? 0 : 1));
        if (!busy.empty())
            QVERIFY2(QString::fromStdString(describe(busy.front())).contains(found), describe(busy.front()).c_str());
    }

    void ourOwnJobDoesNotStandAgainstUs()
    {
        auto node = quietNode();
        const std::string job = "/slurm/uid_1000/job_5/step_0\n";
        node[self].cgroups = node[450].cgroups = job;
        node.emplace(600, process(600, 1, 1000, "sleep", 0, job));
        QVERIFY(findBusy(node, node, 1, {0, self, 1000, 20}).empty());
        node.emplace(601, process(601, 1, 1000, "sleep", 0, "/slurm/uid_1000/job_6/step_0\n"));
        QCOMPARE(findBusy(node, node, 1, {0, self, 1000, 20}).size(), std::size_t(1));
    }

    void sessionsOfABatchDaemonAreJobs()
    {
        auto node = quietNode();
        node.emplace(700, process(700, 1, 0, "pbs_mom", 3));
        node.emplace(701, process(701, 700, 1001, "bash", 3));
        node.emplace(702, process(702, 701, 1001, "a.out", 3));
        const auto busy = findBusy(node, node, 1, {0, self, 1000, 20});
        QCOMPARE(busy.size(), std::size_t(2));
        QCOMPARE(busy[0].job, std::string("PBS job of process 701"));
        QCOMPARE(busy[1].job, busy[0].job);
    }

    void aNewProcessOfAnOldNumberStartsAtZero()
    {
        auto before = quietNode(), after = quietNode();
        before.emplace(900, process(900, 1, 1001, "old", 5000));
        auto fresh = process(900, 1, 1001, "new", 2);
        fresh.startTick = 2000;
        after.emplace(900, fresh);
        QVERIFY(findBusy(before, after, 1, {0, self, 1000, 20}).empty());
    }

    void theBusiestComesFirst()
    {
        auto before = quietNode(), after = quietNode();
        for (int i = 0; i < 3; ++i) {
            before.emplace(900 + i, process(900 + i, 1, 1001, "a.out", 0));
            after.emplace(900 + i, process(900 + i, 1, 1001, "a.out", std::uint64_t(50 + 50 * i)));
        }
        const auto busy = findBusy(before, after, 1, {0, self, 1000, 20});
        QCOMPARE(busy.size(), std::size_t(3));
        QCOMPARE(busy.front().process.pid, 902);
    }

    void processesAreReadFromProc()
    {
        const FileTree tree;
        writeProcess(tree, 31, 1, 1001, "odd ) (name", 12, "/user.slice");
        tree.write("proc/32/stat", "torn");
        tree.write("proc/not-a-pid/stat", "x");
        const auto all = readProcesses(tree.root());
        QCOMPARE(all.size(), std::size_t(1));
        const auto &found = all.at(31);
        QCOMPARE(found.name, std::string("odd ) (name"));
        QCOMPARE(found.parent, 1);
        QCOMPARE(found.uid, 1001);
        QCOMPARE(found.ticks, 12ull);
        QCOMPARE(found.startTick, 777ull);
        QCOMPARE(found.command, std::string("odd ) (name --work"));
        QCOMPARE(found.cgroups, std::string("/user.slice\n"));
        QVERIFY(readProcesses("/").contains(int(getpid())));
    }

    void aUserAtWorkIsNamed()
    {
        const FileTree tree;
        tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:4321:1::/home/alice:/bin/sh\n");
        writeProcess(tree, 1, 0, 0, "systemd", 100, "/init.scope");
        writeProcess(tree, 31, 1, 4321, "python3", 0, "/user.slice");
        std::jthread work([&] { // computes while it is looked at
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
            writeProcess(tree, 31, 1, 4321, "python3", 90, "/user.slice");
        });
        const auto report = lookForBusy(tree.root(), 0.3);
        QVERIFY(!report.othersHidden);
        QCOMPARE(report.busy.size(), std::size_t(1));
        QCOMPARE(report.busy.front().user, std::string("alice"));
        QVERIFY(describe(report.busy.front()).starts_with("pid 31 (python3) of alice uses "));
    }

    void whereNobodyCouldCountNobodyWaits()
    {
        const FileTree tree;
        writeProcess(tree, 1, 0, 0, "systemd", 100, "/init.scope");
        QElapsedTimer timer;
        timer.start();
        QVERIFY(lookForBusy(tree.root(), 10).busy.empty());
        QVERIFY(timer.elapsed() < 5000);
    }

    void theSiteSaysWhereUsersBegin()
    {
        const FileTree tree;
        tree.write("etc/login.defs", "# UID_MIN 1\nUID_MIN   500\n");
        writeProcess(tree, 1, 0, 0, "init", 100, "/");
        writeProcess(tree, 31, 1, 501, "a.out", 0, "/");
        std::jthread work([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
            writeProcess(tree, 31, 1, 501, "a.out", 90, "/");
        });
        QCOMPARE(lookForBusy(tree.root(), 0.3).busy.size(), std::size_t(1));
    }

    void hiddenProcessesAreToldApart()
    {
        const FileTree tree;
        tree.write("proc/self/stat", "");
        QVERIFY(lookForBusy(tree.root(), 0).othersHidden);
    }
};

QTEST_GUILESS_MAIN(TestBusy)
#include "test_busy.moc"
