// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/analysis/judge.h"
#include "core/campaign/snapshot.h"
#include "core/store/store.h"
#include "gui/models/event_model.h"
#include "gui/models/node_report.h"
#include "gui/models/table_model.h"
#include "gui/pages/node/node_panel.h"
#endif
#include "tests/whole/fault_plan.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTableView>
#include <QTest>
#include <csignal>

using namespace seatrial;
using namespace seatrial::tests;

namespace {

constexpr const char *kPlan = R"(version: 1
name: short
title: Short
description: A plan of seconds
steps:
  - { id: before, check: host.health, title: Health before, deadline: 20, expected: 1, retests: 0, parameters: { phase: before } }
  - { id: memory, check: host.memory, title: Memory, exclusive: true, deadline: 30, expected: 2, parameters: { seconds: 1 } }
  - { id: cpu, check: host.cpu, title: CPU, exclusive: true, deadline: 30, expected: 2, parameters: { seconds: 1 } }
  - { id: network, check: net.pair, title: Network, scope: pair, exclusive: true, partners: 3, deadline: 30, expected: 2, parameters: { seconds: 0.5 } }
  - { id: after, check: host.health, title: Health after, deadline: 20, expected: 1, retests: 0, parameters: { phase: after } }
)";

} // namespace

/// The whole way: lab, engine, sshd, store. The desktop is killed in the middle of a run, `continue` picks it up, every
/// record of every journal is in the store exactly once, and the window's tables show what `seatrialctl results` prints.
class TestKilledDesktop : public QObject
{
    Q_OBJECT

private slots:
    void continueLosesNothing()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        Lab lab;
        const QString failed = lab.up(4, 2);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const QString plan = written(lab.path("short.yaml"), kPlan);
        const QString store = lab.path("s.db");

        QProcess run;
        run.start(programPath("seatrialctl"), {"run", "--inventory", lab.inventory(), "--plan", plan, "--store", store});
        QVERIFY(run.waitForStarted());
        QTest::qWait(5000);
        QVERIFY2(run.state() == QProcess::Running, run.readAllStandardError().constData());
        run.kill();
        run.waitForFinished();
        QTest::qWait(2000); // the nodes go on alone

        const Ended runs = runProgram("seatrialctl", {"runs", "--store", store, "--format", "json"}, 30);
        QCOMPARE(QJsonDocument::fromJson(runs.output).array().first().toObject()["state"].toString(), "running");
        const Ended again = runProgram("seatrialctl", {"continue", "--store", store}, 200);
        // What a loaded machine measures is not what this is about: 1 is "some are not qualified".
        QVERIFY2(again.exitCode == 0 || again.exitCode == 1, (again.output + again.errors).constData());
        compareJournals(lab, store);
        compareWindow(store);
    }

private:
    void compareJournals(Lab &lab, const QString &store)
    {
        for (const char *name : {"n01", "n02", "n03", "n04"}) {
            const QByteArray stored = runProgram("seatrialctl", {"stream", "--store", store, "--node", name}, 30).output;
            const QString journal = lab.call({"exec", name, "--dir", lab.path("lab"), "--", "/bin/sh", "-c", "cat /var/tmp/seatrial-0/runs/*/journal.jsonl"});
            QVERIFY2(stored.count('\n') > 20, name);
            QCOMPARE(QString::fromUtf8(stored), journal);
        }
    }

    void compareWindow(const QString &file)
    {
        const auto store = store::openSqliteStore(file.toStdString());
        QVERIFY(store.has_value());
        auto data = (*store)->runData({});
        QVERIFY(data.has_value());
        const auto criteria = analysis::loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/host.yaml");
        QVERIFY(criteria.has_value());
        auto verdict = analysis::judge(*data, *criteria);
        const auto snapshot = campaign::storedSnapshot(std::move(*data), std::move(verdict));
        int compared = 0;
        for (const char *name : {"n01", "n02", "n03", "n04"}) {
            const Ended printed = runProgram("seatrialctl", {"results", "--store", file, "--node", name, "--format", "json"}, 30);
            const QJsonArray rows = QJsonDocument::fromJson(printed.output).array();
            gui::EventModel events;
            gui::NodePanel panel(events);
            panel.setReport(gui::nodeReport(*snapshot, domain::NodeId(name)));
            const gui::TableModel *table = nullptr;
            for (const auto *view : panel.findChildren<QTableView *>()) {
                const auto *model = qobject_cast<const gui::TableModel *>(view->model());
                if (model && model->columnOf("metric") >= 0 && model->columnOf("value") >= 0)
                    table = model;
            }
            QVERIFY2(table, "the node panel has no table of measurements");
            QVERIFY2(rows.size() > 20, printed.output);
            QCOMPARE(table->rowCount(), static_cast<int>(rows.size()));
            for (int row = 0; row < table->rowCount(); ++row) {
                const QJsonObject expected = rows[row].toObject();
                for (const QString &key : expected.keys()) {
                    const int column = table->columnOf(key);
                    if (column < 0)
                        continue;
                    QCOMPARE(table->data(table->index(row, column), Qt::EditRole).toString(), expected[key].toVariant().toString());
                    ++compared;
                }
            }
        }
        qInfo("%d cells of the window compared", compared);
        QVERIFY(compared > 1000);
    }
};

QTEST_MAIN(TestKilledDesktop)
#include "tst_killed_desktop.moc"
