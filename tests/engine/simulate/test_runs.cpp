// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/codec.h"
#include "core/protocol/stream_reader.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace seatrial::protocol;

namespace {

struct Ended {
    int exitCode = -1;
    QByteArray errors;
    std::vector<Record> records;

    template<typename Kind>
    std::vector<Kind> all() const
    {
        std::vector<Kind> found;
        for (const Record &record : records) {
            if (const auto *kind = std::get_if<Kind>(&record.body))
                found.push_back(*kind);
        }
        return found;
    }
};

/// Runs the engine with a plan of these checks.
Ended runPlan(const QStringList &arguments, const std::vector<std::string> &checks, const QString &environment = {})
{
    QProcess process;
    auto variables = QProcessEnvironment::systemEnvironment();
    if (!environment.isEmpty())
        variables.insert("SEATRIAL_SIMULATE", environment);
    process.setProcessEnvironment(variables);
    process.start(QStringLiteral(SEATRIAL_ENGINE), QStringList{"--plan", "-"} + arguments);
    process.waitForStarted();
    process.write(QByteArray::fromStdString(encode(Control(Open{1, "r", "n01", 60, 1, false, {}}))));
    for (const std::string &check : checks)
        process.write(QByteArray::fromStdString(encode(Control(StartStep{check, check, {}, 30}))));
    process.write(QByteArray::fromStdString(encode(Control(NoMoreSteps{}))));
    process.closeWriteChannel();
    process.waitForFinished(60'000);
    Ended ended{process.exitCode(), process.readAllStandardError(), {}};
    StreamReader reader;
    const QByteArray said = process.readAllStandardOutput();
    for (StreamLine &line : reader.feed({said.data(), std::size_t(said.size())})) {
        if (auto *record = std::get_if<Record>(&line.content))
            ended.records.push_back(std::move(*record));
    }
    return ended;
}

QString profileFile(const QTemporaryDir &folder, const QByteArray &text)
{
    QFile file(folder.path() + "/node.yaml");
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("cannot write the profile");
    return file.fileName();
}

} // namespace

/// Whole runs of the engine on a node that is simulated.
class TestSimulatedRuns : public QObject
{
    Q_OBJECT

private slots:
    void healthIsThatOfTheProfile();
    void loadOfTheHostIsWaived();
    void theEnvironmentIsEnough();
    void aBadProfileIsRefusedAtOnce();
    void aRealRunIsNotSimulated();
};

void TestSimulatedRuns::healthIsThatOfTheProfile()
{
    const QTemporaryDir folder;
    const auto file = profileFile(folder, "version: 1\nlike: h100x8\nseed: 5\nspeedup: 1e9\nfaults:\n  - { kind: half-width-pcie, part: gpu/3 }\n");
    const auto ended = runPlan({"--simulate", file}, {"host.health"});
    QCOMPARE(ended.exitCode, 0);
    QVERIFY(ended.all<Hello>().front().simulated);
    QCOMPARE(ended.all<StepFinished>().front().status, StepStatus::Completed);
    int whole = 0, half = 0, adapters = 0;
    for (const Measurement &measurement : ended.all<Measurement>()) {
        const auto kind = measurement.parameters.find("kind");
        if (measurement.metric == "pcie_width" && kind != measurement.parameters.end() && kind->second == "gpu")
            ++(measurement.value == 16 ? whole : half);
        adapters += measurement.metric == "ib_rate" && measurement.value == 400;
    }
    QCOMPARE(whole, 7);
    QCOMPARE(half, 1);
    QCOMPARE(adapters, 8);
}

void TestSimulatedRuns::loadOfTheHostIsWaived()
{
    const auto ended = runPlan({"--simulate", "a100x8"}, {"host.memory", "host.cpu", "host.disk"});
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.all<StepFinished>().size(), std::size_t(3));
    for (const StepFinished &finished : ended.all<StepFinished>()) {
        QCOMPARE(finished.status, StepStatus::Waived);
        QCOMPARE(finished.waiver, Waiver::NotPresent);
        QCOMPARE(finished.reason, std::string("the node is simulated; what runs it is not what it stands for"));
    }
    QVERIFY(ended.all<Measurement>().empty());
}

void TestSimulatedRuns::theEnvironmentIsEnough()
{
    const auto ended = runPlan({}, {"host.memory"}, "gb200-nvl72-tray");
    QCOMPARE(ended.exitCode, 0);
    QVERIFY(ended.all<Hello>().front().simulated);
    QCOMPARE(ended.all<StepFinished>().front().status, StepStatus::Waived);
    // What is said at the command line stands above it.
    QVERIFY(runPlan({"--simulate", "h100x8"}, {}, "/nowhere.yaml").all<Hello>().front().simulated);
}

void TestSimulatedRuns::aBadProfileIsRefusedAtOnce()
{
    const QTemporaryDir folder;
    const auto file = profileFile(folder, "version: 1\nlike: h100x8\nfaults:\n  - { kind: fire }\n");
    for (const auto &ended : {runPlan({"--simulate", file}, {"host.health"}), runPlan({}, {"host.health"}, file)}) {
        QCOMPARE(ended.exitCode, 2);
        QVERIFY2(ended.errors.contains(file.toUtf8() + ":4:13: found \"fire\", expected one of slow-hbm"), ended.errors.constData());
        QVERIFY(ended.records.empty());
    }
    QCOMPARE(runPlan({"--simulate", "/nowhere.yaml"}, {}).exitCode, 2);
}

void TestSimulatedRuns::aRealRunIsNotSimulated()
{
    const auto ended = runPlan({}, {});
    QCOMPARE(ended.exitCode, 0);
    QVERIFY(!ended.all<Hello>().front().simulated);
}

QTEST_GUILESS_MAIN(TestSimulatedRuns)
#include "test_runs.moc"
