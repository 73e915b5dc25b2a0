// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/criteria.h"
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QDirIterator>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace seatrial;
using namespace seatrial::analysis;

class CriteriaTest : public QObject
{
    Q_OBJECT

private slots:
    /// A limit on a figure that no check sends can never be missed.
    void builtInLimitsNameWhatTheEngineSends()
    {
        const auto criteria = loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/host.yaml");
        QVERIFY(criteria.has_value());
        QByteArray engine;
        QDirIterator files(SEATRIAL_SOURCE_DIR "/engine", {"*.cpp", "*.h"}, QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            engine += file.readAll();
        }
        for (const Criterion &criterion : criteria->criteria) {
            const QByteArray name = QByteArray::fromStdString(criterion.metric);
            const QByteArray check = QByteArray::fromStdString(criterion.check);
            const QByteArray stem = name.left(name.lastIndexOf('_') + 1); // "pcie_aer_" + kind
            const QByteArray start = name.left(name.lastIndexOf('_')); // operation + "_wrong"
            const bool composed = engine.contains('"' + start + '"') && engine.contains('"' + name.mid(start.size()) + '"');
            QVERIFY2(engine.contains('"' + name + '"') || engine.contains('"' + stem + '"') || composed, name);
            QVERIFY2(engine.contains('"' + check + '"'), check);
        }
    }

    /// By the built-in limits, on nodes of one host: nothing is compared, the quota is the node's own.
    void aQuotaFailsTheNodeThatHasIt()
    {
        const auto criteria = loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/host.yaml");
        tests::RunBuilder run({"n01", "n02"});
        run.oneHost("h", {"n01", "n02"}).step("cpu", "host.cpu");
        for (const char *node : {"n01", "n02"})
            run.value(node, "cpu", "burn_share", 0.98, protocol::Unit::None, "cpu/0").ended(node, "cpu");
        run.value("n02", "cpu", "cpu_quota", 0.5, protocol::Unit::None).value("n02", "cpu", "cpus", 2, protocol::Unit::None);
        const auto verdict = judge(run.data(), *criteria);
        QCOMPARE(verdict.nodes[0].verdict, domain::Verdict::Qualified);
        QCOMPARE(verdict.nodes[1].verdict, domain::Verdict::Failed);
        QCOMPARE(QString::fromStdString(verdict.nodes[1].reasons.front().text), QString("cpu_quota 0.5 on n02, limit ≥ 2: 25 % of cpus 2"));
    }

    void includesOtherFiles();
    void readsEveryKey();
    void builtInCriteriaAreGood();
    void refused_data();
    void refused();
};

void CriteriaTest::includesOtherFiles()
{
    const QTemporaryDir folder;
    const auto write = [&](const char *name, const QByteArray &text) {
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("version: 1\nname: " + QByteArray(name).chopped(5) + "\nrevision: r1\n" + text);
    };
    const auto load = [&](const char *name) { return loadCriteria(folder.filePath(name).toStdString()); };
    const QByteArray x = "criteria:\n  - { check: c, metric: x, kind: fleet, floor: 0.01, direction: at least, marginal: 0.9, unit: GB/s, source: s }\n";
    const QByteArray y = "criteria:\n  - { check: c, metric: y, kind: fleet, direction: at least, marginal: 0.9, unit: GB/s, source: s }\n";
    write("inner.yaml", x + "acceptances:\n  - { check: d, reason: r, accepted_by: Ada }\n");
    write("outer.yaml", "include: [inner.yaml]\n" + y);
    const auto both = load("outer.yaml");
    QVERIFY2(both, both ? "" : both.error().what.c_str());
    QCOMPARE(both->name, std::string("outer"));
    QCOMPARE(both->criteria.size(), std::size_t{2});
    QCOMPARE(both->criteria[0].metric, std::string("y"));
    QVERIFY(both->criteria[0].set.empty() && !both->criteria[0].floor);
    QCOMPARE(both->criteria[1].set, std::string("inner r1"));
    QCOMPARE(both->criteria[1].floor, std::optional(0.01));
    QCOMPARE(both->acceptances.size(), std::size_t{1});

    write("twice.yaml", "include: [inner.yaml]\n" + x);
    QVERIFY(load("twice.yaml").error().what.find("twice.yaml:4:11: inner.yaml has a criterion for c x of a kind that is here already") != std::string::npos);
    write("circle.yaml", "include: [circle.yaml]\n" + y);
    QVERIFY(load("circle.yaml").error().what.find("included by itself") != std::string::npos);
    write("missing.yaml", "include: [nowhere.yaml]\n" + y);
    QVERIFY(load("missing.yaml").error().what.find("nowhere.yaml") != std::string::npos || load("missing.yaml").error().attempted.find("nowhere.yaml") != std::string::npos);
    write("no-list.yaml", "include: [[a]]\n" + y);
    QVERIFY(!load("no-list.yaml"));
    write("bad.yaml", "include: [broken.yaml]\n" + y);
    write("broken.yaml", "criteria: [ { check: c } ]\n");
    QVERIFY(load("bad.yaml").error().what.find("broken.yaml:4") != std::string::npos);
}

