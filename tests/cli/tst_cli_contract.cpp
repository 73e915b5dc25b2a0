// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/own_folder.h"
#include "tests/support/lab.h"
#include "tests/support/test_sshd.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include <sys/stat.h>

using namespace seatrial::tests;

namespace {

constexpr const char *kBoot = "5c2f6c1e-6d2b-4c57-9a57-0d3f3f1f4d11";

/// A line as docs/protocol.md has it.
QByteArray record(const char *type, int seq, const QByteArray &rest)
{
    return QByteArray("{\"type\":\"") + type + "\",\"seq\":" + QByteArray::number(seq) + ",\"mono\":" + QByteArray::number(5000 + seq)
        + ",\"wall\":" + QByteArray::number(1767603600 + seq) + ",\"boot\":\"" + kBoot + "\"," + rest + "}\n";
}

/// The whole life of a node that measured its memory once.
QByteArray streamOf(const QByteArray &node)
{
    return record("hello", 1, R"("protocol":1,"engine":"0.1.0","run":"recorded","node":")" + node
                      + R"(","hostname":"gpu-0117","machine":"x86_64","kernel":"6.1.0-18-amd64","libc":"glibc 2.36","simulated":false)")
        + record("step-started", 2, R"("step":"memory#1","check":"host.memory")")
        + record("measurement", 3, R"("step":"memory#1","check":"host.memory","metric":"triad","subject":"node","value":187.43751234,"unit":"GB/s","n":9,)"
                                   R"("spread":{"min":185.25,"max":189.5,"cv":0.0071})")
        + record("step-finished", 4, R"("step":"memory#1","check":"host.memory","status":"completed","seconds":8.5)")
        + record("goodbye", 5, R"("outcome":"finished")");
}

/// A node with a GPU and an adapter that hang on one switch, and a limit that the GPU misses.
QByteArray streamOfGpus()
{
    const QByteArray gpu = R"("kind":"gpu","place":"gpu/0","identity":"1650123","model":"NVIDIA H100 80GB HBM3","attributes":{"pci_address":"0000:17:00.0",)"
                           R"("cpus":"0-55","numa_node":"0","parent":"pcie/0000:14:01.0","relations":"gpu/0=X nic/mlx5_0=PIX"})";
    const QByteArray nic = R"("kind":"nic","place":"nic/mlx5_0","identity":"a088:c203:00f6:1234","model":"MT4129\u001b[2J","attributes":{"relations":"gpu/0=PIX nic/mlx5_0=X"})";
    QByteArray stream = streamOf("g01");
    stream.truncate(stream.lastIndexOf("{\"type\":\"goodbye\""));
    return stream + record("part", 5, gpu) + record("part", 6, nic)
        + record("measurement", 7, R"("step":"health#1","check":"gpu.health","metric":"row_remap_failure","subject":"gpu/0","value":1,"unit":"","n":1)")
        + record("step-finished", 8, R"("step":"health#1","check":"gpu.health","status":"completed","seconds":1)") + record("goodbye", 9, R"("outcome":"finished")");
}

QStringList keysOf(const QJsonObject &object)
{
    QStringList keys = object.keys();
    keys.sort();
    return keys;
}

} // namespace

/// Names, fields and exit codes of docs/cli.md.
class TestCliContract : public QObject, OwnFolder
{
    Q_OBJECT

    /// "@name" stands for a file of the test's folder.
    Ended call(QStringList words) const
    {
        for (auto &word : words) {
            if (word.startsWith('@'))
                word = path(word.mid(1));
        }
        return runProgram("seatrialctl", words, 30);
    }

    /// The program with its standard output sent where @p redirection says.
    Ended callInShell(const QString &words, const QString &redirection) const
    {
        QProcess shell;
        shell.start("bash", {"-c", QString("set -o pipefail; '%1' %2 %3").arg(programPath("seatrialctl"), words, redirection)});
        Ended ended;
        if (!shell.waitForFinished(30'000))
            shell.kill();
        ended.exitCode = shell.exitStatus() == QProcess::NormalExit ? shell.exitCode() : -1;
        ended.errors = shell.readAllStandardError();
        return ended;
    }

private slots:
    void initTestCase()
    {
        qputenv("XDG_DATA_HOME", path("share").toLocal8Bit()); // never a person's own history
        write("fleet.yaml", "version: 1\nname: hall\nnodes:\n  - name: n[01-03]\n    address: 127.0.0.[1-3]\n");
        write("broken.yaml", "version: 1\nname: hall\nnodes:\n  - name: n01\n    adress: 127.0.0.1\n");
        write("n01.jsonl", streamOf("n01"));
        write("n02.jsonl", streamOf("n02"));
        write("g01.jsonl", streamOfGpus());
        write("torn.jsonl", streamOf("n01") + "not json\n{\"type\":\"measurement\",\"seq\":\n");
        write("random", QByteArray("\x7f\x45\x4c\x46\x00\x01\x02\n\xff\xfe", 10));
        write("empty", {});
        write("shredded.jsonl", streamOf("n01") + QByteArray("not json\n").repeated(1001));
        write("odd.yaml", "version: 1\nname: odd\ntitle: Odd\nsteps:\n  - { id: a, check: host.memory_pattern, exclusive: true, parameters: { share: 5 } }\n"
                          "  - { id: b, check: host.telepathy }\n");
        QCOMPARE(::mkfifo(path("pipe").toLocal8Bit().constData(), 0600), 0);
        write("headless.jsonl", streamOf("n01").mid(streamOf("n01").indexOf('\n') + 1));
        const Ended stored = call({"replay", "@n01.jsonl", "@n02.jsonl", "--store", "@s.db"});
        QVERIFY2(stored.exitCode == 0, stored.errors.constData());
    }

    void badInputEndsWithTwo_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("said");
        const QStringList run{"run", "--inventory", "@fleet.yaml", "--store", "@never.db"};
        const auto row = [](const char *name, const QStringList &words, const QString &said) { QTest::newRow(name) << words << said; };
        row("no command", {}, "subcommand");
        row("unknown command", {"measure"}, "no command measure.*--help");
        row("unknown option before the command", {"--turbo"}, "no option --turbo");
        row("unknown option", run + QStringList{"--turbo"}, "--turbo");
        row("mistyped option", {"run", "--fanout", "3"}, "no option --fanout in seatrialctl run\n.*did you mean --fan-out\\?.*seatrialctl run --help");
        row("mistyped option before what is required", {"stream", "--nod=n01"}, "no option --nod in .*--node\\?");
        row("mistyped command", {"verdit"}, "no command verdit\n.*did you mean verdict");
        row("mistyped command of plan", {"plan", "shw", "quick"}, "no command shw in seatrialctl plan\n.*did you mean show");
        row("one word too many", {"runs", "today"}, "\"today\" is one word too many in seatrialctl runs");
        row("run: --format", run + QStringList{"--format", "json"}, "no option --format in seatrialctl run\n.*seatrialctl run --json");
        row("json and another format", {"runs", "--store", "@s.db", "--json", "--format", "csv"}, "--json.*--format|--format.*--json");
        row("no inventory", {"run"}, "--inventory");
        row("missing inventory", {"run", "--inventory", "@none.yaml"}, "none.yaml");
        row("run: a pipe without a writer", {"run", "--inventory", "@pipe", "--store", "@never.db"}, "pipe: this is a pipe, and nothing came out of it for 5 s");
        row("run: a plan that the engine refuses", run + QStringList{"--plan", "@odd.yaml"}, "plan odd cannot be run: a: parameter share is .5.: expected a number from 0.01 to 0.9; b: there is no check host.telepathy[\\s\\S]*plan check");
        row("run: more nodes than a run takes", {"run", "--hosts", "n[1-100000]", "--store", "@never.db"}, "100000 nodes are more than a run takes, which is 10000\n.*--nodes");
        row("malformed inventory", {"run", "--inventory", "@broken.yaml"}, "broken\\.yaml:5:\\d+");
        row("run: empty nodes", run + QStringList{"--nodes", ""}, "--nodes.*leave the option out");
        row("run: empty nodes, other form", run + QStringList{"--nodes="}, "--nodes");
        row("run: no node left", run + QStringList{"--nodes", "n01!n01"}, "leaves no node.*n\\[01-03\\]");
        row("run: blank nodes", run + QStringList{"--nodes", " "}, "next:");
        row("run: stranger", run + QStringList{"--nodes", "n09"}, "n09.*n\\[01-03\\]");
        row("run: empty store", {"run", "--inventory", "@fleet.yaml", "--store", ""}, "--store");
        row("run: unknown plan", run + QStringList{"--plan", "nope"}, "quick");
        row("run: unknown criteria", run + QStringList{"--criteria", "@none.yaml"}, "none.yaml");
        row("run: lease too short", run + QStringList{"--lease", "1"}, "--lease");
        row("clean: empty nodes", {"clean", "--inventory", "@fleet.yaml", "--nodes", ""}, "--nodes.*leave the option out");
        row("clean: no node left", {"clean", "--inventory", "@fleet.yaml", "--nodes", "n01!n01"}, "leaves no node");
        row("preflight: no inventory", {"preflight"}, "--inventory");
        row("preflight: stranger", {"preflight", "--inventory", "@fleet.yaml", "--nodes", "n09"}, "n09.*n\\[01-03\\]");
        row("preflight: empty nodes", {"preflight", "--inventory", "@fleet.yaml", "--nodes", ""}, "--nodes.*leave the option out");
        row("preflight: junit", {"preflight", "--inventory", "@fleet.yaml", "--format", "junit"}, "'junit' is not a format here");
        row("preflight: fan-out", {"preflight", "--inventory", "@fleet.yaml", "--fan-out", "0"}, "--fan-out");
        row("continue: mistyped store", {"continue", "--store", "@never.db"}, "no store.*never.db");
        row("continue: finished run", {"continue", "--store", "@s.db"}, "next:");
        row("verdict: mistyped store", {"verdict", "--store", "@never.db"}, "no store");
        row("verdict: unknown run", {"verdict", "--store", "@s.db", "--run", "nope"}, "nope");
        row("verdict: wrong format", {"verdict", "--store", "@s.db", "--format", "xml"}, "'xml' is not a format.*junit");
        row("runs: junit", {"runs", "--store", "@s.db", "--format", "junit"}, "'junit' is not a format here; use text, json or csv");
        row("nodes: filter that is none", {"nodes", "--store", "@s.db", "--where", "verdit==failed"}, "character 1: there is no field .verdit.; did you mean verdict");
        row("nodes: empty filter", {"nodes", "--store", "@s.db", "--where", ""}, "--where.*leave the option out");
        row("results: unknown node", {"results", "--store", "@s.db", "--node", "n09"}, "n\\[01-02\\]");
        row("stream: no node", {"stream", "--store", "@s.db"}, "--node");
        row("replay: missing", {"replay", "@none.jsonl", "--store", "@never.db"}, "none.jsonl");
        row("replay: folder", {"replay", path(), "--store", "@never.db"}, "is a folder");
        row("replay: random bytes", {"replay", "@random", "--store", "@never.db"}, "not a stream");
        row("replay: without end", {"replay", "/dev/zero", "--store", "@never.db"}, "not a stream");
        row("replay: empty", {"replay", "@empty", "--store", "@never.db"}, "is empty");
        row("replay: a pipe", {"replay", "@pipe", "--store", "@never.db"}, "is a pipe, expected a file");
        row("replay: too many damaged lines", {"replay", "@shredded.jsonl", "--store", "@never.db"}, "shredded\\.jsonl:1006: .*more than 1000 of its lines cannot be read");
        row("replay: no hello", {"replay", "@headless.jsonl", "--store", "@never.db"}, "no hello");
        row("replay: twice", {"replay", "@n01.jsonl", "@n01.jsonl", "--store", "@never.db"}, "second stream of node n01");
        row("replay: unknown criteria", {"replay", "@n01.jsonl", "--criteria", "@none.yaml", "--store", "@never.db"}, "none.yaml");
        row("nodeset: bomb", {"nodeset", "n[1-999999999]"}, "100.?000");
        row("nodeset: nested bomb", {"nodeset", "a[1-9999]b[1-9999]c[1-9999]"}, "100.?000");
        row("nodeset: open bracket", {"nodeset", "n[01-"}, "column|expected");
    }

    void nodesAreFiltered_data()
    {
        QTest::addColumn<QStringList>("names");
        QTest::newRow("node in n[02-09]") << QStringList{"n02"};
        QTest::newRow("verdict!=failed and value>187") << QStringList{"n01", "n02"};
        QTest::newRow("value<100") << QStringList{};
        QTest::newRow("not n01") << QStringList{"n02"};
    }

    void nodesAreFiltered()
    {
        QFETCH(QStringList, names);
        const Ended ended = call({"nodes", "--store", "@s.db", "--format", "json", "--where", QTest::currentDataTag()});
        QVERIFY2(ended.exitCode == 0, ended.errors.constData());
        QStringList found;
        for (const auto &row : QJsonDocument::fromJson(ended.output).array())
            found << row.toObject()["node"].toString();
        QCOMPARE(found, names);
    }

    void badInputEndsWithTwo()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, said);
        const Ended ended = call(words);
        QVERIFY2(ended.exitCode == 2, ended.errors.constData());
        const QRegularExpression wanted(said, QRegularExpression::DotMatchesEverythingOption);
        QVERIFY2(wanted.match(QString::fromUtf8(ended.errors)).hasMatch(), ended.errors.constData());
        QVERIFY2(ended.output.isEmpty(), ended.output.constData());
        QVERIFY2(!ended.errors.contains("->"), ended.errors.constData()); // the parser's inner tables are nobody's business
        QVERIFY2(!QFile::exists(path("never.db")), "bad input made a store");
    }

    void outputThatCannotBeWritten_data()
    {
        QTest::addColumn<QString>("words");
        const QString store = path("s.db");
        for (const QString command : {"verdict --format json", "runs", "nodes", "results --format csv", "stream --node n01"})
            QTest::newRow(qPrintable(command)) << command + " --store '" + store + "'";
        QTest::newRow("nodeset") << "nodeset 'n[1-90000]'";
        QTest::newRow("help") << "--help";
    }

    void outputThatCannotBeWritten()
    {
        QFETCH(QString, words);
        const Ended full = callInShell(words, ">/dev/full");
        QCOMPARE(full.exitCode, 2);
        QVERIFY2(full.errors.contains("standard output could not be written"), full.errors.constData());
    }

    void readerThatWentAway()
    {
        const Ended closed = callInShell("nodeset 'n[1-90000]'", "| true");
        QCOMPARE(closed.exitCode, 2);
        QVERIFY2(closed.errors.contains("standard output"), closed.errors.constData());
    }

    void verdictHasItsFields()
    {
        const Ended ended = call({"verdict", "--store", "@s.db", "--format", "json"});
        QCOMPARE(ended.exitCode, 0);
        const auto verdict = QJsonDocument::fromJson(ended.output).object();
        QCOMPARE(keysOf(verdict), (QStringList{"counts", "fleet", "load_allowed_by", "nodes", "notes", "operator", "plan", "run"}));
        QCOMPARE(keysOf(verdict["counts"].toObject()), (QStringList{"failed", "marginal", "qualified", "unknown"}));
        const auto nodes = verdict["nodes"].toArray();
        QCOMPARE(nodes.size(), 2);
        int counted = 0;
        for (const auto &count : verdict["counts"].toObject())
            counted += count.toInt();
        QCOMPARE(counted, 2);
        for (const auto &value : nodes) {
            const auto node = value.toObject();
            for (const char *key : {"node", "rack", "verdict", "coverage", "reasons"})
                QVERIFY2(node.contains(QLatin1String(key)), key);
            QCOMPARE(keysOf(node["coverage"].toObject()), (QStringList{"measured", "planned"}));
            QCOMPARE(node["reasons"].toArray().isEmpty(), node["verdict"] == "qualified");
            for (const auto &reason : node["reasons"].toArray())
                QCOMPARE(keysOf(reason.toObject()), (QStringList{"advice", "check", "limit", "metric", "source", "subject", "text", "unit", "value", "verdict"}));
        }
    }

    void tablesHaveTheSameColumnsInEveryFormat_data()
    {
        QTest::addColumn<QStringList>("columns");
        QTest::newRow("runs") << QStringList{"run", "plan", "fleet", "nodes", "state", "started", "finished", "qualified", "marginal", "failed", "unknown", "simulated"};
        QTest::newRow("nodes") << QStringList{"run", "node", "rack", "verdict", "planned", "measured", "reason"};
        QTest::newRow("results") << QStringList{"run", "node", "step", "attempt", "check", "metric", "subject", "value", "unit", "n", "min", "max", "cv", "time", "simulated", "part"};
    }

    void tablesHaveTheSameColumnsInEveryFormat()
    {
        QFETCH(QStringList, columns);
        const QString command = QTest::currentDataTag();
        const auto output = [&](const QString &format) { return call({command, "--store", "@s.db", "--format", format}).output; };
        QCOMPARE(QString::fromUtf8(output("csv")).section("\r\n", 0, 0), columns.join(','));
        QCOMPARE(QString::fromUtf8(output("text")).section('\n', 0, 0).simplified(), columns.join(' '));
        const auto rows = QJsonDocument::fromJson(output("json")).array();
        QVERIFY(!rows.isEmpty());
        for (const auto &row : rows)
            QCOMPARE(keysOf(row.toObject()), [&] { auto sorted = columns; sorted.sort(); return sorted; }());
    }

    void gpusAreNamedAndTheirTopologyIsShown()
    {
        QVERIFY(call({"replay", "@g01.jsonl", "--store", "@g.db"}).exitCode == 0);
        const Ended text = call({"topology", "--store", "@g.db", "--node", "g01"});
        QCOMPARE(text.exitCode, 0);
        QVERIFY2(text.output.startsWith("        GPU0    NIC0    CPU Affinity  NUMA Affinity  GPU NUMA ID\nGPU0     X      PIX     0-55          0              N/A\nNIC0    PIX      X\n"), text.output.constData());
        QVERIFY(text.output.contains("GPU0: GPU 0 (NVIDIA H100 80GB HBM3, serial 1650123, 0000:17:00.0), below pcie/0000:14:01.0"));
        QVERIFY(!text.output.contains('\x1b'));
        const auto json = QJsonDocument::fromJson(call({"topology", "--store", "@g.db", "--node", "g01", "--json"}).output).object();
        QCOMPARE(keysOf(json), (QStringList{"members", "node", "others", "run"}));
        QCOMPARE(json["members"].toArray()[0].toObject()["relations"].toObject()["NIC0"].toString(), QString("PIX"));

        const Ended other = call({"topology", "--store", "@g.db", "--node", "g02"});
        QCOMPARE(other.exitCode, 2);
        QVERIFY(other.errors.contains("no node g02"));
        QVERIFY(call({"replay", "@n01.jsonl", "--store", "@h.db"}).exitCode == 0);
        QVERIFY(call({"topology", "--store", "@h.db", "--node", "n01"}).errors.contains("did not look how the GPUs of n01 are connected"));

        const auto verdict = QJsonDocument::fromJson(call({"verdict", "--store", "@g.db", "--json"}).output).object();
        const auto reason = verdict["nodes"].toArray()[0].toObject()["reasons"].toArray()[0].toObject();
        QCOMPARE(reason["parts"].toArray()[0].toObject()["serial"].toString(), QString("1650123"));
        QVERIFY2(reason["text"].toString().contains("GPU 0 (NVIDIA H100 80GB HBM3, serial 1650123, 0000:17:00.0)"), qPrintable(reason["text"].toString()));
        QVERIFY(call({"results", "--store", "@g.db", "--format", "csv"}).output.contains("\"GPU 0 (NVIDIA H100 80GB HBM3, serial 1650123, 0000:17:00.0)\""));
    }

    void jsonIsTheSameAsItsFormat_data()
    {
        QTest::addColumn<QStringList>("words");
        for (const char *command : {"verdict", "runs", "nodes", "results"})
            QTest::newRow(command) << QStringList{command, "--store", "@s.db"};
        QTest::newRow("plan list") << QStringList{"plan", "list"};
        QTest::newRow("plan show") << QStringList{"plan", "show", "quick"};
        QTest::newRow("plan estimate") << QStringList{"plan", "estimate", "quick", "--hosts", "n[1-3]"};
    }

    void jsonIsTheSameAsItsFormat()
    {
        QFETCH(QStringList, words);
        const Ended ended = call(words + QStringList{"--json"});
        QVERIFY2(ended.exitCode == 0, ended.errors.constData());
        QVERIFY(!QJsonDocument::fromJson(ended.output).isNull());
        QCOMPARE(ended.output, call(words + QStringList{"--format", "json"}).output);
    }

    void onlyWhatMakesAStoreMakesItsFolder()
    {
        const QByteArray before = qgetenv("XDG_DATA_HOME");
        qputenv("XDG_DATA_HOME", path("home").toLocal8Bit());
        for (const char *command : {"runs", "verdict", "nodes", "continue"}) {
            QCOMPARE(call({command}).exitCode, 2);
            QVERIFY2(!QFile::exists(path("home")), command);
        }
        const Ended made = call({"replay", "@n01.jsonl"});
        const int seen = call({"runs"}).exitCode;
        qputenv("XDG_DATA_HOME", before);
        QVERIFY2(made.exitCode == 0, made.errors.constData());
        QVERIFY(QFile::exists(path("home/seatrial/seatrial.db")));
        QCOMPARE(seen, 0);
    }

    void peopleReadFourDigitsAndProgramsAll()
    {
        const QByteArray text = call({"results", "--store", "@s.db"}).output;
        QVERIFY2(text.contains(" 187.4 ") && !text.contains("187.43751234"), text.constData());
        for (const char *format : {"json", "csv"})
            QVERIFY(call({"results", "--store", "@s.db", "--format", format}).output.contains("187.43751234"));
    }

    void resultsComeNodeByNode()
    {
        const QString store = path("order.db");
        for (const char *node : {"n10", "n2"})
            write(QString(node) + ".jsonl", streamOf(node));
        QCOMPARE(call({"replay", "@n10.jsonl", "@n2.jsonl", "--store", store}).exitCode, 0);
        const auto rows = QJsonDocument::fromJson(call({"results", "--store", store, "--format", "json"}).output).array();
        QCOMPARE(rows.size(), 2);
        QCOMPARE(rows[0].toObject()["node"].toString(), "n2");
        QCOMPARE(rows[1].toObject()["node"].toString(), "n10");
    }

    void streamComesBackAsItWas()
    {
        QCOMPARE(call({"stream", "--store", "@s.db", "--node", "n02"}).output, streamOf("n02"));
    }

    void unreadableLinesAreCounted()
    {
        const Ended ended = call({"replay", "@torn.jsonl", "--store", "@torn.db"});
        QCOMPARE(ended.exitCode, 0);
        QVERIFY2(ended.errors.contains("2 of 7 lines could not be read, first line 6"), ended.errors.constData());
    }

    /// What nobody's engine says is no stream, however large: neither time nor memory goes into it.
    void aStreamOfTooMuchIsRefused()
    {
        QFile file(path("flood.jsonl"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(streamOf("n01").left(streamOf("n01").lastIndexOf("{\"type\":\"goodbye\"")));
        const QByteArray floodText = "\"severity\":\"info\",\"code\":\"flood\",\"step\":\"memory#1\",\"subject\":\"node\",\"text\":\"" + QByteArray(2000, 'x') + '"';
        for (int i = 5; i < 40000; ++i)
            file.write(record("event", i, floodText));
        file.close();
#ifdef __SANITIZE_ADDRESS__
        const char *const limit = "unlimited"; // it takes the whole address space for itself
#else
        const char *const limit = "300000";
#endif
        QProcess shell;
        shell.start("bash", {"-c", "ulimit -v " + QString(limit) + "; exec \"$0\" replay \"$1\" --store \"$2\"", programPath("seatrialctl"), path("flood.jsonl"), path("flood.db")});
        QVERIFY(shell.waitForFinished(30'000));
        const auto errors = QString::fromUtf8(shell.readAllStandardError());
        QCOMPARE(shell.exitCode(), 2);
        QVERIFY2(errors.contains(QRegularExpression("flood\\.jsonl:\\d+: it is no stream of an engine: its records (are more than 64 MB|take more than 48 MB of memory)")), qPrintable(errors));
        QVERIFY(!QFile::exists(path("flood.db")));
    }

    void anInventoryMayComeFromAProgram()
    {
        const Ended ended = callInShell("plan estimate quick --inventory <(sleep 0.2; cat '" + path("fleet.yaml") + "')", "> /dev/null");
        QVERIFY2(ended.exitCode == 0, ended.errors.constData());
    }

    void verdictFormats_data()
    {
        QTest::addColumn<QString>("begins");
        QTest::newRow("text") << "Run ";
        QTest::newRow("json") << "{";
        QTest::newRow("csv") << "run,";
        QTest::newRow("junit") << "<?xml";
    }

    void verdictFormats()
    {
        QFETCH(QString, begins);
        const Ended ended = call({"verdict", "--store", "@s.db", "--format", QTest::currentDataTag()});
        QCOMPARE(ended.exitCode, 0);
        QVERIFY2(QString::fromUtf8(ended.output).startsWith(begins), ended.output.constData());
    }

    void nodesets_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QByteArray>("output");
        QTest::newRow("expand") << QStringList{"n[01-03]!n02"} << QByteArray("n01\nn03\n");
        QTest::newRow("step") << QStringList{"n[1-10/3]"} << QByteArray("n1\nn4\nn7\nn10\n");
        QTest::newRow("fold") << QStringList{"--fold", "n01", "n02", "n04"} << QByteArray("n[01-02,04]\n");
        QTest::newRow("count") << QStringList{"--count", "r[1-4]n[01-04]"} << QByteArray("16\n");
        QTest::newRow("the most there may be") << QStringList{"--count", "n[1-100000]"} << QByteArray("100000\n");
    }

    void nodesets()
    {
        QFETCH(QStringList, words);
        QFETCH(QByteArray, output);
        const Ended ended = call(QStringList{"nodeset"} + words);
        QCOMPARE(ended.exitCode, 0);
        QCOMPARE(ended.output, output);
    }

    void helpSpeaksOfTheCommandAtHand()
    {
        QVERIFY(call({"--help"}).output.contains("Examples:"));
        for (const char *command : {"run", "continue", "clean"}) {
            const QByteArray help = call({command, "--help"}).output;
            QVERIFY2(help.contains("Exit codes") && !help.contains("seatrialctl results"), help.constData());
        }
        for (const char *command : {"runs", "nodes", "results"})
            QVERIFY(!call({command, "--help"}).output.contains("junit"));
        QVERIFY(call({"replay", "--help"}).output.contains("written to"));
    }

    void unknownHostKeyWithoutATerminal()
    {
        if (!TestSshd::available())
            QSKIP("no sshd here");
        const TestSshd sshd;
        write("nobody_known", {});
        write("unknown.yaml", QString("version: 1\nname: hall\nnodes:\n  - name: n01\n    address: 127.0.0.1\n    ssh: { port: %1, identity: '%2', known_hosts: nobody_known }\n")
                                  .arg(sshd.port()).arg(QString::fromStdString(sshd.identity().string())).toUtf8());
        for (const char *command : {"run", "clean"}) {
            QStringList words{command, "--inventory", "@unknown.yaml"};
            if (words.front() == "run")
                words << "--store" << "@unknown.db";
            const Ended ended = call(words);
            QVERIFY2(ended.exitCode == 3, ended.errors.constData());
            QVERIFY2(ended.errors.contains("--accept-new-host-keys"), ended.errors.constData());
        }
        QCOMPARE(QFile(path("nobody_known")).size(), 0);
    }

    void exitCodeOfARun_data()
    {
        QTest::addColumn<QString>("limit");
        QTest::addColumn<int>("exit");
        QTest::newRow("qualified") << "0.001" << 0;
        QTest::newRow("not qualified") << "100000" << 1;
    }

    void exitCodeOfARun()
    {
        if (!TestSshd::canHaveOwnFolders())
            QSKIP("needs root: the engine is put into folders of its own");
        QFETCH(QString, limit);
        QFETCH(int, exit);
        const TestSshd sshd({.ownFolders = true});
        write("one.yaml", QString("version: 1\nname: hall\nnodes:\n  - name: n01\n    address: 127.0.0.1\n    ssh: { port: %1, identity: '%2', known_hosts: '%3' }\n")
                              .arg(sshd.port()).arg(QString::fromStdString(sshd.identity().string()), QString::fromStdString(sshd.knownHosts().string())).toUtf8());
        write("memory.yaml", "version: 1\nname: memory\ntitle: Memory\nsteps:\n  - id: memory\n    check: host.memory\n    title: Memory\n    retests: 0\n"
                             "    parameters: { seconds: 0.5, array_bytes: 16777216 }\n");
        write("limit.yaml", "version: 1\nname: test\nrevision: \"1\"\ncriteria:\n  - check: host.memory\n    metric: triad\n    kind: absolute\n    direction: at least\n"
                            "    failed: " + limit.toUtf8() + "\n    unit: GB/s\n    source: a limit that this test chose\n    advice: none\n");
        QFile::remove(path("one.db"));
        const QStringList run{"run", "--inventory", "@one.yaml", "--plan", "@memory.yaml", "--criteria", "@limit.yaml", "--store", "@one.db", "--allow-busy", "--json"};
        const Ended ended = call(run);
        QVERIFY2(ended.exitCode == exit, (ended.errors + ended.output).constData());
        QVERIFY2(!ended.errors.contains("stays unmeasured"), ended.errors.constData()); // the plan has no pairs
        QCOMPARE(QJsonDocument::fromJson(ended.output.trimmed().split('\n').last()).object()["exit"].toInt(), exit);
        const Ended clean = call({"clean", "--inventory", "@one.yaml"});
        QVERIFY2(clean.exitCode == 0, clean.output.constData());
    }

    void preflightOfNodesThatAreNotReady()
    {
        write("closed3.yaml", "version: 1\nname: hall\nnodes:\n  - name: n[01-03]\n    address: 127.0.0.[1-3]\nssh: { port: 1 }\n");
        const Ended text = call({"preflight", "--inventory", "@closed3.yaml"});
        QVERIFY2(text.exitCode == 3, text.errors.constData());
        QVERIFY2(text.output.startsWith("n[01-03]: not ready, slowest "), text.output.constData()); // all say the same
        QVERIFY2(QRegularExpression("failed +tcp +connection refused.*\n +next: check that sshd runs").match(text.output).hasMatch(), text.output.constData());

        const Ended one = call({"preflight", "--inventory", "@closed3.yaml", "--nodes", "n02"});
        QCOMPARE(one.exitCode, 3);
        QVERIFY2(QRegularExpression("passed +resolve +[0-9.]+ s  127.0.0.2\n").match(one.output).hasMatch(), one.output.constData());
        QVERIFY2(one.output.contains("not reached clock"), one.output.constData());

        const Ended json = call({"preflight", "--inventory", "@closed3.yaml", "--format", "json"});
        const QJsonObject all = QJsonDocument::fromJson(json.output).object();
        QCOMPARE(keysOf(all), QStringList({"counts", "nodes"}));
        QCOMPARE(all["counts"].toObject()["not_ready"].toInt(), 3);
        const QJsonObject node = all["nodes"].toArray()[0].toObject();
        QCOMPARE(keysOf(node), QStringList({"node", "seconds", "state", "steps"}));
        QCOMPARE(node["steps"].toArray().size(), 12);
        QCOMPARE(keysOf(node["steps"].toArray()[1].toObject()), QStringList({"found", "remedy", "seconds", "state", "step"}));
        QCOMPARE(node["steps"].toArray()[1].toObject()["state"].toString(), "failed");

        const Ended csv = call({"preflight", "--inventory", "@closed3.yaml", "--format", "csv"});
        QVERIFY2(csv.output.startsWith("node,step,state,seconds,found,remedy"), csv.output.constData());
        QCOMPARE(csv.output.count('\n'), 1 + 3 * 12);
    }

    void preflightOfANodeThatIsReady()
    {
        if (!TestSshd::canHaveOwnFolders())
            QSKIP("needs root, sshd and mount namespaces");
        const TestSshd sshd({.ownFolders = true});
        const auto node = sshd.node();
        write("ready.yaml", QString("version: 1\nname: hall\nnodes:\n  - name: n01\n    address: 127.0.0.1\nssh: { port: %1, user: %2, identity: %3, known_hosts: %4 }\n")
                                .arg(node.ssh.port.value_or(22)).arg(QString::fromStdString(node.ssh.user), QString::fromStdString(sshd.identity().string()), QString::fromStdString(sshd.knownHosts().string())).toUtf8());
        const Ended ended = call({"preflight", "--inventory", "@ready.yaml"});
        QVERIFY2(QRegularExpression("passed +survival ").match(ended.output).hasMatch(), (ended.output + ended.errors).constData());
        const bool warned = ended.output.contains("\n  warned ");
        QCOMPARE(ended.exitCode, warned ? 1 : 0);
        QVERIFY(ended.output.startsWith(warned ? "n01: ready, with warnings" : "n01: ready, in "));
    }

    void everyLineOfJsonParses()
    {
        // Port 1 of this machine answers at once that nobody listens: a whole run without a node.
        write("closed.yaml", "version: 1\nname: hall\nnodes:\n  - name: n01\n    address: 127.0.0.1\n    ssh: { port: 1 }\n");
        const Ended ended = call({"run", "--inventory", "@closed.yaml", "--store", "@closed.db", "--json"});
        QVERIFY2(ended.exitCode == 3, ended.errors.constData());
        QVERIFY2(ended.errors.contains("with one node network stays unmeasured"), ended.errors.constData());
        QJsonObject last;
        const QHash<QString, QStringList> promised = {
            {"log", {"nodes", "severity", "text", "time", "type"}},
            {"progress", {"elapsed_s", "left_s", "nodes", "paused", "steps_done", "steps_planned", "type"}},
            {"node", {"measured", "node", "planned", "rack", "reasons", "type", "verdict"}},
            {"summary", {"elapsed_s", "exit", "failed", "marginal", "measurements", "nodes", "not_reached_or_run", "qualified", "run", "state", "type", "unknown"}}};
        for (const auto &line : ended.output.trimmed().split('\n')) {
            QJsonParseError error;
            last = QJsonDocument::fromJson(line, &error).object();
            QVERIFY2(error.error == QJsonParseError::NoError, line.constData());
            QCOMPARE(keysOf(last), promised.value(last["type"].toString()));
        }
        QCOMPARE(last["type"].toString(), "summary");
        QCOMPARE(last["exit"].toInt(), ended.exitCode);
    }
};

QTEST_GUILESS_MAIN(TestCliContract)
#include "tst_cli_contract.moc"
