// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"
#include "tests/support/peak_memory.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <set>

using namespace seatrial::tests;

/// 64 simulated nodes in 4 racks with faults that a seed chose: whoever has one is accused, and nobody else; and the desktop takes no
/// more than 500 MB for it.
class TestSimulatedFleetOf64 : public QObject
{
    Q_OBJECT

private slots:
    void theTruthIsFound()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        Lab lab;
        const QString failed = lab.upSimulated("h100x8", 64, 4, {"--faults", "seed:7"});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QFile truthFile(lab.path("lab/truth.json"));
        QVERIFY(truthFile.open(QIODevice::ReadOnly));
        std::set<QString> truth;
        for (const auto &fault : QJsonDocument::fromJson(truthFile.readAll()).object()["simulated_faults"].toArray())
            truth.insert(fault.toObject()["node"].toString());
        QVERIFY(truth.size() >= 10);
        const QString store = lab.path("s.db");
        const Ended run = runProgram("seatrialctl", {"run", "--inventory", lab.inventory(), "--plan", "standard", "--store", store}, 600);
        QVERIFY2(run.exitCode == 1, run.errors.constData());
        const double runPeak = childrenPeakMegabytes();
        const Verdicts verdicts(store);
        qInfo("64 nodes, plan standard: %.0f s; peak of memory: run %.0f MB, with verdict %.0f MB", run.seconds, runPeak, childrenPeakMegabytes());
        if (kMemoryIsOurs)
            QVERIFY2(childrenPeakMegabytes() <= 500, qPrintable(QString("%1 MB").arg(childrenPeakMegabytes())));
        std::set<QString> accused;
        for (int i = 1; i <= 64; ++i) {
            const QString node = QString("n%1").arg(i, 2, 10, QChar('0'));
            if (verdicts.of(node) != "qualified")
                accused.insert(node);
        }
        QCOMPARE(accused, truth);
    }
};

QTEST_GUILESS_MAIN(TestSimulatedFleetOf64)
#include "tst_simulated_fleet_of_64.moc"
