// SPDX-License-Identifier: GPL-3.0-or-later
// Groups on this machine whose ranks are all well: the real program, over the loopback.
#include "engine/checks/net/socket.h"
#include "tests/engine/collective/group.h"

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

constexpr const char *kOperations[] = {"all_reduce", "all_gather", "reduce_scatter", "broadcast", "reduce", "all_to_all", "send_recv"};

std::optional<protocol::Measurement> figure(const GroupRank &rank, const std::string &metric, const std::string &bytes)
{
    for (const auto &one : rank.collector.all<protocol::Measurement>()) {
        if (one.metric == metric && one.parameters.contains("bytes") && one.parameters.at("bytes") == bytes)
            return one;
    }
    return std::nullopt;
}

double sumOver(Group &group, const std::string &metric, const std::string &bytes)
{
    double sum = 0;
    for (const auto &rank : group.ranks) {
        if (const auto found = figure(*rank, metric, bytes))
            sum += found->value;
    }
    return sum;
}

} // namespace

class TestCollective : public QObject
{
    Q_OBJECT

private slots:
    void everyOperationIsMeasuredAndVerified_data()
    {
        QTest::addColumn<int>("size");
        for (const int size : {2, 3, 8})
            QTest::addRow("%d ranks", size) << size;
    }
    void everyOperationIsMeasuredAndVerified()
    {
        SKIP_WITHOUT_GLOO();
        QFETCH(int, size);
        const QStringList sizes{"8", "1001", "300000"};
        Group group(size, {{"bytes", sizes.join(',').toStdString()}, {"seconds", "0.02"}});
        QCOMPARE(int(group.ranks.size()), size);
        for (auto &rank : group.ranks) {
            QVERIFY(rank->isOver(60));
            const auto result = rank->result();
            QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        }
        for (int number = 0; number < size; ++number) {
            auto &rank = group[number];
            for (const std::string operation : kOperations) {
                for (const auto &bytes : sizes) {
                    const auto bus = figure(rank, operation + "_busbw", bytes.toStdString());
                    const auto algorithm = figure(rank, operation + "_algbw", bytes.toStdString());
                    const auto wrong = figure(rank, operation + "_wrong", bytes.toStdString());
                    QVERIFY2(bus && algorithm && wrong, (operation + ' ' + bytes.toStdString()).c_str());
                    QCOMPARE(bus->unit, protocol::Unit::GigabytesPerSecond);
                    QVERIFY(bus->value > 0 && bus->check == "host.collective" && bus->subject == "node");
                    const bool whole = operation == "broadcast" || operation == "reduce" || operation == "send_recv";
                    const double factor = whole ? 1 : double(size - 1) / size * (operation == "all_reduce" ? 2 : 1);
                    QVERIFY(qAbs(bus->value / algorithm->value / factor - 1) < 1e-6);
                    QCOMPARE(bus->parameters.at("ranks"), std::to_string(size));
                    QCOMPARE(bus->parameters.at("rank"), std::to_string(number));
                    for (const auto *told : {"iterations", "stopped_by", "method", "message_bytes", "time_us", "formula"})
                        QVERIFY2(bus->parameters.contains(told), told);
                    QCOMPARE(wrong->value, 0.0);
                    const auto looked = parseInteger(wrong->parameters.at("verified_elements")).value_or(-1);
                    QVERIFY2(operation == "reduce" && number > 0 ? looked == 0 : looked > 0, operation.c_str());
                    QVERIFY(!bus->parameters.contains("token"));
                }
            }
            const auto lag = rank.collector.measurement("arrival_lag_us", "node");
            QVERIFY(lag && lag->value >= 0 && lag->samples >= 21 && lag->unit == protocol::Unit::Microseconds);
            QCOMPARE(rank.progress().front().parameters.at("stage"), std::string("0"));
            QCOMPARE(rank.last("name"), std::string("done"));
            QCOMPARE(rank.last("state"), std::string("running"));
            QVERIFY(!rank.said("cause", "self") && !rank.said("cause", "peer"));
        }
        // The time is that of the slowest rank: all tell the same.
        for (int number = 1; number < size; ++number)
            QCOMPARE(figure(group[number], "all_reduce_busbw", "300000")->value, figure(group[0], "all_reduce_busbw", "300000")->value);
        const auto listening = group[0].collector.events("group.listening");
        QCOMPARE(listening.size(), 1u);
        QCOMPARE(listening.front().parameters.at("token"), kGroupToken);
    }

    void iterationsEndItToo()
    {
        SKIP_WITHOUT_GLOO();
        Group group(2, {{"bytes", "8"}, {"operations", "all_reduce"}, {"seconds", "30"}, {"iterations_most", "50"}});
        for (auto &rank : group.ranks) {
            QVERIFY(rank->isOver(20));
            QCOMPARE(rank->result().status, protocol::StepStatus::Completed);
        }
        const auto bus = figure(group[1], "all_reduce_busbw", "8");
        QVERIFY(bus);
        QCOMPARE(bus->parameters.at("iterations"), std::string("50"));
        QCOMPARE(bus->parameters.at("stopped_by"), std::string("iterations"));
    }

