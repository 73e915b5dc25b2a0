// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::Verdict;
using protocol::Unit;
using tests::RunBuilder;

namespace {

const Criteria &builtIn()
{
    static const Criteria criteria = [] {
        auto read = loadCriteria(SEATRIAL_SOURCE_DIR "/resources/criteria/host.yaml");
        if (!read)
            qFatal("%s", read.error().what.c_str());
        auto models = loadSkus(SEATRIAL_SOURCE_DIR "/resources/sku");
        if (!models)
            qFatal("%s", models.error().what.c_str());
        read->skus = *models;
        return *read;
    }();
    return criteria;
}

/// The verdict of one figure of a lone node with a GPU of @p model, and the ceiling that was read beside it.
Verdict verdictOf(const char *model, const char *check, const char *metric, double value, Unit unit, const char *ceiling = nullptr, double most = 0,
                  const char *subject = "gpu/0")
{
    RunBuilder run({"n01"});
    run.step("s", check).part("n01", {"gpu", "gpu/0", "1650123456789", model, {}, {}});
    run.value("n01", "s", metric, value, unit, subject);
    if (ceiling)
        run.value("n01", "s", ceiling, most, unit, subject);
    run.ended("n01", "s");
    return judge(run.data(), builtIn()).nodes.at(0).verdict;
}

bool isSpeed(Unit unit)
{
    return unit == Unit::GigabytesPerSecond || unit == Unit::GigabitsPerSecond || unit == Unit::GigaflopsPerSecond;
}

bool isOfGpus(const Criterion &criterion)
{
    return criterion.set.starts_with("gpu ");
}

} // namespace

/// What vendors, operators and papers published of good and of bad limits, held against those that are built in.
class GpuLimits : public QObject
{
    Q_OBJECT

private slots:
    void theyComeWithThoseOfHosts()
    {
        QVERIFY(std::ranges::any_of(builtIn().criteria, isOfGpus));
        QVERIFY(std::ranges::any_of(builtIn().criteria, [](const Criterion &criterion) { return criterion.check == "host.memory"; }));
    }

    /// DCGM lets a GPU pass that is 35 % slow, OCI's limit for B200 one that is 47 % slow.
    void noSpeedLimitIsFarBelowWhatIsGood()
    {
        for (const Criterion &criterion : builtIn().criteria) {
            if (!isOfGpus(criterion) || !isSpeed(criterion.unit) || criterion.direction != Direction::AtLeast || !criterion.failed)
                continue;
            QVERIFY2(*criterion.failed >= 0.65, (criterion.check + " " + criterion.metric).c_str());
        }
    }

    void everySpeedHasAnImpossibleValue()
    {
        for (const Criterion &criterion : builtIn().criteria) {
            if (!isOfGpus(criterion) || !isSpeed(criterion.unit))
                continue;
            const bool bounded = std::ranges::any_of(builtIn().criteria, [&](const Criterion &other) {
                return other.check == criterion.check && other.metric == criterion.metric && other.possibleMaximum;
            });
            QVERIFY2(bounded, (criterion.check + " " + criterion.metric).c_str());
        }
    }

