// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/codec.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <set>

using namespace seatrial;
using namespace seatrial::protocol;

namespace {

const QString kEngine = QStringLiteral(SEATRIAL_BINARY_DIR "/bin/seatrial-engine");

QByteArray version()
{
    QProcess engine;
    engine.start(kEngine, {"--version"});
    engine.waitForFinished(30'000);
    return engine.readAllStandardOutput();
}

struct Said {
    std::vector<Measurement> measurements;
    std::map<std::string, StepFinished> finished;
    bool simulated = true;
    QByteArray all;
};

/// What the program says of a plan on a node whose driver and libraries are the mocks; @p faults is for SEATRIAL_MOCK_CUDA.
Said run(const std::vector<std::pair<const char *, Parameters>> &steps, const QString &faults = {})
{
    QByteArray plan = R"({"type":"open","protocol":1,"run":"by hand","node":"here","lease_seconds":900,"grace_seconds":5,"allow_busy":true})" "\n";
    for (const auto &[check, parameters] : steps)
        plan += QByteArray::fromStdString(encode(Control(StartStep{check, check, parameters, 60})));
    plan += R"({"type":"no-more-steps"})" "\n";
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char *variable : {"SEATRIAL_CUDA", "SEATRIAL_CUBLASLT", "SEATRIAL_NCCL"})
        environment.insert(variable, MOCK_CUDA);
    environment.insert("SEATRIAL_NVML", MOCK_NVML);
    environment.insert("SEATRIAL_MOCK_CUDA", faults);
    environment.remove("CUDA_VISIBLE_DEVICES");
    const QTemporaryDir work;
    QProcess engine;
    engine.setProcessEnvironment(environment);
    engine.start(kEngine, {"--plan", "-", "--work", work.path()});
    engine.write(plan);
    engine.closeWriteChannel();
    engine.waitForFinished(100'000);
    Said said;
    said.all = engine.readAllStandardOutput();
    for (const auto &line : said.all.split('\n')) {
        auto read = decodeRecord(std::string_view(line.data(), std::size_t(line.size())));
        const auto *record = std::get_if<Record>(&read);
        if (record == nullptr)
            continue;
        if (const auto *hello = std::get_if<Hello>(&record->body))
            said.simulated = hello->simulated;
        if (const auto *measured = std::get_if<Measurement>(&record->body))
            said.measurements.push_back(*measured);
        if (const auto *finished = std::get_if<StepFinished>(&record->body))
            said.finished[finished->check] = *finished;
    }
    return said;
}

const Measurement *find(const Said &said, const std::string &metric, const std::string &subject)
{
    for (const Measurement &measurement : said.measurements)
        if (measurement.metric == metric && measurement.subject == subject)
            return &measurement;
    return nullptr;
}

} // namespace

/// The program as it is sent to nodes, with all that lies between a plan and a driver; the driver is a mock.
class TestProgram : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (version().contains("CUDA kernels: none"))
            QSKIP("this build has no nvcc, and so no kernels");
        QVERIFY(version().contains("CUDA kernels: sm_80"));
    }

    void everyCheckMeasures()
    {
        const Said said = run({{"gpu.host_link", {{"seconds", "0.1"}, {"bytes", "1048576"}}},
                               {"gpu.memory", {{"seconds", "0.2"}, {"array_bytes", "4194304"}}},
                               {"gpu.memory_pattern", {{"seconds", "2"}, {"max_bytes", "4194304"}}},
                               {"gpu.peer", {{"seconds", "0.05"}, {"bytes", "1048576"}}},
                               {"gpu.gemm", {{"seconds", "0.1"}, {"size", "128"}}},
                               {"gpu.arithmetic", {{"seconds", "0.1"}, {"path", "integer"}, {"rounds", "1"}}},
                               {"gpu.collective", {{"seconds", "0.2"}, {"min_bytes", "65536"}, {"max_bytes", "1048576"}}}});
        QVERIFY(!said.simulated);
        QCOMPARE(said.finished.size(), std::size_t(7));
        for (const auto &[check, finished] : said.finished)
            QVERIFY2(finished.status == StepStatus::Completed, (check + ": " + finished.reason).c_str());
        for (const char *metric : {"h2d", "d2h", "read", "write", "copy", "scale", "add", "triad", "gemm_bf16", "gemm_fp64"})
            for (const char *gpu : {"gpu/0", "gpu/1"}) {
                const Measurement *const measured = find(said, metric, gpu);
                QVERIFY2(measured != nullptr, metric);
                QVERIFY(measured->value > 0);
            }
        QVERIFY(said.all.contains("CUDA 13.0"));
        QVERIFY(said.all.contains("cuBLASLt 13.0.2"));
        QVERIFY(said.all.contains("NCCL 2.28.9"));
    }

    void aFlippedBitIsFound()
    {
        const Said said = run({{"gpu.memory_pattern", {{"seconds", "2"}, {"max_bytes", "4194304"}}}}, "flip_word=4096");
        const StepFinished &finished = said.finished.at("gpu.memory_pattern");
        QVERIFY(finished.status == StepStatus::Failed);
        QVERIFY2(finished.reason.find("GPU 0") != std::string::npos || finished.reason.find("gpu/0") != std::string::npos, finished.reason.c_str());
    }

    void aWrongMultiprocessorIsNamed()
    {
        const Said said = run({{"gpu.arithmetic", {{"seconds", "0.1"}, {"path", "integer"}, {"rounds", "1"}}}}, "wrong_multiprocessor=2");
        const StepFinished &finished = said.finished.at("gpu.arithmetic");
        QVERIFY(finished.status == StepStatus::Failed);
        QVERIFY2(finished.reason.find('2') != std::string::npos, finished.reason.c_str());
    }

    /// One is lost in mid-work: it is named, and the other has its figures.
    void aLostGpuCostsItselfAlone()
    {
        const Said said = run({{"gpu.memory", {{"seconds", "0.2"}, {"array_bytes", "4194304"}}}}, "dead_gpu=1");
        const StepFinished &finished = said.finished.at("gpu.memory");
        QVERIFY(finished.status == StepStatus::Failed);
        QVERIFY2(finished.reason.find("GPU 1") != std::string::npos && finished.reason.find("CUDA_ERROR_UNKNOWN") != std::string::npos,
                 finished.reason.c_str());
        QVERIFY(find(said, "triad", "gpu/0") != nullptr);
        QVERIFY(find(said, "triad", "gpu/1") == nullptr);
    }

    void partitionedGpusAreNotMeasured()
    {
        const Said said = run({{"gpu.memory", {{"seconds", "0.1"}, {"array_bytes", "4194304"}}}}, "mig=1");
        const StepFinished &finished = said.finished.at("gpu.memory");
        QVERIFY(finished.status != StepStatus::Completed);
        QVERIFY2(finished.reason.find("MIG") != std::string::npos, finished.reason.c_str());
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "test_program.moc"
