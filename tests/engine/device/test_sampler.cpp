// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/sampler.h"
#include "tests/support/nvml_node.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

class TestSampler : public QObject
{
    Q_OBJECT

private slots:
    void aWindowIsWhatHappenedInIt()
    {
        NvmlNode node("gpu 0 core_clock 1980\ngpu 0 power 700000\ngpu 0 temperature 60\ngpu 0 clock_event_reasons 4");
        Sampler sampler(node, 0);
        sampler.begin();
        node.sleep(0.6, nullptr);
        node.tell("gpu 0 core_clock 1200\ngpu 0 power 300000\ngpu 0 temperature 80\ngpu 0 clock_event_reasons 64");
        node.sleep(0.6, nullptr);
        const Window window = sampler.end();
        QVERIFY(!window.problem);
        QVERIFY2(window.hertz() >= 10, std::to_string(window.hertz()).c_str());
        QCOMPARE(window.coreClockMhz->minimum, 1200.0);
        QCOMPARE(window.coreClockMhz->maximum, 1980.0);
        QVERIFY(window.coreClockMhz->mean > 1300 && window.coreClockMhz->mean < 1900);
        QCOMPARE(window.temperatureCelsius->maximum, 80.0);
        QCOMPARE(*window.clockEventReasons, 0x44U); // both, though neither was there all the time
        const double least = 300 * window.seconds(), most = 700 * window.seconds();
        QVERIFY(window.energyJoules > least && window.energyJoules < most);
        // Of processor time, and with a library that reads a file for each call: NVIDIA's own takes longer for some, but as long in sleep.
        QVERIFY2(window.cpuSeconds > 0 && window.cpuSeconds < 0.01 * window.seconds(), std::to_string(window.cpuSeconds / window.seconds()).c_str());
        qInfo("sampled at %.1f Hz for %.2f %% of a core", window.hertz(), 100 * window.cpuSeconds / window.seconds());
        auto parameters = window.parameters();
        QCOMPARE(parameters["clock_event_reasons"], std::string("0x44"));
        QCOMPARE(parameters["core_clock_min_mhz"], std::string("1200"));
        for (const char *name : {"core_clock_mhz", "memory_clock_mhz", "power_w", "power_max_w", "energy_j", "temperature_c", "memory_temperature_c", "sample_hz"})
            QVERIFY2(parameters.contains(name), name);
    }

    void betweenWindowsNothingIsAsked()
    {
        NvmlNode node("gpu 0 temperature 20 +1");
        Sampler sampler(node, 0);
        node.sleep(0.3, nullptr);
        sampler.begin();
        const auto first = sampler.end(); // no time for a sample of the thread: one is taken
        QCOMPARE(first.samples, 1U);
        node.sleep(0.3, nullptr);
        sampler.begin();
        const auto second = sampler.end();
        QVERIFY(second.temperatureCelsius->maximum <= first.temperatureCelsius->maximum + 2);
        QCOMPARE(sampler.end().samples, 0U); // none was open
    }

    void aWindowThatIsThrownAwayLeavesNothing()
    {
        NvmlNode node("gpu 0 power 900000");
        Sampler sampler(node, 0);
        sampler.begin();
        node.sleep(0.2, nullptr);
        node.tell("gpu 0 power 100000");
        sampler.begin();
        node.sleep(0.2, nullptr);
        QCOMPARE(sampler.end().powerWatts->maximum, 100.0);
    }

    void aLostGpuIsSaid()
    {
        NvmlNode node("fail 0 all 15");
        Sampler sampler(node, 0);
        sampler.begin();
        node.sleep(0.15, nullptr);
        const auto window = sampler.end();
        QCOMPARE(window.samples, 0U);
        QCOMPARE(window.problem->trouble, DeviceTrouble::Lost);
        QVERIFY(window.parameters().contains("sample_problem"));
    }

    void manyWindowsCloseCleanly()
    {
        NvmlNode node;
        for (int round = 0; round < 20; ++round) {
            Sampler sampler(node, round % 2, 200);
            for (int window = 0; window < 5; ++window) {
                sampler.begin();
                node.sleep(0.003, nullptr);
                QVERIFY(sampler.end().samples >= 1);
            }
            sampler.begin(); // and ends with one open
        }
    }
};

QTEST_APPLESS_MAIN(TestSampler)
#include "test_sampler.moc"