    void publishedGoodFigures_data()
    {
        QTest::addColumn<QByteArray>("model");
        QTest::addColumn<QByteArray>("check");
        QTest::addColumn<QByteArray>("metric");
        QTest::addColumn<double>("good");
        QTest::addColumn<int>("unit");
        QTest::addColumn<QByteArray>("ceiling");
        QTest::addColumn<double>("most");
        const auto row = [](const char *name, const char *model, const char *check, const char *metric, double good, Unit unit, const char *ceiling = "", double most = 0) {
            QTest::newRow(name) << QByteArray(model) << QByteArray(check) << QByteArray(metric) << good << int(unit) << QByteArray(ceiling) << most;
        };
        const char *const a100 = "NVIDIA A100-SXM4-80GB", *const h100 = "NVIDIA H100 80GB HBM3", *const h200 = "NVIDIA H200", *const b200 = "NVIDIA B200";
        const auto rate = Unit::GigabytesPerSecond, flops = Unit::GigaflopsPerSecond;
        row("A100 read (Azure)", a100, "gpu.memory", "read", 1750, rate, "memory_ceiling", 2039);
        row("A100 triad (Azure)", a100, "gpu.memory", "triad", 1700, rate, "memory_ceiling", 2039);
        row("A100 copy (Azure)", a100, "gpu.memory", "copy", 1610, rate, "memory_ceiling", 2039);
        row("H100 read (Azure)", h100, "gpu.memory", "read", 3180, rate, "memory_ceiling", 3352);
        row("H100 triad (Azure)", h100, "gpu.memory", "triad", 2970, rate, "memory_ceiling", 3352);
        row("H200 read (Azure)", h200, "gpu.memory", "read", 4480, rate, "memory_ceiling", 4917);
        row("H200 triad (Azure)", h200, "gpu.memory", "triad", 4150, rate, "memory_ceiling", 4917);
        row("H200 copy (Azure)", h200, "gpu.memory", "copy", 4010, rate, "memory_ceiling", 4917);
        row("A100 to GPU (golden set)", a100, "gpu.host_link", "h2d", 25.92, rate, "host_link_ceiling", 31.5);
        row("A100 from GPU (golden set)", a100, "gpu.host_link", "d2h", 26.03, rate, "host_link_ceiling", 31.5);
        row("H100 to GPU (Azure)", h100, "gpu.host_link", "h2d", 51, rate, "host_link_ceiling", 63);
        row("H200 to GPU (nvbandwidth)", h200, "gpu.host_link", "h2d", 55.43, rate, "host_link_ceiling", 63);
        row("H200 from GPU (nvbandwidth)", h200, "gpu.host_link", "d2h", 55.06, rate, "host_link_ceiling", 63);
        row("A100 all-reduce (golden set)", a100, "gpu.collective", "all_reduce_bus_bandwidth_of_8", 235, rate);
        row("H100 all-reduce (Azure)", h100, "gpu.collective", "all_reduce_bus_bandwidth_of_8", 478.9, rate);
        row("H200 all-reduce", h200, "gpu.collective", "all_reduce_bus_bandwidth_of_8", 480, rate);
        row("B200 all-reduce", b200, "gpu.collective", "all_reduce_bus_bandwidth_of_8", 838, rate);
        row("A100 bf16 (golden set)", a100, "gpu.gemm", "gemm_bf16", 265900, flops);
        row("A100 tf32 (golden set)", a100, "gpu.gemm", "gemm_tf32", 128200, flops);
        row("H100 bf16 (Azure, 60 s)", h100, "gpu.gemm", "gemm_bf16", 769000, flops);
        row("H100 fp8 (cuBLASLt, random data)", h100, "gpu.gemm", "gemm_fp8", 1366000, flops);
        row("NDR adapter", h100, "nic.loopback", "loopback", 368, Unit::GigabitsPerSecond, "loopback_ceiling", 400);
        row("NDR adapter in a slot of PCIe 4", h100, "nic.loopback", "loopback", 217, Unit::GigabitsPerSecond, "loopback_ceiling", 230.4);
    }
    void publishedGoodFigures()
    {
        QFETCH(QByteArray, model);
        QFETCH(QByteArray, check);
        QFETCH(QByteArray, metric);
        QFETCH(double, good);
        QFETCH(int, unit);
        QFETCH(QByteArray, ceiling);
        QFETCH(double, most);
        const auto of = [&](double value) {
            const char *const subject = check == "gpu.collective" ? "node" : check == "nic.loopback" ? "nic/mlx5_0" : "gpu/0";
            return verdictOf(model, check, metric, value, Unit(unit), ceiling.isEmpty() ? nullptr : ceiling.constData(), most, subject);
        };
        QVERIFY(of(good) == Verdict::Qualified);
        QVERIFY(of(good * 0.65) == Verdict::Failed);
        QVERIFY(of(good * 1000) == Verdict::Unknown); // a slip of the unit is no pass
    }

    void onePairOverNvlink()
    {
        const auto of = [](const char *model, double value) {
            RunBuilder run({"n01"});
            run.step("s", "gpu.peer");
            for (const char *place : {"gpu/0", "gpu/1"})
                run.part("n01", {"gpu", place, place, model, {}, {}});
            run.value("n01", "s", "peer_direct", value, Unit::GigabytesPerSecond, "gpu/0→gpu/1").ended("n01", "s");
            return judge(run.data(), builtIn()).nodes.at(0).verdict;
        };
        QVERIFY(of("NVIDIA A100-SXM4-80GB", 276) == Verdict::Qualified);
        QVERIFY(of("NVIDIA H100 80GB HBM3", 376) == Verdict::Qualified);
        QVERIFY(of("NVIDIA H200", 396.4) == Verdict::Qualified);
        QVERIFY(of("NVIDIA H200", 300) == Verdict::Failed);
        QVERIFY(of("NVIDIA H200", 783.7) == Verdict::Unknown); // both ways added up are not one way
    }

