// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "core/protocol/codec.h"
#include "tests/support/run_builder.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace seatrial;
using domain::Verdict;

namespace {

analysis::Criteria builtIn()
{
    auto criteria = analysis::loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/host.yaml");
    const auto models = analysis::loadSkus(SEATRIAL_SOURCE_DIR "/resources/sku");
    if (!criteria || !models)
        qFatal("criteria or models cannot be read");
    criteria->skus = *models;
    return *criteria;
}

/// Node by node the program itself, with the steps for GPUs of a built-in plan; all nodes at once.
class SimulatedFleet
{
public:
    SimulatedFleet(const char *plan, const std::vector<QByteArray> &profiles)
        : m_plan(*domain::loadPlan(std::string(SEATRIAL_SOURCE_DIR "/resources/plans/") + plan + ".yaml")),
          m_run(tests::nodeNames(int(profiles.size())))
    {
        std::erase_if(m_plan.steps, [](const auto &step) { return step.scope == domain::Scope::Pair; });
        m_run.data().info.plan = m_plan;
        QByteArray orders = R"({"type":"open","protocol":1,"run":"by hand","node":"here","lease_seconds":900,"grace_seconds":5,"allow_busy":false})" "\n";
        for (const auto &step : m_plan.steps)
            orders += QByteArray::fromStdString(protocol::encode(protocol::Control(
                protocol::StartStep{domain::StepKey{step.id, {}, false, 0, 1}.text(), step.check.text(), step.parameters, step.deadlineSeconds})));
        orders += R"({"type":"no-more-steps"})" "\n";
        for (std::size_t i = 0; i < profiles.size(); ++i)
            begin(i, profiles[i], orders);
    }

    domain::FleetVerdict verdict()
    {
        for (std::size_t i = 0; i < m_engines.size(); ++i) {
            m_engines[i]->waitForFinished(110'000);
            const auto name = tests::nodeNames(int(i) + 1).back();
            for (const auto &line : m_engines[i]->readAllStandardOutput().split('\n'))
                take(domain::NodeId(name), line);
        }
        return analysis::judge(m_run.data(), builtIn());
    }

private:
    void begin(std::size_t number, const QByteArray &profile, const QByteArray &orders)
    {
        const auto path = m_folder.filePath(QStringLiteral("%1.yaml").arg(number));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write("version: 1\nspeedup: 1000000\n" + profile) < 0)
            qFatal("no profile can be written");
        file.close();
        m_engines.push_back(std::make_unique<QProcess>());
        auto &engine = *m_engines.back();
        engine.setStandardErrorFile(m_folder.filePath(QStringLiteral("%1.errors").arg(number)));
        engine.start(SEATRIAL_BINARY_DIR "/bin/seatrial-engine", {"--plan", "-", "--simulate", path, "--work", m_folder.path()});
        engine.write(orders);
        engine.closeWriteChannel();
    }

    void take(const domain::NodeId &node, const QByteArray &line)
    {
        const auto read = protocol::decodeRecord(std::string_view(line.data(), std::size_t(line.size())));
        const auto *record = std::get_if<protocol::Record>(&read);
        if (!record)
            return;
        auto &data = m_run.data();
        if (const auto *one = std::get_if<protocol::Measurement>(&record->body))
            data.observations.push_back({node, *domain::StepKey::fromText(one->step), *one, record->stamp.sequence, 0, true});
        else if (const auto *finished = std::get_if<protocol::StepFinished>(&record->body))
            data.results.push_back({node, *domain::StepKey::fromText(finished->step), *finished});
        else if (const auto *part = std::get_if<protocol::Part>(&record->body))
            data.parts.push_back({node, *part});
        else if (const auto *event = std::get_if<protocol::Event>(&record->body))
            data.events.push_back({node, *event, record->stamp.sequence, 0});
    }

    // In memory where that can be had: each node makes a tree of some thousand small files.
    QTemporaryDir m_folder{QDir(QStringLiteral("/dev/shm")).exists() ? QStringLiteral("/dev/shm/seatrial-XXXXXX") : QDir::temp().filePath(QStringLiteral("seatrial-XXXXXX"))};
    domain::Plan m_plan;
    tests::RunBuilder m_run;
    std::vector<std::unique_ptr<QProcess>> m_engines;
};

QByteArray reasonsOf(const domain::NodeVerdict &verdict)
{
    std::string text;
    for (const auto &reason : verdict.reasons)
        text += reason.text + "\n";
    return QByteArray::fromStdString(text);
}

} // namespace

/// From the model of a node through program, stream and built-in limits to a verdict.
class TestGpuVerdicts : public QObject
{
    Q_OBJECT

private slots:
    void goodNodesQualify_data()
    {
        QTest::addColumn<QByteArray>("profile");
        for (const char *name : {"a100x8", "h100x8", "h200x8", "b200x8", "gb200-nvl72-tray"})
            QTest::newRow(name) << QByteArray(name);
    }
    void goodNodesQualify()
    {
        QFETCH(QByteArray, profile);
        SimulatedFleet fleet("quick", {"like: " + profile + "\nseed: 1\n"});
        for (const auto &node : fleet.verdict().nodes)
            QVERIFY2(node.verdict == Verdict::Qualified && node.coverage.measured >= 8, reasonsOf(node).constData());
    }