void CriteriaTest::readsEveryKey()
{
    const auto criteria = parseCriteria(R"(version: 1
name: mine
revision: 2026-11
fleet: { minimum: 5, z: 3.5, floor: 0.01 }
criteria:
  - { check: a.b, metric: [x, y], subject: "gpu/*", kind: absolute, direction: at least, marginal: 90, failed: 80,
      possible_maximum: 100, unit: GB/s, source: data sheet, advice: look }
  - { check: a.b, metric: w, kind: ratio, of: w_max, capped_by: slot, direction: at least, marginal: 1, unit: lanes, source: standard }
  - { check: a.b, metric: l, kind: fleet, same_subject: true, direction: at most, marginal: 2, unit: us, source: fleet }
  - { check: a.b, metric: e, kind: delta, direction: at most, failed: 0, unit: count, source: standard }
acceptances:
  - { check: host.health, reason: no root here, accepted_by: Ada }
)",
                                        "c.yaml");
    QVERIFY2(criteria, criteria ? "" : criteria.error().what.c_str());
    QCOMPARE(criteria->fleetMinimum, 5);
    QCOMPARE(criteria->fleetZ, 3.5);
    QCOMPARE(criteria->fleetFloor, 0.01);
    QCOMPARE(criteria->criteria.size(), std::size_t{5});
    QCOMPARE(criteria->criteria[1].metric, std::string("y"));
    QCOMPARE(criteria->criteria[1].possibleMaximum, std::optional(100.0));
    QCOMPARE(criteria->criteria[1].unit, protocol::Unit::GigabytesPerSecond);
    QCOMPARE(criteria->criteria[2].of, std::string("w_max"));
    QCOMPARE(criteria->criteria[2].cappedBy, std::string("slot"));
    QVERIFY(criteria->criteria[3].sameSubject);
    QVERIFY(criteria->criteria[4].kind == Criterion::Kind::Delta && !criteria->criteria[4].marginal);
    QCOMPARE(criteria->acceptances[0].acceptedBy, std::string("Ada"));
}

void CriteriaTest::builtInCriteriaAreGood()
{
    const auto criteria = loadCriteria(std::string(SEATRIAL_SOURCE_DIR) + "/resources/criteria/host.yaml");
    QVERIFY2(criteria, criteria ? "" : criteria.error().what.c_str());
    QCOMPARE(criteria->name, std::string("host"));
    for (const Criterion &criterion : criteria->criteria) {
        QVERIFY2(criterion.source.size() > 20, criterion.metric.c_str());
        QVERIFY2(!criterion.advice.empty(), criterion.metric.c_str());
    }
}