    /// One tool's limit for H200 lies below its limit for H100.
    void aNewerModelIsNotHeldToLess()
    {
        const auto value = [](const char *model, const char *name) { return builtIn().skus.of({"gpu", "gpu/0", "1", model, {}, {}})->find(name)->value; };
        QVERIFY(value("NVIDIA H200", "good_all_reduce") >= value("NVIDIA H100 80GB HBM3", "good_all_reduce"));
        QVERIFY(value("NVIDIA H200", "good_memory_read") > value("NVIDIA H100 80GB HBM3", "good_memory_read"));
        QVERIFY(value("NVIDIA B200", "good_all_reduce") > value("NVIDIA H200", "good_all_reduce"));
    }

    /// Limits that were published, with what is physically possible there: each is refused when it is loaded.
    void publishedErrorsAreRefused_data()
    {
        QTest::addColumn<QByteArray>("limit");
        QTest::addColumn<QByteArray>("possible");
        QTest::addColumn<QByteArray>("unit");
        QTest::addColumn<QByteArray>("problem");
        const auto row = [](const char *name, const char *limit, const char *possible, const char *unit, const char *problem) {
            QTest::newRow(name) << QByteArray(limit) << QByteArray(possible) << QByteArray(unit) << QByteArray(problem);
        };
        const char *const low = "less than a quarter of possible_maximum", *const high = "beyond possible_maximum";
        row("DCGM, A100: 137,500 MiB/s for 1,372,500", "144.2", "1555", "GB/s", low);
        row("DCGM, H200: 2,333 MiB/s for 2,333,000", "2.446", "4800", "GB/s", low);
        row("DCGM, H200: 127,500 MiB/s", "133.7", "4800", "GB/s", low);
        row("DCGM, L40: 49,050 MiB/s", "51.4", "864", "GB/s", low);
        row("AWS, two nodes of A100: 300 GB/s through 50 GB/s of adapters", "300", "94", "GB/s", high);
        row("AWS, two nodes of H100: 800 GB/s", "800", "750", "GB/s", high);
        row("AWS, two nodes of B200: 900 GB/s", "900", "750", "GB/s", high);
        row("Azure, H100: 769 GFlops for TFLOPS", "769", "989000", "GFLOP/s", low);
        row("AMD: 94,100 TFLOPS for GFLOPS", "94100000", "163400", "GFLOP/s", high);
        row("NVIDIA: a least bandwidth of 0", "0", "480", "GB/s", "can never be missed");
    }
    void publishedErrorsAreRefused()
    {
        QFETCH(QByteArray, limit);
        QFETCH(QByteArray, possible);
        QFETCH(QByteArray, unit);
        QFETCH(QByteArray, problem);
        const auto read = parseCriteria(("version: 1\nname: n\nrevision: r\ncriteria:\n  - { check: c, metric: m, kind: absolute, direction: at least, failed: " + limit
                                         + ", possible_maximum: " + possible + ", unit: " + unit + ", source: as published }\n")
                                            .toStdString(),
                                        "c.yaml");
        QVERIFY(!read);
        QVERIFY2(read.error().what.find(problem.toStdString()) != std::string::npos, read.error().what.c_str());
    }

    void statesOfHealth_data()
    {
        QTest::addColumn<QByteArray>("metric");
        QTest::addColumn<int>("unit");
        QTest::addColumn<double>("good");
        QTest::addColumn<double>("bad");
        const auto row = [](const char *metric, Unit unit, double good, double bad) { QTest::newRow(metric) << QByteArray(metric) << int(unit) << good << bad; };
        row("row_remap_failure", Unit::None, 0, 1);
        row("row_remap_pending", Unit::None, 0, 1);
        row("row_remap_uncorrectable", Unit::Count, 10, 11);
        row("row_remap_correctable", Unit::Count, 10, 11);
        row("retired_pages_uncorrectable", Unit::Count, 59, 60);
        row("recovery_action", Unit::None, 0, 1);
        row("nvlink_active", Unit::Count, 18, 17);
    }
    void statesOfHealth()
    {
        QFETCH(QByteArray, metric);
        QFETCH(int, unit);
        QFETCH(double, good);
        QFETCH(double, bad);
        QVERIFY(verdictOf("NVIDIA H100 80GB HBM3", "gpu.health", metric, good, Unit(unit)) == Verdict::Qualified);
        QVERIFY(verdictOf("NVIDIA H100 80GB HBM3", "gpu.health", metric, bad, Unit(unit)) == Verdict::Failed);
    }