    void plantedFaultsAreNamed()
    {
        const QByteArray good = "like: h100x8\nseed: ";
        SimulatedFleet fleet("quick", {good + "1\n", good + "2\n",
                                       good + "4\nfaults: [ { kind: slow-hbm, part: gpu/2, value: 15 } ]\n",
                                       good + "5\nfaults: [ { kind: half-width-pcie, part: gpu/5, value: 8 } ]\n",
                                       good + "6\nfaults: [ { kind: throttles, part: gpu/6, value: 25 } ]\n",
                                       good + "7\nfaults: [ { kind: slow-rail, part: nic/mlx5_3, value: 30 } ]\n"});
        const auto verdict = fleet.verdict();
        for (int i = 0; i < 2; ++i)
            QVERIFY2(verdict.nodes[std::size_t(i)].verdict == Verdict::Qualified, reasonsOf(verdict.nodes[std::size_t(i)]).constData());
        const char *const parts[] = {"gpu/2", "gpu/5", "gpu/6", "nic/mlx5_3"};
        for (int i = 0; i < 4; ++i) {
            const auto &node = verdict.nodes[std::size_t(2 + i)];
            QVERIFY2(node.verdict == Verdict::Failed, (std::string(parts[i]) + ": " + reasonsOf(node).toStdString()).c_str());
            for (const auto &reason : node.reasons) // host.health knows a GPU as a PCI device
                QVERIFY2(reason.subject == parts[i] || reason.subject == "node" || reason.subject.starts_with("pci/"), (std::string(parts[i]) + ": " + reason.text).c_str());
            QVERIFY2(std::ranges::any_of(node.reasons, [&](const auto &reason) { return reason.subject == parts[i]; }), parts[i]);
        }
        // Whoever saw the narrow link, by whatever name: one accusation of its width, and each names the GPU.
        const auto &narrow = verdict.nodes[3].reasons;
        QCOMPARE(std::ranges::count(narrow, std::string("pcie_width"), &domain::Finding::metric), 1);
        for (const auto &reason : narrow)
            QVERIFY2(reason.subject == "node" || (reason.parts.size() == 1 && reason.parts[0].place == "gpu/5" && !reason.parts[0].serial.empty()), reason.text.c_str());
    }

    /// Heat takes its time: the longest load of the plan is long enough for it.
    void aGpuThatThrottlesLateIsFoundByPlanQuick_data()
    {
        QTest::addColumn<int>("seconds");
        for (const int seconds : {5, 10, 15})
            QTest::addRow("after %d s of load", seconds) << seconds;
    }
    void aGpuThatThrottlesLateIsFoundByPlanQuick()
    {
        QFETCH(int, seconds);
        SimulatedFleet fleet("quick", {"like: h100x8\nseed: 6\nfaults: [ { kind: throttles, part: gpu/6, value: 25, after_seconds: " + QByteArray::number(seconds) + " } ]\n"});
        const auto verdict = fleet.verdict();
        const auto &node = verdict.nodes[0];
        QVERIFY2(node.verdict == Verdict::Failed, reasonsOf(node).constData());
        QVERIFY2(std::ranges::any_of(node.reasons, [](const auto &reason) { return reason.check == "gpu.gemm" && reason.subject == "gpu/6"; }), reasonsOf(node).constData());
    }

    void planQuickTakesTwoMinutesAtMost()
    {
        double seconds = 0;
        for (const auto &step : domain::loadPlan(SEATRIAL_SOURCE_DIR "/resources/plans/quick.yaml")->steps)
            seconds += step.expectedSeconds * (step.scope == domain::Scope::Pair ? step.partners : 1);
        QVERIFY2(seconds <= 120, QByteArray::number(seconds).constData());
    }

    void wrongArithmeticIsFoundByPlanQuick()
    {
        SimulatedFleet fleet("quick", {"like: h100x8\nseed: 9\nfaults: [ { kind: wrong-arithmetic, part: gpu/1, value: 20 } ]\n"});
        const auto verdict = fleet.verdict();
        const auto &node = verdict.nodes[0];
        QVERIFY2(node.verdict == Verdict::Failed, reasonsOf(node).constData());
        QVERIFY2(std::ranges::any_of(node.reasons, [](const auto &reason) { return reason.parts.size() == 1 && reason.parts[0].place == "gpu/1" && !reason.parts[0].serial.empty(); }),
                 reasonsOf(node).constData());
        QVERIFY2(reasonsOf(node).contains("wrong words"), reasonsOf(node).constData());
    }

    void anXidDuringACheckIsTiedToGpuAndStep()
    {
        SimulatedFleet fleet("quick", {"like: h100x8\nseed: 8\nfaults: [ { kind: xid79, part: gpu/3, value: 0.5 } ]\n"});
        const auto verdict = fleet.verdict();
        const auto &node = verdict.nodes[0];
        QVERIFY2(node.verdict == Verdict::Failed, reasonsOf(node).constData());
        const auto xid = std::ranges::find_if(node.reasons, [](const auto &reason) { return reason.metric == "xid" && reason.value == 79.0; });
        QVERIFY2(xid != node.reasons.end(), reasonsOf(node).constData());
        QCOMPARE(xid->subject, std::string("gpu/3"));
        QVERIFY2(!xid->parts.empty() && !xid->parts[0].serial.empty(), xid->text.c_str());
        QVERIFY2(xid->text.find("GPU has fallen off the bus, during ") != std::string::npos && xid->text.find("during the run") == std::string::npos, xid->text.c_str());
        // The driver said by an Xid 154 what it wants done.
        QVERIFY2(xid->advice.starts_with("first do what the driver asks for (Xid 154): drain the node and boot it"), xid->advice.c_str());
    }
};

QTEST_GUILESS_MAIN(TestGpuVerdicts)
#include "test_gpu_verdicts.moc"