void CriteriaTest::refused_data()
{
    QTest::addColumn<QString>("criterion");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *name, const char *criterion, const char *problem) { QTest::newRow(name) << criterion << problem; };
    const char *const good = "check: c, metric: m, kind: absolute, direction: at least, marginal: 90, unit: GB/s, source: s";
    row("unknown unit", "check: c, metric: m, kind: absolute, direction: at least, marginal: 9, unit: GiB/s, source: s",
        "6:84: found \"GiB/s\" as unit, expected one of none, count, GB/s, Gbit/s, GFLOP/s, ops/s, s, us, ns, B, %, degC, W, MHz, GT/s, lanes");
    row("no unit", "check: c, metric: m, kind: absolute, direction: at least, marginal: 9, source: s", "6:5: a criterion has no \"unit\", expected one");
    row("no source", "check: c, metric: m, kind: absolute, direction: at least, marginal: 9, unit: GB/s", "6:5: a criterion has no \"source\", expected one");
    row("empty source", "check: c, metric: m, kind: absolute, direction: at least, marginal: 9, unit: GB/s, source: ''", "6:98: found \"\" as source, expected a text");
    row("failed above marginal", "check: c, metric: m, kind: absolute, direction: at least, marginal: 90, failed: 95, unit: GB/s, source: s",
        "6:87: failed is not below marginal, expected it on the worse side: lower for 'at least'");
    row("failed below marginal", "check: c, metric: m, kind: absolute, direction: at most, marginal: 90, failed: 85, unit: us, source: s",
        "6:86: failed is not above marginal, expected it on the worse side: higher for 'at most'");
    row("never missed", "check: c, metric: m, kind: absolute, direction: at least, marginal: 0, unit: GB/s, source: s",
        "6:75: the limit marginal can never be missed, expected more than 0 for 'at least'");
    row("all percent", "check: c, metric: m, kind: absolute, direction: at most, failed: 100, unit: '%', source: s",
        "6:72: the limit failed can never be missed, expected less than 100 % for 'at most'");
    row("beyond possible", "check: c, metric: m, kind: absolute, direction: at least, marginal: 800, possible_maximum: 750, unit: GB/s, source: s",
        "6:75: the limit marginal is beyond possible_maximum, expected a number that a value can reach");
    row("slip of a decimal", "check: c, metric: m, kind: absolute, direction: at least, failed: 2.333, possible_maximum: 4800, unit: GB/s, source: s",
        "6:73: the limit failed is less than a quarter of possible_maximum, so hardly anything misses it; expected a higher one");
    row("no limit", "check: c, metric: m, kind: absolute, direction: at least, unit: GB/s, source: s",
        "6:25: the criterion has no limit, expected marginal, failed or possible_maximum");
    row("fraction above 1", "check: c, metric: m, kind: fleet, direction: at least, marginal: 85, unit: GB/s, source: s",
        "6:72: the limit marginal must be a fraction of the fleet's median, expected a number between 0 and 1, like 0.85");
    row("multiple below 1", "check: c, metric: m, kind: fleet, direction: at most, marginal: 0.5, unit: us, source: s",
        "6:71: the limit marginal must be a multiple of the fleet's median, expected a number above 1, like 1.5");
    row("equal fleet", "check: c, metric: m, kind: fleet, direction: equal, marginal: 1, unit: GB/s, source: s",
        "6:52: found equal for kind fleet, expected at least or at most: no two nodes are equal");
    row("equal twice", "check: c, metric: m, kind: absolute, direction: equal, marginal: 1, failed: 1, unit: none, source: s",
        "6:83: found marginal and failed for 'equal', expected one of them: a value is equal or it is not");
    row("ratio of nothing", "check: c, metric: m, kind: ratio, direction: at least, marginal: 1, unit: lanes, source: s",
        "6:34: a ratio has no \"of\", expected the metric that it is a fraction of");
    row("of without ratio", "check: c, metric: m, kind: absolute, of: x, direction: at least, marginal: 1, unit: lanes, source: s",
        "6:48: only kinds ratio and sku have \"of\", expected none here");
    row("floor without fleet", "check: c, metric: m, kind: absolute, floor: 0.01, direction: at least, marginal: 1, unit: lanes, source: s",
        "6:51: only kind fleet has \"floor\", expected none here");
    row("delta at least", "check: c, metric: m, kind: delta, direction: at least, marginal: 1, unit: count, source: s",
        "6:52: found at least for kind delta, expected at most: counters only grow");
    row("model of nothing", "check: c, metric: m, kind: sku, direction: at least, marginal: 1, unit: lanes, source: s",
        "6:34: kind sku has no \"of\", expected the value of the model that it is a fraction of, like pcie_width");
    row("more than promised", "check: c, metric: m, kind: sku, of: memory_bandwidth, direction: at least, marginal: 1.2, unit: GB/s, source: s",
        "6:92: the limit marginal must be a fraction of what the model promises, expected a number above 0 and up to 1, like 0.88");
    row("a slip of what is promised", "check: c, metric: m, kind: sku, of: memory_bandwidth, direction: at least, marginal: 0.1, unit: GB/s, source: s",
        "6:92: the limit marginal is less than a quarter of what the model promises, so hardly anything misses it; expected a higher one");
    row("among without common", "check: c, metric: m, kind: absolute, among: board, direction: at least, marginal: 1, unit: lanes, source: s",
        "6:51: only kind common has \"among\", expected none here");
    row("unknown kind", "check: c, metric: m, kind: fleets, direction: at least, marginal: 1, unit: count, source: s",
        "6:34: found \"fleets\" as kind, expected absolute, ratio, fleet, delta, apart, uniform, sku or common");
    row("no number", "check: c, metric: m, kind: absolute, direction: at least, marginal: nan, unit: GB/s, source: s",
        "6:75: found \"nan\" as marginal, expected a number from -1e+18 to 1e+18");
    row("twice", QString("%1 }\n  - { %1").arg(good).toUtf8().constData(),
        "7:25: there is a criterion of this kind for c m already, expected one for each figure");
}

void CriteriaTest::refused()
{
    QFETCH(QString, criterion);
    QFETCH(QString, problem);
    const QString yaml = "version: 1\nname: n\nrevision: r\n\ncriteria:\n  - { " + criterion + " }\n";
    const auto criteria = parseCriteria(yaml.toStdString(), "c.yaml");
    QCOMPARE(criteria ? QStringLiteral("no problem") : QString::fromStdString(criteria.error().what), "c.yaml:" + problem);
}

QTEST_GUILESS_MAIN(CriteriaTest)
#include "tst_criteria.moc"
