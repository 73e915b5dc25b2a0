// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/live_run.h"

#include <QTest>

using namespace seatrial;

/// The data of a run as its records arrive, and the pictures of it that are handed out.
class LiveRunTest : public QObject
{
    Q_OBJECT

private slots:
    void aPictureStaysAsItWas();
    void picturesShareWhatTheyHaveInCommon();
    void nothingNewIsTheSamePicture();
};

namespace {

protocol::Record measured(std::uint64_t sequence)
{
    protocol::Measurement one;
    one.step = "memory#1";
    one.check = "host.memory";
    one.metric = "triad";
    one.subject = "node";
    one.value = static_cast<double>(sequence);
    return {{sequence, 1, 1, "boot"}, one};
}

} // namespace

void LiveRunTest::aPictureStaysAsItWas()
{
    campaign::LiveRun run{domain::RunData()};
    run.add(domain::NodeId("n01"), measured(1));
    const auto before = run.published();
    run.add(domain::NodeId("n01"), measured(2));
    QCOMPARE(before->observations.size(), 1u);
    QCOMPARE(run.published()->observations.size(), 2u);
    QCOMPARE(run.published()->observations[1].measurement.value, 2.0);
}

/// Several pictures are looked at while the next one is made: each must not take the memory of the whole run.
void LiveRunTest::picturesShareWhatTheyHaveInCommon()
{
    campaign::LiveRun run{domain::RunData()};
    for (std::uint64_t i = 1; i <= 1000; ++i)
        run.add(domain::NodeId("n01"), measured(i));
    const auto first = run.published();
    run.add(domain::NodeId("n01"), measured(1001));
    const auto second = run.published();
    QVERIFY(first != second);
    QCOMPARE(&first->observations[0], &second->observations[0]);
    QCOMPARE(&first->observations[700], &run.data().observations[700]);
}

void LiveRunTest::nothingNewIsTheSamePicture()
{
    campaign::LiveRun run{domain::RunData()};
    run.add(domain::NodeId("n01"), measured(1));
    const auto before = run.published();
    run.add(domain::NodeId("n01"), {{2, 1, 1, "boot"}, protocol::Heartbeat{}});
    QCOMPARE(run.published(), before);
    QCOMPARE(run.handOver(), before);
}

QTEST_APPLESS_MAIN(LiveRunTest)
#include "tst_live_run.moc"
