// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/plan.h"
#include "core/domain/verdict.h"

#include <QTest>

using namespace seatrial::domain;

/// Words of values: what is written is read again, what is unknown is nothing.
class ValuesTest : public QObject
{
    Q_OBJECT

private slots:
    void stepKeys_data();
    void stepKeys();
    void badStepKeys_data();
    void badStepKeys();
    void stages();
    void kinds();
    void verdicts();
    void sentences();
    void onlySomeFailuresAreTriedAgain();
};

void ValuesTest::stepKeys_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("step");
    QTest::addColumn<QString>("peer");
    QTest::addColumn<bool>("serving");
    QTest::addColumn<int>("group");
    QTest::addColumn<int>("attempt");
    QTest::newRow("node") << "memory#1" << "memory" << "" << false << 0 << 1;
    QTest::newRow("pair") << "network@n02#12" << "network" << "n02" << false << 0 << 12;
    QTest::newRow("serving") << "network@n02/serve#1" << "network" << "n02" << true << 0 << 1;
    QTest::newRow("dots") << "health-before@n1.example.org#3" << "health-before" << "n1.example.org" << false << 0 << 3;
    QTest::newRow("group") << "collective/group3#1" << "collective" << "" << false << 3 << 1;
    QTest::newRow("group of many") << "collective/group1000000#12" << "collective" << "" << false << 1'000'000 << 12;
}

void ValuesTest::stepKeys()
{
    QFETCH(QString, text);
    QFETCH(QString, step);
    QFETCH(QString, peer);
    QFETCH(bool, serving);
    QFETCH(int, group);
    QFETCH(int, attempt);
    const StepKey key{StepId(step.toStdString()), NodeId(peer.toStdString()), serving, group, attempt};
    QCOMPARE(QString::fromStdString(key.text()), text);
    QCOMPARE(StepKey::fromText(text.toStdString()), std::optional(key));
}

void ValuesTest::badStepKeys_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"", "memory", "memory#", "memory#0", "memory#-1", "memory#1x", "memory#01", "#1", "@n1#1", "network@#1",
                             "memory/serve#1", "network@n1/other#1", "a@b@c#1", "a#1#2", "memory#99999999999999999999",
                             "a/group#1", "a/group0#1", "a/group01#1", "a/group-1#1", "a/group1x#1", "a/group1", "a/group1000001#1", "/group1#1",
                             "a@b/group1#1", "a/group1/serve#1", "a/group1/group2#1", "a/group99999999999999999999#1"})
        QTest::newRow(text) << text;
}

void ValuesTest::badStepKeys()
{
    QFETCH(QString, text);
    QVERIFY(!StepKey::fromText(text.toStdString()));
}

void ValuesTest::stages()
{
    for (int stage = 0; stage <= static_cast<int>(Stage::Internal); ++stage)
        QCOMPARE(stageFromText(stageText(static_cast<Stage>(stage))), std::optional(static_cast<Stage>(stage)));
    QVERIFY(!stageFromText("nowhere"));
    QCOMPARE(stageText(Stage::HostKey), std::string("host key"));
}

void ValuesTest::kinds()
{
    for (int kind = 0; kind <= static_cast<int>(FailureKind::Broken); ++kind)
        QCOMPARE(kindFromText(kindText(static_cast<FailureKind>(kind))), std::optional(static_cast<FailureKind>(kind)));
    QVERIFY(!kindFromText(""));
}

void ValuesTest::verdicts()
{
    for (int verdict = 0; verdict <= static_cast<int>(Verdict::Failed); ++verdict)
        QCOMPARE(verdictFromText(verdictText(static_cast<Verdict>(verdict))), std::optional(static_cast<Verdict>(verdict)));
    QVERIFY(!verdictFromText("good"));
}

void ValuesTest::sentences()
{
    const Failure failure{Stage::Connect, FailureKind::Timeout, "n03 (10.77.0.13:22): no answer for 10 s", "TCP to port 22", "check its\npower\n"};
    QCOMPARE(sentence(failure),
             std::string("connect: n03 (10.77.0.13:22): no answer for 10 s (tried: TCP to port 22). Advice: check its power"));
    QCOMPARE(sentence({Stage::Run, FailureKind::Lost, "n03: gone.", "", ""}), std::string("run: n03: gone."));
    QCOMPARE(sentence({Stage::Run, FailureKind::Lost, "n03: gone.", "", "wait"}), std::string("run: n03: gone. Advice: wait"));
}

void ValuesTest::onlySomeFailuresAreTriedAgain()
{
    for (const auto kind : {FailureKind::Timeout, FailureKind::Throttled, FailureKind::Lost})
        QVERIFY(mayRetry({Stage::Connect, kind, "", "", ""}));
    for (const auto kind : {FailureKind::Changed, FailureKind::Refused, FailureKind::Invalid, FailureKind::Cancelled, FailureKind::NoSpace})
        QVERIFY(!mayRetry({Stage::HostKey, kind, "", "", ""}));
}

QTEST_GUILESS_MAIN(ValuesTest)
#include "tst_values.moc"
