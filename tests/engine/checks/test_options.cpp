// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/load_check.h"
#include "engine/checks/options.h"
#include "tests/engine/checks/collector.h"

#include <QTest>

#include <new>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

class ThrowingCheck : public LoadCheck
{
public:
    std::string_view id() const override { return "test.throws"; }
    std::string_view summary() const override { return ""; }
    std::vector<std::string> parameterHelp() const override { return {}; }

protected:
    CheckResult load(const CheckContext &) const override { throw std::bad_alloc(); }
};

} // namespace

class TestOptions : public QObject
{
    Q_OBJECT

private slots:
    void valuesAndDefaults()
    {
        const protocol::Parameters parameters{{"seconds", "2.5"}, {"count", "7"}, {"name", "n01"}};
        Options options(parameters);
        QCOMPARE(options.number("seconds", 1, 0, 10), 2.5);
        QCOMPARE(options.number("other", 1, 0, 10), 1.);
        QCOMPARE(options.integer("count", 1, 0, 10), 7);
        QCOMPARE(options.text("name"), std::string("n01"));
        QCOMPARE(options.text("none", "x"), std::string("x"));
        QVERIFY(!options.bad());
    }

    void theFirstProblemIsKept_data()
    {
        QTest::addColumn<QString>("value");
        for (const auto *value : {"", "x", "11", "-1", "nan", "inf", "1e999", " 5", "5 "})
            QTest::newRow(*value ? value : "empty") << value;
    }
    void theFirstProblemIsKept()
    {
        QFETCH(QString, value);
        const protocol::Parameters parameters{{"seconds", value.toStdString()}, {"count", "many"}};
        Options options(parameters);
        QCOMPARE(options.number("seconds", 3, 0, 10), 3.);
        QCOMPARE(options.integer("count", 4, 0, 10), 4);
        QCOMPARE(options.problem(), "parameter seconds is \"" + value.toStdString() + "\": expected a number from 0 to 10");
    }

    /// What is told without measuring is what a measurement would be refused for.
    void refusedBeforeMeasuring_data()
    {
        QTest::addColumn<QString>("check");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        QTest::addColumn<bool>("run");
        const auto row = [](const char *check, const char *name, const char *value, bool run = false) { // a run looks for others first
            QTest::addRow("%s %s %s", check, name, value) << check << name << value << run;
        };
        row("host.memory", "seconds", "nan", true);
        row("host.memory", "array_bytes", "-1");
        row("host.memory_latency", "max_bytes", "1");
        row("host.memory_numa", "seconds", "1e9");
        row("host.memory_pattern", "share", "5");
        row("host.memory_pattern", "rounds", "0");
        row("host.cpu", "path", "x;y", true);
        row("host.cpu", "seconds", "0");
        row("host.disk", "bytes", "1e18", true);
        row("host.disk", "queue_depth", "100000");
        row("host.health", "phase", "during", true);
        row("gpu.health", "phase", "during", true);
        row("gpu.health", "patience", "forever", true);
        row("gpu.memory", "array_bytes", "-1");
        row("gpu.memory", "seconds", "nan");
        row("gpu.memory", "gpus", "all,3");
        row("gpu.memory", "gpus", "1,1");
        row("gpu.memory", "gpus", "0-70000");
        row("gpu.memory", "gpus", "999");
        row("gpu.memory", "order", "in rounds");
        row("gpu.memory", "stall", "0");
        row("gpu.memory_pattern", "share", "1");
        row("gpu.memory_pattern", "rounds", "0");
        row("gpu.host_link", "bytes", "-4096");
        row("gpu.peer", "bytes", "1e30");
        row("gpu.gemm", "precisions", "bf16,fp4");
        row("gpu.gemm", "precisions", "bf16,bf16");
        row("gpu.gemm", "precisions", "");
        row("gpu.gemm", "size", "100000000");
        row("gpu.gemm", "warmup", "-1");
        row("gpu.arithmetic", "path", "fp128");
        row("gpu.arithmetic", "rounds", "0");
        row("gpu.collective", "max_bytes", "4");
        row("gpu.collective", "factor", "1");
        row("nic.loopback", "nic", "a b; c");
        row("nic.loopback", "bytes", "1");
    }
    void refusedBeforeMeasuring()
    {
        QFETCH(QString, check);
        QFETCH(QString, name);
        QFETCH(QString, value);
        QFETCH(bool, run);
        const auto *found = findCheck(check.toStdString());
        const protocol::Parameters parameters{{name.toStdString(), value.toStdString()}};
        const auto refusal = found->refusal(parameters);
        QVERIFY2(refusal.starts_with("parameter " + name.toStdString() + " is \"" + value.toStdString() + "\": expected "), refusal.c_str());
        if (!run)
            return;
        Collector collector;
        auto context = contextFor(collector);
        context.parameters = parameters;
        context.allowBusy = true; // of this machine nothing is known
        const auto result = found->run(context);
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QCOMPARE(result.reason, refusal);
    }

    /// Roles and addresses come from the schedule: a plan without them is well.
    void aPlanNeedNotSayWhatTheScheduleSays()
    {
        for (const auto &check : allChecks())
            QCOMPARE(check->refusal({}), std::string());
        const auto *pair = findCheck("net.pair");
        QVERIFY(pair->refusal({{"streams", "0"}}).starts_with("parameter streams is \"0\": expected an integer from 1 to "));
        QVERIFY(pair->refusal({{"seconds", "0"}}).starts_with("parameter seconds is \"0\": expected a number from 0.5 to "));
    }

    void everyCheckIsListed()
    {
        std::vector<std::string> ids;
        for (const auto &check : allChecks()) {
            ids.emplace_back(check->id());
            QVERIFY(!check->summary().empty());
            QVERIFY(!check->parameterHelp().empty() || check->id() == "gpu.topology");
            QCOMPARE(check->loads(), !check->id().ends_with(".health") && check->id() != "gpu.topology");
            QCOMPARE(findCheck(check->id()), check.get());
        }
        QCOMPARE(ids, (std::vector<std::string>{"host.health", "host.memory", "host.memory_latency", "host.memory_numa",
                                                "host.memory_pattern", "host.cpu", "host.disk", "net.pair", "host.collective", "gpu.health", "nic.loopback",
                                                "gpu.topology", "gpu.host_link", "gpu.memory", "gpu.memory_pattern", "gpu.peer", "gpu.gemm", "gpu.arithmetic", "gpu.collective"}));
        QVERIFY(!findCheck("host.nothing"));
    }

    void whatThrowsBelowBecomesAValue()
    {
        Collector collector;
        const auto result = ThrowingCheck().run(contextFor(collector));
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY(!result.reason.empty());
    }
};

QTEST_GUILESS_MAIN(TestOptions)
#include "test_options.moc"
