// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/codec.h"
#include "tests/engine/verbs/rdma_tree.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace seatrial;
using namespace seatrial::protocol;

namespace {

struct Said {
    std::vector<Measurement> measurements;
    StepFinished finished;

    bool has(const std::string &metric, const std::string &subject) const
    {
        return std::any_of(measurements.begin(), measurements.end(),
                           [&](const Measurement &each) { return each.metric == metric && each.subject == subject && each.value > 0; });
    }
};

/// What the program says of a node whose library is the mock; @p faults is for SEATRIAL_MOCK_IBVERBS.
Said run(const QString &library, const QString &faults)
{
    const tests::RdmaTree tree;
    tree.port("mlx5_0", "40 Gb/sec (4X QDR)");
    tree.port("mlx5_1", "40 Gb/sec (4X QDR)");
    QByteArray plan = R"({"type":"open","protocol":1,"run":"by hand","node":"here","lease_seconds":900,"grace_seconds":5,"allow_busy":true})"
                      "\n";
    plan += QByteArray::fromStdString(encode(Control(StartStep{"nics", "nic.loopback", {{"seconds", "0.1"}}, 60})));
    plan += R"({"type":"no-more-steps"})"
            "\n";
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SEATRIAL_IBVERBS", library);
    environment.insert("SEATRIAL_MOCK_IBVERBS", faults);
    const QTemporaryDir work;
    QProcess engine;
    engine.setProcessEnvironment(environment);
    engine.start(SEATRIAL_BINARY_DIR "/bin/seatrial-engine",
                 {"--plan", "-", "--work", work.path(), "--sysroot", QString::fromStdString(tree.root())});
    engine.write(plan);
    engine.closeWriteChannel();
    engine.waitForFinished(60'000);
    Said said;
    for (const QByteArray &line : engine.readAllStandardOutput().split('\n')) {
        auto read = decodeRecord(std::string_view(line.data(), std::size_t(line.size())));
        const auto *record = std::get_if<Record>(&read);
        if (record && std::holds_alternative<Measurement>(record->body))
            said.measurements.push_back(std::get<Measurement>(record->body));
        if (record && std::holds_alternative<StepFinished>(record->body))
            said.finished = std::get<StepFinished>(record->body);
    }
    return said;
}

} // namespace

/// The program as it is sent to nodes, which is built for an older C library: it opens libibverbs there.
class TestProgram : public QObject
{
    Q_OBJECT

private slots:
    void bothPortsAreMeasured()
    {
        const Said said = run(MOCK_IBVERBS, {});
        QVERIFY2(said.finished.status == StepStatus::Completed, said.finished.reason.c_str());
        for (const char *metric : {"loopback", "loopback_small", "loopback_latency", "loopback_ceiling"})
            QVERIFY2(said.has(metric, "nic/mlx5_0") && said.has(metric, "nic/mlx5_1"), metric);
    }

    void onePortWithWrongDataIsNamed()
    {
        const Said said = run(MOCK_IBVERBS, "adapter=mlx5_1,wrong_after=40");
        QCOMPARE(said.finished.status, StepStatus::Failed);
        QVERIFY2(said.finished.reason.find("nic/mlx5_1: ") != std::string::npos, said.finished.reason.c_str());
        QVERIFY(said.has("loopback", "nic/mlx5_0"));
    }

    void withoutTheLibraryItSaysWhatToInstall()
    {
        const Said said = run("/nonexistent/libibverbs.so.1", {});
        QCOMPARE(said.finished.waiver, Waiver::NotPermitted);
        QVERIFY2(said.finished.reason.find("rdma-core") != std::string::npos, said.finished.reason.c_str());
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "test_program.moc"
