// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/analysis/group_progress.h"
#endif

#include <QTest>

#include <algorithm>
#include <functional>

using namespace seatrial;
using namespace seatrial::analysis;

namespace {

/// Rank @p number of four on its way, "n01" being rank 0.
RankProgress running(int number, int stage = 3, std::uint64_t iteration = 112)
{
    RankProgress rank;
    rank.node = domain::NodeId("n0" + std::to_string(number + 1));
    rank.rank = number;
    rank.started = true;
    rank.stage = stage;
    rank.stageName = "all_reduce of 8 MiB";
    rank.iteration = iteration;
    rank.state = "running";
    return rank;
}

RankProgress with(RankProgress rank, const std::function<void(RankProgress &)> &change)
{
    change(rank);
    return rank;
}

RankProgress accusing(int number, int peer)
{
    return with(running(number), [peer](RankProgress &rank) {
        rank.cause = "peer";
        rank.peerRank = peer;
    });
}

protocol::Event progressEvent(const protocol::Parameters &changes)
{
    protocol::Event event{protocol::Severity::Info, "group.progress", "collective/group1#1", "node", "", {}};
    event.parameters = {{"token", "0123456789abcdef"}, {"rank", "3"}, {"stage", "4"}, {"name", "all_reduce of 8 MiB"}, {"iteration", "112"}, {"state", "running"}};
    for (const auto &[name, value] : changes)
        event.parameters[name] = value;
    return event;
}

} // namespace

Q_DECLARE_METATYPE(std::vector<RankProgress>)
Q_DECLARE_METATYPE(protocol::Parameters)

class GroupProgressTest : public QObject
{
    Q_OBJECT

private slots:
    void late_data();
    void late();
    void theOrderOfTheRanksDoesNotMatter();
    void events_data();
    void events();
    void whatANodeSaysIsBounded();
};

