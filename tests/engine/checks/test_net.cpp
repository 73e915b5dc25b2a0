// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/net/net_pair.h"
#include "engine/checks/net/pair_client.h"
#include "engine/checks/net/pair_server.h"
#include "engine/measure/text.h"
#include "tests/engine/checks/collector.h"

#include <QElapsedTimer>
#include <QTest>

#include <future>
#include <thread>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

const std::string token = "0123456789abcdef";

/// The serving side in a thread of its own.
class Serving
{
public:
    explicit Serving(protocol::Parameters more = {}, FaultyBlock faulty = -1) : m_check(faulty)
    {
        auto port = m_port.get_future();
        collector.onEvent = [this](const protocol::Event &event) {
            if (event.code == "net.listening")
                m_port.set_value(event.parameters.at("port"));
        };
        protocol::Parameters parameters{{"role", "serve"}, {"token", token}, {"bind", "127.0.0.1"}};
        parameters.merge(more);
        m_context = contextFor(collector, parameters);
        m_context.stop = &m_stop;
        m_thread = std::jthread([this] { m_result.set_value(m_check.run(m_context)); });
        this->port = port.get();
    }
    ~Serving() { stop(); }

    void stop() { m_stop = true; }
    CheckResult result() { return m_future.get(); }

    Collector collector;
    std::string port;

private:
    NetPair m_check;
    CheckContext m_context;
    std::atomic<bool> m_stop = false;
    std::promise<std::string> m_port;
    std::promise<CheckResult> m_result;
    std::future<CheckResult> m_future = m_result.get_future();
    std::jthread m_thread;
};

protocol::Parameters measuring(const std::string &port, const std::string &withToken = token)
{
    return {{"role", "measure"}, {"peer", "127.0.0.1"}, {"port", port},       {"token", withToken},
            {"self", "n01"},     {"peer_name", "n02"},  {"seconds", "0.6"}, {"streams", "2"}};
}

Patience patient(double seconds = 5)
{
    return {Deadline::after(seconds), nullptr};
}

Socket connectLocally(std::uint16_t port)
{
    return Socket::connectTo("127.0.0.1", port, patient());
}

} // namespace

