// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/codec.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <set>

using namespace seatrial;
using namespace seatrial::protocol;

namespace {

/// The stream of the real program on a simulated node.
std::vector<Record> streamOf(const QString &profile, const QByteArray &plan)
{
    const QTemporaryDir work;
    QProcess engine;
    engine.start(SEATRIAL_BINARY_DIR "/bin/seatrial-engine", {"--plan", "-", "--simulate", profile, "--work", work.path()});
    engine.write(plan);
    engine.closeWriteChannel();
    engine.waitForFinished(60'000);
    std::vector<Record> records;
    for (const auto &line : engine.readAllStandardOutput().split('\n')) {
        if (line.isEmpty())
            continue;
        auto read = decodeRecord(std::string_view(line.data(), std::size_t(line.size())));
        if (auto *record = std::get_if<Record>(&read))
            records.push_back(std::move(*record));
        else
            qWarning("%s", line.constData());
    }
    return records;
}

QByteArray planOf(const std::vector<std::pair<const char *, Parameters>> &steps)
{
    QByteArray plan = R"({"type":"open","protocol":1,"run":"by hand","node":"here","lease_seconds":900,"grace_seconds":5,"allow_busy":false})" "\n";
    for (const auto &[check, parameters] : steps)
        plan += QByteArray::fromStdString(encode(Control(StartStep{check, check, parameters, 60})));
    return plan + R"({"type":"no-more-steps"})" "\n";
}

} // namespace

class TestGpuStream : public QObject
{
    Q_OBJECT

private slots:
    void everyCheckOfTheProgramOnASimulatedNode()
    {
        const std::map<std::string, const char *> figures{{"nic.loopback", "loopback"}, {"gpu.host_link", "h2d"}, {"gpu.memory", "triad"},
                                                          {"gpu.memory_pattern", "pattern_miscompares"}, {"gpu.peer", "peer_direct"}, {"gpu.gemm", "gemm_bf16"},
                                                          {"gpu.arithmetic", "wrong_results_tensor"}, {"gpu.collective", "all_reduce_bus_bandwidth"}};
        std::vector<std::pair<const char *, Parameters>> steps;
        for (const auto &[check, metric] : figures)
            steps.push_back({check.c_str(), {{"seconds", "0.05"}}});
        const auto records = streamOf("gb200-nvl72-tray", planOf(steps));
        QVERIFY(records.size() > 20);
        const auto *hello = std::get_if<Hello>(&records.front().body);
        QVERIFY(hello && hello->simulated);
        std::set<std::string> completed, measured;
        for (const auto &record : records) {
            if (const auto *finished = std::get_if<StepFinished>(&record.body)) {
                QVERIFY2(finished->status == StepStatus::Completed, finished->reason.c_str());
                completed.insert(finished->check);
            }
            if (const auto *one = std::get_if<Measurement>(&record.body); one && figures.contains(one->check) && one->metric == figures.at(one->check))
                measured.insert(one->check);
        }
        QCOMPARE(completed.size(), figures.size());
        QCOMPARE(measured.size(), figures.size());
        QVERIFY(std::holds_alternative<Goodbye>(records.back().body));
    }

    /// Tests look at recorded trees on machines that have GPUs: those are not the GPUs of the machine that was recorded.
    void aRecordedMachineHasNotTheGpusOfThisOne()
    {
        const QTemporaryDir libraries, recorded;
        QVERIFY(QFile::link(MOCK_NVML, libraries.filePath("libnvidia-ml.so.1")));
        QVERIFY(QDir(recorded.path()).mkpath("proc"));
        const auto healthOf = [&](const QStringList &where) {
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("LD_LIBRARY_PATH", libraries.path());
            environment.remove("SEATRIAL_NVML");
            const QTemporaryDir work;
            QProcess engine;
            engine.setProcessEnvironment(environment);
            engine.start(SEATRIAL_BINARY_DIR "/bin/seatrial-engine", QStringList{"--plan", "-", "--work", work.path()} + where);
            engine.write(planOf({{"gpu.health", {}}}));
            engine.closeWriteChannel();
            engine.waitForFinished(60'000);
            for (const auto &line : engine.readAllStandardOutput().split('\n')) {
                const auto read = decodeRecord(std::string_view(line.data(), std::size_t(line.size())));
                const auto *record = std::get_if<Record>(&read);
                if (const auto *finished = record ? std::get_if<StepFinished>(&record->body) : nullptr)
                    return *finished;
            }
            return StepFinished{};
        };
        const auto here = healthOf({});
        QVERIFY2(here.status == StepStatus::Completed, here.reason.c_str()); // that library is found
        const auto there = healthOf({"--sysroot", recorded.path()});
        QCOMPARE(there.status, StepStatus::Waived);
        QCOMPARE(there.waiver, Waiver::NotPresent);
        QVERIFY2(there.reason.find("recorded machine") != std::string::npos, there.reason.c_str());
    }

    void aNodeWithoutADriverIsWaived()
    {
        const QTemporaryDir work;
        QProcess engine;
        engine.start(SEATRIAL_BINARY_DIR "/bin/seatrial-engine", {"--plan", "-", "--work", work.path()});
        engine.write(planOf({{"gpu.memory", {}}, {"gpu.collective", {}}, {"nic.loopback", {}}}));
        engine.closeWriteChannel();
        QVERIFY(engine.waitForFinished(60'000));
        int waived = 0;
        for (const auto &line : engine.readAllStandardOutput().split('\n')) {
            const auto read = decodeRecord(std::string_view(line.data(), std::size_t(line.size())));
            const auto *record = std::get_if<Record>(&read);
            const auto *finished = record ? std::get_if<StepFinished>(&record->body) : nullptr;
            if (!finished)
                continue;
            if (finished->waiver == Waiver::None && finished->status == StepStatus::Completed)
                QSKIP("this machine has GPUs");
            QVERIFY2(finished->status == StepStatus::Waived, finished->reason.c_str());
            ++waived;
        }
        QCOMPARE(waived, 3);
    }
};

QTEST_GUILESS_MAIN(TestGpuStream)
#include "test_gpu_stream.moc"