void GroupProgressTest::late_data()
{
    QTest::addColumn<std::vector<RankProgress>>("ranks");
    QTest::addColumn<int>("rank"); // −1: nobody
    QTest::addColumn<QString>("why");
    using Ranks = std::vector<RankProgress>;
    const auto lost = [](RankProgress &rank) { rank.lost = true; };
    const auto notBegun = [](RankProgress &rank) {
        RankProgress fresh;
        fresh.node = rank.node;
        fresh.rank = rank.rank;
        rank = fresh;
    };
    const auto notAsked = [&](RankProgress &rank) {
        notBegun(rank);
        rank.asked = false;
    };
    const auto done = [](RankProgress &rank) { rank.completed = true; };
    const auto self = [](RankProgress &rank) { rank.cause = "self"; };
    const auto is = [](const char *state) { return [state](RankProgress &rank) { rank.state = state; }; };

    QTest::newRow("nobody is there") << Ranks{} << -1 << QString();
    QTest::newRow("all the same") << Ranks{running(0), running(1), running(2), running(3)} << -1 << QString();
    QTest::newRow("lost") << Ranks{running(0), running(1), with(running(2), lost), running(3, 2)} << 2
                          << "n03, rank 2, was lost in all_reduce of 8 MiB after iteration 112; the other 3 waited for it";
    QTest::newRow("stopped, though another is further behind")
        << Ranks{running(0), running(1), running(2, 2), with(running(3), is("stopped (T)"))} << 3
        << "n04, rank 3, hung in all_reduce of 8 MiB after iteration 112, its process is stopped (T); the other 3 waited for it";
    QTest::newRow("dead because of another") << Ranks{running(0), running(1), running(2, 2), with(accusing(3, 2), is("dead by SIGABRT"))} << 2
                                            << "n03, rank 2, hung in all_reduce of 8 MiB after iteration 112; the other 3 waited for it";
    QTest::newRow("it says so itself") << Ranks{running(0), with(running(1), self), running(2), running(3)} << 1
                                       << "n02, rank 1, hung in all_reduce of 8 MiB after iteration 112; the other 3 waited for it";
    QTest::newRow("never begun") << Ranks{running(0, 0, 0), running(1, 0, 0), with(running(2), notBegun), running(3, 0, 0)} << 2
                                 << "n03, rank 2, never began; the other 3 waited for it";
    QTest::newRow("rank 0 never listened, so nobody else was asked")
        << Ranks{running(0, 0, 0), with(running(1), notAsked)} << 0
        << "n01, rank 0, hung in all_reduce of 8 MiB; the other one waited for it";
    QTest::newRow("an iteration behind") << Ranks{running(0), running(1), running(2), running(3, 3, 111)} << 3
                                         << "n04, rank 3, hung in all_reduce of 8 MiB after iteration 111; the other 3 waited for it";
    QTest::newRow("a stage behind, with more iterations of it") << Ranks{running(0), running(1, 2, 5'000), running(2), running(3)} << 1
                                                                << "n02, rank 1, hung in all_reduce of 8 MiB after iteration 5000; the other 3 waited for it";
    QTest::newRow("two behind, nothing said of peers") << Ranks{running(0), running(1), running(2, 3, 111), running(3, 3, 111)} << -1 << QString();
    QTest::newRow("two behind, but most name one") << Ranks{accusing(0, 1), running(1), accusing(2, 1), accusing(3, 0)} << 1
                                                   << "n02, rank 1, broke off in all_reduce of 8 MiB after iteration 112: 2 of the other 3 lost their connection to it";
    QTest::newRow("two name each other") << Ranks{accusing(0, 1), accusing(1, 0)} << -1 << QString();
    QTest::newRow("as many name one as the other") << Ranks{accusing(0, 2), accusing(1, 2), accusing(2, 1), accusing(3, 1)} << -1 << QString();
    QTest::newRow("a rank that is not there is named") << Ranks{accusing(0, 9), accusing(1, 9), running(2), running(3)} << -1 << QString();
    QTest::newRow("whoever is done is not waited for") << Ranks{with(running(0, 2), done), running(1), with(running(2), done)} << 1
                                                       << "n02, rank 1, hung in all_reduce of 8 MiB after iteration 112; the other 2 waited for it";
    QTest::newRow("all are done") << Ranks{with(running(0), done), with(running(1), done)} << -1 << QString();
}

void GroupProgressTest::late()
{
    QFETCH(std::vector<RankProgress>, ranks);
    QFETCH(int, rank);
    QFETCH(QString, why);
    const auto found = lateRank(ranks);
    QCOMPARE(found ? found->rank : -1, rank);
    QCOMPARE(found ? QString::fromStdString(found->why) : QString(), why);
    if (found)
        QCOMPARE(found->node.text(), "n0" + std::to_string(rank + 1));
}

void GroupProgressTest::theOrderOfTheRanksDoesNotMatter()
{
    std::vector<RankProgress> ranks{running(0), running(1, 3, 111), accusing(2, 1), accusing(3, 0)};
    const auto byRank = [](const RankProgress &a, const RankProgress &b) { return a.rank < b.rank; };
    do {
        QCOMPARE(lateRank(ranks)->rank, 1);
    } while (std::ranges::next_permutation(ranks, byRank).found);
}

void GroupProgressTest::events_data()
{
    QTest::addColumn<protocol::Parameters>("changes");
    QTest::addColumn<bool>("makesSense");
    using Changes = protocol::Parameters;
    QTest::newRow("usual") << Changes{} << true;
    QTest::newRow("broken by itself") << Changes{{"state", "stopped (T)"}, {"cause", "self"}} << true;
    QTest::newRow("broken by a peer that is not known") << Changes{{"cause", "peer"}, {"peer_rank", "far"}} << true;
    QTest::newRow("no rank") << Changes{{"rank", ""}} << false;
    QTest::newRow("a rank below zero") << Changes{{"rank", "-1"}} << false;
    QTest::newRow("a huge rank") << Changes{{"rank", "99999999999999999999"}} << false;
    QTest::newRow("a number with more behind it") << Changes{{"stage", "4x"}} << false;
    QTest::newRow("a stage below zero") << Changes{{"stage", "-4"}} << false;
    QTest::newRow("an iteration below zero") << Changes{{"iteration", "-1"}} << false;
    QTest::newRow("an iteration that nobody lives to see") << Changes{{"iteration", "18446744073709551615"}} << false;
    QTest::newRow("another cause") << Changes{{"cause", "the weather"}} << false;
}

void GroupProgressTest::events()
{
    QFETCH(protocol::Parameters, changes);
    QFETCH(bool, makesSense);
    const auto read = rankProgress(domain::NodeId("n04"), progressEvent(changes));
    QCOMPARE(read.has_value(), makesSense);
    if (!read)
        return;
    QCOMPARE(read->node.text(), std::string("n04"));
    QCOMPARE(read->rank, 3);
    QCOMPARE(read->stage, 4);
    QCOMPARE(read->iteration, std::uint64_t(112));
    QCOMPARE(read->stageName, std::string("all_reduce of 8 MiB"));
    QCOMPARE(read->cause, changes.contains("cause") ? changes.at("cause") : std::string());
    QVERIFY(read->started && read->asked && !read->lost && !read->completed && !read->peerRank);
}

void GroupProgressTest::whatANodeSaysIsBounded()
{
    const auto read = rankProgress(domain::NodeId("n04"), progressEvent({{"name", std::string(100'000, 'x') + "\x1b[2J"}, {"state", "\x1b[2J\xff"}, {"peer_rank", "3"}}));
    QVERIFY(read);
    QVERIFY(read->stageName.size() <= 100);
    QVERIFY(read->state.find('\x1b') == std::string::npos && read->state.find('\xff') == std::string::npos);
    QVERIFY(!read->peerRank); // itself
    auto warning = progressEvent({});
    warning.severity = protocol::Severity::Warning; // it has not got on for its deadline
    QCOMPARE(rankProgress(domain::NodeId("n04"), warning)->cause, std::string("peer"));
    warning.parameters["state"] = "stopped (T)";
    QCOMPARE(rankProgress(domain::NodeId("n04"), warning)->cause, std::string());
    QVERIFY(!rankProgress(domain::NodeId("n04"), {protocol::Severity::Info, "net.listening", "", "", "", {}}));
}

QTEST_GUILESS_MAIN(GroupProgressTest)
#include "tst_group_progress.moc"
