// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/plan.h"

#include <QTest>

using namespace seatrial::domain;

class PlanTest : public QObject
{
    Q_OBJECT

private slots:
    void readsEveryKey();
    void builtInPlansAreGood_data();
    void builtInPlansAreGood();
    void malformed_data();
    void malformed();
};

void PlanTest::readsEveryKey()
{
    const auto plan = parsePlan(R"(version: 1
name: mine
title: My plan
description: >
  Two lines
  that are one.
steps:
  - id: network
    check: net.pair
    title: Network
    need: informative
    scope: pair
    exclusive: true
    partners: 5
    retests: 0
    deadline: 30
    expected: 2.5
    parameters: { seconds: 2, mode: "a b" }
  - { id: memory, check: host.memory }
  - { id: together, check: host.collective, scope: group, group_size: 16 }
  - { id: all-together, check: host.collective, scope: group }
)",
                                "plan.yaml");
    QVERIFY2(plan, plan ? "" : plan.error().what.c_str());
    QCOMPARE(plan->description, std::string("Two lines that are one."));
    QCOMPARE(plan->steps.size(), std::size_t{4});
    QVERIFY(plan->steps[2].scope == Scope::Group && plan->steps[3].scope == Scope::Group);
    QCOMPARE(plan->steps[2].groupSize, 16);
    QCOMPARE(plan->steps[3].groupSize, 0);
    const PlanStep expected{StepId("network"), CheckId("net.pair"), "Network", Need::Informative, Scope::Pair, true, 5, 0, 0, 30, 2.5,
                            {{"seconds", "2"}, {"mode", "a b"}}};
    QCOMPARE(plan->steps[0] == expected, true);
    const PlanStep &usual = *plan->find(StepId("memory"));
    QCOMPARE(usual.title, std::string("host.memory"));
    QVERIFY(usual.need == Need::Required && usual.scope == Scope::Node && !usual.exclusive);
    QCOMPARE(usual.retests, 2);
    QVERIFY(!plan->find(StepId("disk")));
}

void PlanTest::builtInPlansAreGood_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<double>("most"); ///< seconds a node
    QTest::addColumn<double>("mostOfHosts"); ///< of those without GPUs and adapters between nodes
    QTest::newRow("quick") << "quick" << 120. << 14.;
    QTest::newRow("standard") << "standard" << 720. << 450.;
    QTest::newRow("burn-in") << "burn-in" << 10 * 3600. << 4 * 3600.;
    QTest::newRow("network") << "network" << 120. << 54.;
    QTest::newRow("debug") << "debug" << 120. << 0.;
}

void PlanTest::builtInPlansAreGood()
{
    QFETCH(QString, name);
    const auto plan = loadPlan(std::string(SEATRIAL_SOURCE_DIR) + "/resources/plans/" + name.toStdString() + ".yaml");
    QVERIFY2(plan, plan ? "" : plan.error().what.c_str());
    QCOMPARE(plan->name, name.toStdString());
    double seconds = 0, ofHosts = 0;
    for (const PlanStep &step : plan->steps) {
        const double each = step.expectedSeconds * (step.scope == Scope::Pair ? step.partners / 2.0 : 1);
        seconds += each;
        ofHosts += step.check.text().starts_with("gpu.") || step.check.text().starts_with("nic.") ? 0 : each;
    }
    QFETCH(double, most);
    QFETCH(double, mostOfHosts);
    QVERIFY2(seconds <= most, qPrintable(QString::number(seconds)));
    QVERIFY2(ofHosts <= mostOfHosts, qPrintable(QString::number(ofHosts)));
    for (const PlanStep &step : plan->steps)
        QVERIFY2(step.deadlineSeconds > step.expectedSeconds && step.expectedSeconds > 0, step.id.text().c_str());
}

void PlanTest::malformed_data()
{
    QTest::addColumn<QString>("yaml");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *name, const QString &yaml, const char *problem) { QTest::newRow(name) << yaml << problem; };
    const auto step = [](const char *rest) { return QString("version: 1\nsteps:\n  - { id: a, check: b") + rest + " }\n"; };
    row("no steps", "version: 1\nname: x\n", "p.yaml:1:1: the plan has no steps, expected at least one");
    row("empty steps", "version: 1\nsteps: []\n", "p.yaml:2:8: the plan has no steps, expected at least one");
    row("no id", "version: 1\nsteps:\n  - check: a\n", "p.yaml:3:5: a step has no \"id\", expected one");
    row("id", "version: 1\nsteps:\n  - { id: A b, check: c }\n",
        "p.yaml:3:11: found \"A b\" as id, expected at most 40 lower-case letters, digits, '.', '_' or '-', beginning with a letter");
    row("id for a shell", "version: 1\nsteps:\n  - { id: \"a;b\", check: c }\n",
        "p.yaml:3:11: found \"a;b\" as id, expected at most 40 lower-case letters, digits, '.', '_' or '-', beginning with a letter");
    row("id twice", "version: 1\nsteps:\n  - { id: a, check: b }\n  - { id: a, check: c }\n", "p.yaml:4:5: there is a step a already, expected each id once");
    row("need", step(", need: maybe"), "p.yaml:3:30: found \"maybe\" as need, expected required or informative");
    row("scope", step(", scope: rack"), "p.yaml:3:31: found \"rack\" as scope, expected node, pair or group");
    row("exclusive", step(", exclusive: yes"), "p.yaml:3:35: found \"yes\" as exclusive, expected true or false");
    row("partners of one", step(", partners: 3"), "p.yaml:3:34: only a step of scope pair has partners, expected none here");
    row("partners", step(", scope: pair, partners: 0"), "p.yaml:3:47: found \"0\" as partners, expected a number from 1 to 64");
    row("groups of pairs", step(", scope: pair, group_size: 4"), "p.yaml:3:49: only a step of scope group has groups, expected none here");
    row("group of one", step(", scope: group, group_size: 1"), "p.yaml:3:50: found \"1\" as group_size, expected a number from 2 to 10000");
    row("retests", step(", retests: -1"), "p.yaml:3:33: found \"-1\" as retests, expected a number from 0 to 10");
    row("retests not whole", step(", retests: 1.5"), "p.yaml:3:33: found \"1.5\" as retests, expected a whole number");
    row("deadline", step(", deadline: soon"), "p.yaml:3:34: found \"soon\" as deadline, expected a number from 1 to 604800");
    row("expected beyond deadline", step(", deadline: 10, expected: 20"), "p.yaml:3:48: found \"20\" as expected, expected a number from 0 to 10");
    row("parameters", step(", parameters: [1]"), "p.yaml:3:36: found a list as parameters, expected a map of names to values");
    row("parameter", step(", parameters: { x: [1] }"), "p.yaml:3:41: found a list as x, expected a number or a text");
    row("unknown key", step(", dedline: 5"),
        "p.yaml:3:24: a step has no key \"dedline\", expected one of: id, check, title, need, scope, exclusive, partners, group_size, retests, deadline, expected, parameters");
}

void PlanTest::malformed()
{
    QFETCH(QString, yaml);
    QFETCH(QString, problem);
    const auto plan = parsePlan(yaml.toStdString(), "p.yaml");
    QCOMPARE(plan ? QStringLiteral("no problem") : QString::fromStdString(plan.error().what), problem);
}

QTEST_GUILESS_MAIN(PlanTest)
#include "tst_plan.moc"