    void linksThatAreUpAndNotWell_data()
    {
        QTest::addColumn<QByteArray>("model");
        QTest::addColumn<QByteArray>("metric");
        QTest::addColumn<int>("unit");
        QTest::addColumn<double>("value");
        QTest::addColumn<bool>("well");
        const auto row = [](const char *model, const char *metric, Unit unit, double value, bool well) {
            QTest::addRow("%s %s %g", model, metric, value) << QByteArray(model) << QByteArray(metric) << int(unit) << value << well;
        };
        const char *const h100 = "NVIDIA H100 80GB HBM3", *const b200 = "NVIDIA B200";
        row(h100, "nvlink_speed", Unit::GigabytesPerSecond, 26.562, true);
        row(h100, "nvlink_speed", Unit::GigabytesPerSecond, 25, true); // as the data sheet counts
        row(h100, "nvlink_speed", Unit::GigabytesPerSecond, 13.281, false);
        row(b200, "nvlink_speed", Unit::GigabytesPerSecond, 53.125, true);
        row(b200, "nvlink_speed", Unit::GigabytesPerSecond, 26.562, false);
        row(b200, "nvlink_effective_ber", Unit::None, 1.5e-254, true); // the smallest that NVML can say
        row(b200, "nvlink_effective_ber", Unit::None, 0, true);
        row(b200, "nvlink_effective_ber", Unit::None, 3e-14, false);
        row(b200, "nvlink_symbol_ber", Unit::None, 1e-16, true);
        row(b200, "nvlink_symbol_ber", Unit::None, 2e-12, false);
        row("NVIDIA GB200", "c2c_active", Unit::Count, 5, true);
    }
    void linksThatAreUpAndNotWell()
    {
        QFETCH(QByteArray, model);
        QFETCH(QByteArray, metric);
        QFETCH(int, unit);
        QFETCH(double, value);
        QFETCH(bool, well);
        QCOMPARE(int(verdictOf(model, "gpu.health", metric, value, Unit(unit), nullptr, 0, "gpu/0/link/7")), int(well ? Verdict::Qualified : Verdict::Marginal));
    }

    void whatWasAddedDuringTheRun_data()
    {
        QTest::addColumn<QByteArray>("metric");
        QTest::addColumn<int>("unit");
        QTest::addColumn<double>("added");
        QTest::addColumn<int>("verdict");
        const auto row = [](const char *metric, Unit unit, double added, Verdict verdict) {
            QTest::addRow("%s %g", metric, added) << QByteArray(metric) << int(unit) << added << int(verdict);
        };
        row("ecc_total_uncorrectable_volatile", Unit::Count, 0, Verdict::Qualified);
        row("ecc_total_uncorrectable_volatile", Unit::Count, 1, Verdict::Failed);
        row("ecc_total_correctable_volatile", Unit::Count, 20, Verdict::Qualified);
        row("ecc_total_correctable_volatile", Unit::Count, 21, Verdict::Marginal);
        row("ecc_total_correctable_volatile", Unit::Count, 2001, Verdict::Failed);
        row("pcie_replays", Unit::Count, 1001, Verdict::Failed);
        row("xids", Unit::Count, 1, Verdict::Marginal);
        row("clock_limited_by_hardware_thermal", Unit::Seconds, 3, Verdict::Failed);
    }
    void whatWasAddedDuringTheRun()
    {
        QFETCH(QByteArray, metric);
        QFETCH(int, unit);
        QFETCH(double, added);
        QFETCH(int, verdict);
        RunBuilder run({"n01"});
        run.step("before", "gpu.health").step("after", "gpu.health");
        for (const char *phase : {"before", "after"})
            run.value("n01", phase, metric.toStdString(), phase == std::string("after") ? 5 + added : 5, Unit(unit), "gpu/0", 1, {{"phase", phase}}).ended("n01", phase);
        QCOMPARE(int(judge(run.data(), builtIn()).nodes.at(0).verdict), verdict);
    }

    /// 16 nodes of 8 equal GPUs that differ as good ones do: nobody is accused; one that is 8 % slow is.
    void eightPercentShowInAFleet()
    {
        RunBuilder run(tests::nodeNames(16));
        run.step("s", "gpu.gemm", domain::Need::Required, 0);
        unsigned state = 1;
        for (const auto &node : tests::nodeNames(16)) {
            for (int gpu = 0; gpu < 8; ++gpu) {
                state = state * 1664525 + 1013904223;
                const double spread = (double(state >> 8) / double(1 << 24) - 0.5) * 0.03; // ±1.5 %
                const bool slow = node == "n07" && gpu == 3;
                run.value(node, "s", "gemm_bf16", 760000 * (1 + spread) * (slow ? 0.92 : 1), Unit::GigaflopsPerSecond, "gpu/" + std::to_string(gpu));
            }
            run.ended(node, "s");
        }
        for (const auto &node : judge(run.data(), builtIn()).nodes)
            QVERIFY2((node.verdict == Verdict::Qualified) == (node.node.text() != "n07"), node.node.text().c_str());
    }
};

QTEST_GUILESS_MAIN(GpuLimits)
#include "tst_gpu_limits.moc"
