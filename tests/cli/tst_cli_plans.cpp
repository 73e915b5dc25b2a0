// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace seatrial::tests;

/// What docs/cli.md promises of "seatrialctl plan".
class TestCliPlans : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QString write(const QString &name, const QByteArray &bytes) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(file.fileName()));
        return file.fileName();
    }
    QString plan(const QByteArray &steps) const { return write("plan.yaml", "version: 1\nname: mine\ntitle: Mine\ndescription: d\nsteps:\n" + steps); }
    static Ended call(const QStringList &words) { return runProgram("seatrialctl", words, 60); }

private slots:
    void theBuiltInPlansAreGood()
    {
        const auto list = call({"plan", "list", "--format", "json"});
        QCOMPARE(list.exitCode, 0);
        const auto plans = QJsonDocument::fromJson(list.output).array();
        QVERIFY(!plans.isEmpty());
        QCOMPARE(plans.first().toObject()["plan"].toString(), QStringLiteral("quick"));
        for (const auto &entry : plans) {
            const auto checked = call({"plan", "check", entry.toObject()["plan"].toString()});
            QVERIFY2(checked.exitCode == 0, checked.output.constData());
            QVERIFY(checked.output.contains("can be run"));
        }
    }

    void checkNamesWhatCannotWork_data()
    {
        QTest::addColumn<QByteArray>("steps");
        QTest::addColumn<QString>("said");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, const QByteArray &steps, const char *said, int code) { QTest::newRow(name) << steps << said << code; };
        row("good", "  - { id: a, check: host.health }\n", "can be run", 0);
        row("unknown check", "  - { id: a, check: host.telepathy }\n", "error: a: there is no check host\\.telepathy; this engine has .*host\\.memory", 2);
        row("unknown parameter", "  - { id: a, check: host.cpu, exclusive: true, parameters: { second: 3 } }\n", "has no parameter second; it has .*seconds", 2);
        row("a share that is none", "  - { id: a, check: host.memory_pattern, exclusive: true, parameters: { share: 5 } }\n", "error: a: parameter share is \"5\": expected a number from 0\\.01 to 0\\.9", 2);
        row("no number", "  - { id: a, check: host.cpu, exclusive: true, parameters: { seconds: nan } }\n", "error: a: parameter seconds is \"nan\"", 2);
        row("no integer", "  - { id: a, check: host.disk, exclusive: true, parameters: { bytes: 1e18 } }\n", "error: a: parameter bytes is \"1e18\": expected an integer from 16777216 to", 2);
        row("a precision that there is not", "  - { id: a, check: gpu.gemm, exclusive: true, parameters: { precisions: \"bf16,fp4\" } }\n", "error: a: parameter precisions is \"bf16,fp4\": expected \"all\" or some of", 2);
        row("a garbage list of GPUs", "  - { id: a, check: gpu.memory, exclusive: true, parameters: { gpus: \"0-3;5\" } }\n", "error: a: parameter gpus is \"0-3;5\": expected", 2);
        row("negative bytes", "  - { id: a, check: gpu.host_link, exclusive: true, parameters: { bytes: -1 } }\n", "error: a: parameter bytes is \"-1\": expected an integer from 4096 to", 2);
        row("too deep a queue", "  - { id: a, check: host.disk, exclusive: true, parameters: { queue_depth: 100000 } }\n", "expected an integer from 1 to 256", 2);
        row("no such path", "  - { id: a, check: host.cpu, exclusive: true, parameters: { path: \"x;y\" } }\n", "parameter path is \"x;y\": expected mixed, fma, integer, aes or all", 2);
        row("no such phase", "  - { id: a, check: host.health, parameters: { phase: during } }\n", "parameter phase is \"during\": expected before or after", 2);
        row("streams of a pair", "  - { id: a, check: net.pair, scope: pair, exclusive: true, parameters: { streams: 0 } }\n", "parameter streams is \"0\"", 2);
        row("what a pair may say", "  - { id: a, check: net.pair, scope: pair, exclusive: true, parameters: { streams: 2, seconds: 1 } }\n", "can be run", 0);
        row("deadline too short", "  - { id: a, check: host.cpu, exclusive: true, deadline: 5, expected: 9 }\n", "plan\\.yaml:6:\\d+.*9", 2);
        row("measures longer than its deadline", "  - { id: a, check: host.cpu, exclusive: true, deadline: 60, parameters: { seconds: 90 } }\n", "to measure for 90 s, but its deadline is 60 s", 2);
        row("a pair on one node", "  - { id: a, check: net.pair, exclusive: true }\n", "say scope: pair", 2);
        row("a group on one node", "  - { id: a, check: host.collective, exclusive: true }\n", "say scope: group", 2);
        row("a group as a pair", "  - { id: a, check: host.collective, scope: pair, exclusive: true }\n", "say scope: group", 2);
        row("one node as a group", "  - { id: a, check: host.disk, scope: group, exclusive: true }\n", "leave scope: group out", 2);
        row("a pair as a group", "  - { id: a, check: net.pair, scope: group, exclusive: true }\n", "say scope: pair", 2);
        row("what the schedule says of groups", "  - { id: a, check: host.collective, scope: group, exclusive: true, parameters: { rank: 1 } }\n", "rank is given by the schedule", 2);
        row("groups need two", "  - { id: a, check: host.collective, scope: group, group_size: 4, exclusive: true }\n", "note: a: it needs two nodes", 0);
        row("one node as a pair", "  - { id: a, check: host.disk, scope: pair, exclusive: true }\n", "leave scope: pair out", 2);
        row("what the schedule says", "  - { id: a, check: net.pair, scope: pair, exclusive: true, parameters: { peer: n1 } }\n", "peer is given by the schedule", 2);
        row("nothing required", "  - { id: a, check: host.health, need: informative }\n", "no step is required", 2);
        row("after before before", "  - { id: a, check: host.health, parameters: { phase: after } }\n  - { id: b, check: host.health, parameters: { phase: before } }\n", "comes before the one", 2);
        row("load that is shared", "  - { id: a, check: host.memory }\n", "note: a: host\\.memory loads the node", 0);
        row("pairs need two", "  - { id: a, check: net.pair, scope: pair, exclusive: true }\n", "note: a: it needs two nodes", 0);
        row("before alone", "  - { id: a, check: host.health, parameters: { phase: before } }\n", "note: a: .*alone", 0);
    }
    void checkNamesWhatCannotWork()
    {
        QFETCH(QByteArray, steps);
        QFETCH(QString, said);
        QFETCH(int, code);
        const auto ended = call({"plan", "check", plan(steps)});
        const auto output = QString::fromUtf8(ended.output + ended.errors);
        QVERIFY2(output.contains(QRegularExpression(said)), qPrintable(output));
        QCOMPARE(ended.exitCode, code);
    }

    void showTellsEveryStep()
    {
        const auto ended = call({"plan", "show", "quick", "--format", "json"});
        QCOMPARE(ended.exitCode, 0);
        const auto steps = QJsonDocument::fromJson(ended.output).array();
        QVERIFY(steps.size() >= 5);
        QStringList keys = steps.first().toObject().keys();
        keys.sort();
        QCOMPARE(keys, (QStringList{"check", "deadline_s", "exclusive", "expected_s", "group_size", "need", "parameters", "partners", "retests", "scope", "step", "title"}));
        QVERIFY(call({"plan", "show", "quick"}).output.contains("Plan quick:"));
    }

    void estimateSaysWhatItRestsOn()
    {
        const auto shared = write("shared.yaml", "version: 1\nname: hall\nnodes:\n  - { name: \"n[01-04]\" }\nshared:\n  - { name: c, kind: physical-host, nodes: \"n[01-04]\" }\n");
        const auto file = plan("  - { id: cpu, check: host.cpu, exclusive: true, expected: 10 }\n");
        const auto one = QJsonDocument::fromJson(call({"plan", "estimate", file, "--inventory", shared, "--nodes", "n01", "--format", "json"}).output).object();
        const auto all = QJsonDocument::fromJson(call({"plan", "estimate", file, "--inventory", shared, "--format", "json"}).output).object();
        QCOMPARE(one["nodes"].toInt(), 1);
        QCOMPARE(all["nodes"].toInt(), 4);
        QCOMPARE(all["total_s"].toDouble() - one["total_s"].toDouble(), 30.); // one after the other
        QVERIFY(all["rests_on"].toArray().size() >= 2);
        QVERIFY(all["steps"].toArray().first().toObject()["at_once"].toInt() == 1);
        const auto many = write("many.yaml", "version: 1\nname: hall\nnodes:\n  - { name: \"n[001-100]\" }\n");
        const auto ramped = QJsonDocument::fromJson(call({"plan", "estimate", file, "--inventory", many, "--format", "json"}).output).object();
        QVERIFY(ramped["ramp_s"].toDouble() > 0);
        const auto flat = QJsonDocument::fromJson(call({"plan", "estimate", file, "--inventory", many, "--ramp", "off", "--format", "json"}).output).object();
        QCOMPARE(flat["ramp_s"].toDouble(), 0.);
        const auto quick = call({"plan", "estimate", "quick", "--inventory", many}).output;
        QVERIFY(quick.contains("Rests on:") && quick.contains("next to nothing where there are none"));
        QVERIFY(!call({"plan", "estimate", file, "--inventory", many}).output.contains("GPUs"));
    }

    void estimateTakesHosts()
    {
        const auto hosts = QJsonDocument::fromJson(call({"plan", "estimate", "quick", "--hosts", "ops@n[01-08]", "--nodes", "n[01-04]", "--format", "json"}).output).object();
        QCOMPARE(hosts["nodes"].toInt(), 4);
        QVERIFY(hosts["played"].toBool());
        QVERIFY(hosts["total_s"].toDouble() > 0);
    }

    /// What a large fleet's estimate leaves out is said, and what is known is there: the same as of one that was played.
    void estimateOfAFleetTooLargeToPlay()
    {
        const auto file = plan("  - { id: cpu, check: host.cpu, exclusive: true, expected: 10 }\n"
                               "  - { id: net, check: net.pair, scope: pair, partners: 2, exclusive: true, expected: 10 }\n");
        const auto large = QJsonDocument::fromJson(call({"plan", "estimate", file, "--hosts", "n[1-2050]", "--format", "json"}).output).object();
        QVERIFY(large["played"].isBool() && !large["played"].toBool());
        QVERIFY(large["total_s"].toDouble() > 20);
        const auto steps = large["steps"].toArray();
        QCOMPARE(steps.size(), 2);
        QCOMPARE(steps[0].toObject()["times"].toInt(), 2050);
        QCOMPARE(steps[0].toObject()["each_s"].toDouble(), 10.);
        QVERIFY(steps[0].toObject().contains("begins_s") && steps[0].toObject()["begins_s"].isNull());
        const auto played = QJsonDocument::fromJson(call({"plan", "estimate", file, "--hosts", "n[1-50]", "--format", "json"}).output).object();
        const int pairsOfFifty = played["steps"].toArray()[1].toObject()["times"].toInt();
        QVERIFY(pairsOfFifty > 0);
        QCOMPARE(steps[1].toObject()["times"].toInt(), pairsOfFifty * 41); // 2050 are 41 times 50
        const auto text = call({"plan", "estimate", file, "--hosts", "n[1-2050]"}).output;
        QVERIFY2(text.contains("The schedule was not played") && text.contains("host.cpu"), text.constData());
    }

    void groupsAreCountedAndShown()
    {
        const auto file = plan("  - { id: all, check: host.collective, scope: group, exclusive: true, expected: 10 }\n"
                               "  - { id: eight, check: host.collective, scope: group, group_size: 8, exclusive: true, expected: 10 }\n");
        const auto shown = QJsonDocument::fromJson(call({"plan", "show", file, "--format", "json"}).output).array();
        QCOMPARE(shown[0].toObject()["scope"].toString(), QStringLiteral("group"));
        QCOMPARE(shown[0].toObject()["group_size"].toString(), QStringLiteral("all"));
        QCOMPARE(shown[1].toObject()["group_size"].toInt(), 8);
        for (const char *hosts : {"n[1-16]", "n[1-4096]"}) { // played, and too many for that
            const auto estimate = QJsonDocument::fromJson(call({"plan", "estimate", file, "--hosts", hosts, "--ramp", "off", "--format", "json"}).output).object();
            const auto steps = estimate["steps"].toArray();
            QCOMPARE(steps[0].toObject()["times"].toInt(), 1);
            QCOMPARE(steps[1].toObject()["times"].toInt(), QByteArray(hosts) == "n[1-16]" ? 2 : 512);
            QVERIFY(estimate["total_s"].toDouble() >= 20 && estimate["total_s"].toDouble() < 40);
        }
        QVERIFY(call({"plan", "estimate", file, "--hosts", "n[1-16]"}).output.contains("eight: 2 groups of nodes"));
    }

    void badInputEndsWithTwo()
    {
        QCOMPARE(call({"plan"}).exitCode, 2);
        QCOMPARE(call({"plan", "show"}).exitCode, 2);
        QCOMPARE(call({"plan", "show", "nope"}).exitCode, 2);
        QCOMPARE(call({"plan", "show", "quick", "--format", "junit"}).exitCode, 2);
        QCOMPARE(call({"plan", "estimate", "quick"}).exitCode, 2);
        const auto fleet = write("f.yaml", "version: 1\nname: hall\nnodes:\n  - { name: n1 }\n");
        const auto ramp = call({"plan", "estimate", "quick", "--inventory", fleet, "--ramp", "50"});
        QCOMPARE(ramp.exitCode, 2);
        QVERIFY(ramp.errors.contains("12.5,25,50,100"));
        QCOMPARE(call({"run", "--inventory", fleet, "--store", m_folder.filePath("never.db"), "--ramp", "zero"}).exitCode, 2);
        QVERIFY(!QFile::exists(m_folder.filePath("never.db")));
    }
};

QTEST_GUILESS_MAIN(TestCliPlans)
#include "tst_cli_plans.moc"
