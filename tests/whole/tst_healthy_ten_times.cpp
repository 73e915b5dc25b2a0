// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"

#include <QTest>

using namespace seatrial::tests;

/// A lab without a planted fault accuses nobody, ten times in a row.
class TestHealthyTenTimes : public QObject
{
    Q_OBJECT

private slots:
    void nobodyIsAccused()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        Lab lab;
        const QString failed = lab.up(8, 2);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        for (int i = 1; i <= 10; ++i) {
            const Ended run = runProgram("seatrialctl", {"run", "--inventory", lab.inventory(), "--plan", "quick", "--store", lab.path("s.db")}, 400);
            qInfo("run %d: exit %d, %.0f s", i, run.exitCode, run.seconds);
            QVERIFY2(run.exitCode == 0, (run.output + run.errors).constData());
        }
    }
};

QTEST_GUILESS_MAIN(TestHealthyTenTimes)
#include "tst_healthy_ten_times.moc"