    /// A check that cannot fail is none: one element of one rank is another one, once.
    void oneWrongElementIsCounted()
    {
        SKIP_WITHOUT_GLOO();
        Group group(3, {{"bytes", "4096"}, {"seconds", "0.02"}}, -1, 1);
        for (auto &rank : group.ranks) {
            QVERIFY(rank->isOver(30));
            const auto result = rank->result();
            QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        }
        const auto wrong = [&](const char *operation) { return sumOver(group, std::string(operation) + "_wrong", "4096"); };
        QCOMPARE(wrong("all_reduce"), 3.0); // everybody has the sum
        QCOMPARE(wrong("all_gather"), 3.0);
        QCOMPARE(wrong("reduce_scatter"), 1.0);
        QCOMPARE(wrong("broadcast"), 0.0); // nothing of rank 1 is in it
        QCOMPARE(wrong("reduce"), 1.0);
        QCOMPARE(figure(group[0], "reduce_wrong", "4096")->value, 1.0);
        QCOMPARE(wrong("all_to_all"), 1.0);
        QCOMPARE(wrong("send_recv"), 1.0);
        QCOMPARE(figure(group[2], "send_recv_wrong", "4096")->value, 1.0);
        for (const auto &rank : group.ranks) { // where it is no sum, whose it was is known
            for (const auto *operation : {"all_gather_wrong", "all_to_all_wrong", "send_recv_wrong"}) {
                const auto one = figure(*rank, operation, "4096");
                QCOMPARE(one->parameters.contains("given_by_rank") ? one->parameters.at("given_by_rank") : "none", one->value > 0 ? "1" : "none");
            }
            QVERIFY(!figure(*rank, "all_reduce_wrong", "4096")->parameters.contains("given_by_rank"));
        }
    }

    void strangersAreDropped()
    {
        SKIP_WITHOUT_GLOO();
        GroupRank root({{"role", "root"}, {"rank", "0"}, {"size", "2"}, {"token", kGroupToken}, {"operations", "broadcast"}, {"bytes", "8"}, {"seconds", "0.02"}});
        QVERIFY(becomesTrue(20, [&] { return !root.collector.events("group.listening").empty(); }));
        const auto port = root.collector.events("group.listening").front().parameters.at("port");
        const Patience patience{Deadline::after(20), nullptr};
        std::vector<Socket> strangers;
        for (const std::string text : {"GET / HTTP/1.1\r\n\r\n", "seatrial-group 1 ffffffffffffffff 1 0123456789abcdef\n", "seatrial-group 1\n", "\n", "never ends", ""}) {
            strangers.push_back(Socket::connectTo("127.0.0.1", std::uint16_t(*parseInteger(port)), patience));
            QVERIFY(strangers.back().isOpen());
            strangers.back().send(text, patience);
        }
        strangers.front().send(std::string(1 << 20, 'x'), {Deadline::after(0.2), nullptr});
        for (std::size_t i = 1; i < 4; ++i) {
            std::byte answer[16];
            std::size_t got = 0;
            QCOMPARE(strangers[i].receiveSome(answer, patience, got), IoEnd::Closed); // and hear nothing
        }
        const auto member = [&](const std::string &token, const char *bytes) {
            return protocol::Parameters{{"role", "member"}, {"rank", "1"},  {"size", "2"}, {"token", token}, {"root", "127.0.0.1"},
                                        {"port", port},     {"operations", "broadcast"},   {"bytes", bytes}, {"seconds", "0.02"}, {"stage_deadline", "1"}};
        };
        GroupRank wrong(member("ffffffffffffffff", "8"));
        QVERIFY(wrong.isOver(20));
        auto refused = wrong.result();
        QCOMPARE(refused.status, protocol::StepStatus::Error);
        QVERIFY2(refused.reason.find("does not know the token") != refused.reason.npos, refused.reason.c_str());
        auto parameters = member(kGroupToken, "16");
        parameters["stage_deadline"] = "20"; // what the root was told; the size is not
        GroupRank other(parameters);
        QVERIFY(becomesTrue(20, [&] { return other.said("cause", "peer"); }));
        QVERIFY2(other.progress().back().text.find("told to measure something else") != std::string::npos, other.progress().back().text.c_str());
        other.stop();
        parameters["bytes"] = "8";
        GroupRank good(parameters);
        QVERIFY(good.isOver(20) && root.isOver(20));
        QCOMPARE(good.result().status, protocol::StepStatus::Completed);
        QCOMPARE(root.result().status, protocol::StepStatus::Completed);
    }

    void byNameAndOverIpv6()
    {
        SKIP_WITHOUT_GLOO();
        for (const std::string address : {"localhost", "::1"}) {
            Group group(1, {{"size", "2"}, {"operations", "all_reduce"}, {"bytes", "64"}, {"seconds", "0.02"}});
            QVERIFY(group.listens());
            auto parameters = group.place(1, 2);
            parameters.merge(protocol::Parameters{{"operations", "all_reduce"}, {"bytes", "64"}, {"seconds", "0.02"}});
            parameters["root"] = address;
            GroupRank member(parameters);
            QVERIFY(member.isOver(30) && group[0].isOver(30));
            const auto result = member.result();
            if (address == "::1" && result.reason.find("cannot reach rank 0") != result.reason.npos)
                continue; // a machine without IPv6
            QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestCollective)
#include "test_collective.moc"
