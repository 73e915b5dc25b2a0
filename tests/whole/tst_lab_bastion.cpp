// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/whole/fault_plan.h"

#include <QTest>

using namespace seatrial::tests;

/// Nodes that only a bastion leads to: the lab says so in the inventory, and the rest is as without it.
class TestLabBastion : public QObject
{
    Q_OBJECT

private slots:
    void nodesBehindItQualify()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        Lab lab;
        const QString failed = lab.up(4, 2, {"bastion:n01"});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const QString store = lab.path("s.db");
        const QString plan = written(lab.path("plan.yaml"), longPlan(1));
        const Ended run = runProgram("seatrialctl", {"run", "--inventory", lab.inventory(), "--plan", plan, "--store", store}, 120);
        QVERIFY2(run.exitCode == 0, run.output + run.errors);
        const Verdicts verdicts(store);
        for (const char *node : {"n02", "n03", "n04"})
            QVERIFY2(verdicts.of(node) == "qualified", qPrintable(verdicts.sentences(node)));
        QVERIFY(verdicts.of("n01").isEmpty()); // a way to nodes, not a node
    }
};

QTEST_GUILESS_MAIN(TestLabBastion)
#include "tst_lab_bastion.moc"