class TestNet : public QObject
{
    Q_OBJECT

private slots:
    void measuresBothDirections()
    {
        Serving serving;
        Collector collector;
        const auto result = NetPair().run(contextFor(collector, measuring(serving.port)));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        for (const auto *subject : {"n01→n02", "n02→n01"}) {
            const auto throughput = collector.measurement("tcp_throughput", subject);
            QVERIFY(throughput);
            QCOMPARE(throughput->unit, protocol::Unit::GigabitsPerSecond);
            QVERIFY2(throughput->value > 0.1, qPrintable(QString::number(throughput->value)));
            QCOMPARE(throughput->samples, 3u); // 600 ms in slices of 100 ms, three for the slow start
            QCOMPARE(throughput->parameters.at("streams"), std::string("2"));
            QVERIFY(collector.measurement("tcp_retransmits", subject));
        }
        const auto latency = collector.measurement("tcp_latency", "n01→n02");
        QVERIFY(latency && latency->unit == protocol::Unit::Microseconds);
        QVERIFY2(latency->value > 1 && latency->value < 50'000, qPrintable(QString::number(latency->value)));
        QVERIFY(std::stod(latency->parameters.at("p99")) >= latency->value);

        QVERIFY2(serving.result().status == protocol::StepStatus::Completed, "serve");
        QVERIFY(serving.collector.all<protocol::Measurement>().empty());
        QCOMPARE(serving.collector.events("net.served").front().parameters.at("sessions"), std::string("1"));
    }

    void strangersAreTurnedAwayAndServingGoesOn()
    {
        Serving serving;
        const auto port = std::uint16_t(*parseInteger(serving.port));
        std::vector<Socket> strangers;
        for (const std::string text : {"GET / HTTP/1.1\r\n\r\n", "seatrial-pair 1 wrong control\n", "seatrial-pair 1\n", "\n", "seatrial-pair 1 0123456789abcdef stream 7\n",
                                       "", "never ends"}) {
            strangers.push_back(connectLocally(port));
            QVERIFY(strangers.back().isOpen());
            strangers.back().send(text, patient());
        }
        strangers.push_back(connectLocally(port));
        strangers.back().send(std::string(1 << 20, 'x'), patient(0.2)); // too long a line

        Collector wrong;
        const auto refused = NetPair().run(contextFor(wrong, measuring(serving.port, "ffffffffffffffff")));
        QCOMPARE(refused.status, protocol::StepStatus::Error);
        QVERIFY2(refused.reason.find("does not know the token") != std::string::npos, refused.reason.c_str());

        Collector collector;
        const auto result = NetPair().run(contextFor(collector, measuring(serving.port)));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        QCOMPARE(serving.result().status, protocol::StepStatus::Completed);
        const auto served = serving.collector.events("net.served").front();
        QVERIFY(*parseInteger(served.parameters.at("rejected")) >= 6);
        QCOMPARE(served.severity, protocol::Severity::Warning);
    }

    void servesOneAtATimeAndAsManyAsAsked()
    {
        Serving serving(protocol::Parameters{{"sessions", "2"}});
        const auto port = std::uint16_t(*parseInteger(serving.port));
        PairClient first({"127.0.0.1", port, token}, -1, nullptr);
        QCOMPARE(first.open(), std::string());
        PairClient second({"127.0.0.1", port, token}, -1, nullptr);
        QVERIFY(second.open().find("serves another node") != std::string::npos);
        first.end();
        QCOMPARE(second.open(), std::string());
        second.end();
        QCOMPARE(serving.result().status, protocol::StepStatus::Completed);
    }

    void aVanishedPeerDoesNotEndServing()
    {
        Serving serving;
        const auto port = std::uint16_t(*parseInteger(serving.port));
        {
            PairClient gone({"127.0.0.1", port, token}, -1, nullptr);
            QCOMPARE(gone.open(), std::string());
        }
        Collector collector;
        auto result = CheckResult::error("not tried");
        for (int attempt = 0; attempt < 20 && result.status != protocol::StepStatus::Completed; ++attempt) {
            result = NetPair().run(contextFor(collector, measuring(serving.port))); // "busy" until the loss is noticed
            sleepUnlessStopped(0.05, nullptr);
        }
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        QCOMPARE(serving.result().status, protocol::StepStatus::Completed);
        QCOMPARE(serving.collector.events("net.served").front().parameters.at("broken"), std::string("1"));
    }

    void nonsenseOrdersEndTheSession_data()
    {
        QTest::addColumn<QString>("order");
        for (const auto *order : {"dance", "receive", "receive 0 100", "receive 65 100", "receive 1 9999999999", "send 1 -5", "receive x y"})
            QTest::newRow(order) << order;
    }
    void nonsenseOrdersEndTheSession()
    {
        QFETCH(QString, order);
        Serving serving;
        auto control = connectLocally(std::uint16_t(*parseInteger(serving.port)));
        std::string line;
        control.send("seatrial-pair 1 " + token + " control\n", patient());
        QCOMPARE(control.receiveLine(line, patient(), 100), IoEnd::Done);
        QCOMPARE(line, std::string("ready 1"));
        control.send(order.toStdString() + "\n", patient());
        QCOMPARE(control.receiveLine(line, patient(), 100), IoEnd::Done);
        QCOMPARE(line, std::string("failed the order was not understood"));
        QCOMPARE(control.receiveLine(line, patient(), 100), IoEnd::Closed);
    }

    void damagedDataIsFoundAndItsDirectionNamed_data()
    {
        QTest::addColumn<int>("faultyMeasure");
        QTest::addColumn<int>("faultyServe");
        QTest::addColumn<QString>("reason");
        QTest::newRow("there") << 3 << -1 << "data from n01 to n02 arrived damaged: block 3 of stream 0 has the hash ";
        QTest::newRow("back") << -1 << 5 << "data from n02 to n01 arrived damaged: block 5 of stream 0 has the hash ";
    }
    void damagedDataIsFoundAndItsDirectionNamed()
    {
        QFETCH(int, faultyMeasure);
        QFETCH(int, faultyServe);
        QFETCH(QString, reason);
        Serving serving({}, faultyServe);
        Collector collector;
        const auto result = NetPair(faultyMeasure).run(contextFor(collector, measuring(serving.port)));
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QVERIFY2(result.reason.starts_with(reason.toStdString()), result.reason.c_str());
        QCOMPARE(collector.events("net.corrupt").size(), std::size_t(1));
        QVERIFY(collector.all<protocol::Measurement>().empty());
        if (faultyMeasure >= 0)
            QCOMPARE(serving.result().status, protocol::StepStatus::Failed);
    }

    void aDeadPeerIsNotWaitedForLong_data()
    {
        QTest::addColumn<bool>("listens");
        QTest::newRow("nobody listens") << false;
        QTest::newRow("somebody listens and never speaks") << true;
    }
    void aDeadPeerIsNotWaitedForLong()
    {
        QFETCH(bool, listens);
        auto listener = Socket::listenOn("127.0.0.1");
        const auto port = std::to_string(listener.localPort());
        if (!listens)
            listener.close();
        QElapsedTimer timer;
        timer.start();
        Collector collector;
        const auto result = NetPair().run(contextFor(collector, measuring(port)));
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find(listens ? "did not answer in time" : "Connection refused") != std::string::npos, result.reason.c_str());
        QVERIFY(timer.elapsed() < 8000);
    }

    void aPeerThatFallsSilentInTheMiddleIsNoticed()
    {
        // Takes the greeting and the order, then never reads: a machine that froze.
        auto listener = Socket::listenOn("127.0.0.1");
        std::atomic<bool> over = false;
        std::jthread frozen([&] {
            auto control = listener.accept(patient());
            std::string line;
            control.receiveLine(line, patient(), 300);
            control.send("ready 1\n", patient());
            control.receiveLine(line, patient(), 300);
            control.send("go\n", patient());
            auto stream = listener.accept(patient());
            sleepUnlessStopped(20, &over);
        });
        QElapsedTimer timer;
        timer.start();
        Collector collector;
        const auto result = NetPair().run(contextFor(collector, measuring(std::to_string(listener.localPort()))));
        over = true;
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("did not answer in time while small messages went to and fro") != std::string::npos, result.reason.c_str());
        QVERIFY(timer.elapsed() < 8000);
    }

    void nobodyComes()
    {
        Collector collector;
        auto context = contextFor(collector, {{"role", "serve"}, {"bind", "127.0.0.1"}});
        context.deadlineSeconds = 1.5;
        const auto result = NetPair().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.starts_with("of 1 sessions only 0 came"), result.reason.c_str());
        QCOMPARE(collector.events("net.listening").front().parameters.at("token").size(), std::size_t(32)); // made, not given
    }

    void servingStopsWhenTold()
    {
        Serving serving;
        QElapsedTimer timer;
        timer.start();
        serving.stop();
        QCOMPARE(serving.result().status, protocol::StepStatus::Error);
        QVERIFY(timer.elapsed() < 1000);
    }

    void badParametersAreExplained_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("reason");
        QTest::newRow("role") << "role" << "watch" << "parameter role is \"watch\": expected serve or measure";
        QTest::newRow("port") << "port" << "99999" << "parameter port is \"99999\": expected an integer from 1 to 65535";
        QTest::newRow("no peer") << "peer" << "" << "parameter peer is missing";
        QTest::newRow("token") << "token" << "not hexadecimal" << "parameter token must be 8 to 128 hexadecimal digits";
    }
    void badParametersAreExplained()
    {
        QFETCH(QString, name);
        QFETCH(QString, value);
        auto parameters = measuring("1");
        parameters[name.toStdString()] = value.toStdString();
        Collector collector;
        const auto result = NetPair().run(contextFor(collector, parameters));
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QTEST(QString::fromStdString(result.reason), "reason");
    }

    void slicesBecomeGigabits()
    {
        const auto samples = gigabitsPerSecond({1, 2, 3, 12'500'000, 25'000'000});
        QCOMPARE(samples.values(), (std::vector<double>{1, 2}));
        QVERIFY(gigabitsPerSecond({1, 2}).empty());
    }
};

QTEST_GUILESS_MAIN(TestNet)
#include "test_net.moc"
