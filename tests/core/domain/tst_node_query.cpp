// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/node_query.h"

#include <QElapsedTimer>
#include <QTest>

#include <map>
#include <random>

using namespace seatrial::domain;

namespace {

class OneNode : public QueryNode
{
public:
    std::map<QueryField, std::vector<std::string>> words;
    std::map<QueryField, double> numbers;

    std::vector<std::string> texts(QueryField field) const override
    {
        const auto found = words.find(field);
        return found == words.end() ? std::vector<std::string>() : found->second;
    }
    std::optional<double> number(QueryField field) const override
    {
        const auto found = numbers.find(field);
        return found == numbers.end() ? std::nullopt : std::optional(found->second);
    }
};

OneNode slowNode()
{
    OneNode node;
    node.words = {{QueryField::Node, {"r07-n11"}}, {QueryField::Address, {"10.7.0.11"}}, {QueryField::Rack, {"R07"}}, {QueryField::Verdict, {"failed"}}, {QueryField::State, {"failed"}},
                  {QueryField::Reason, {"3.71 GB/s triad"}}, {QueryField::Check, {"host.memory", "Memory bandwidth"}}};
    node.numbers = {{QueryField::Unit, 21}, {QueryField::Value, 3.71}};
    return node;
}

} // namespace

class NodeQueryTest : public QObject
{
    Q_OBJECT

private slots:
    void finds_data();
    void finds();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();
    void nothingIsKnown();
    void endIsCompleted_data();
    void endIsCompleted();
    void anythingTypedIsAnAnswer();
    void isFast();
};

void NodeQueryTest::finds_data()
{
    QTest::addColumn<bool>("matches");
    const auto row = [](const char *query, bool matches) { QTest::newRow(query) << matches; };
    row("", true);
    row("   ", true);
    row("n11", true);
    row("N11 r07 TRIAD", true); // every word, upper and lower case
    row("n11 n12", false);
    row("\"GB/s triad\"", true);
    row("\"triad GB/s\"", false);
    row("failed", true);
    row("rack==R07", true);
    row("rack = r07", true);
    row("rack==R0", false);
    row("rack~r0", true);
    row("rack!~r0", false);
    row("rack!=R07", false);
    row("rack==R07 and verdict!=qualified", true);
    row("rack==R07 verdict==qualified", false);
    row("rack==R2 or verdict==failed", true);
    row("rack==R2 or rack==R3 and verdict==failed", false); // and binds closer
    row("(rack==R2 or rack==R07) and verdict==failed", true);
    row("not rack==R07", false);
    row("not (rack==R2 or verdict==qualified)", true);
    row("!qualified", true);
    row("not not failed", true);
    row("rack==R07 && (verdict==marginal || verdict==failed)", true);
    row("node in r07-n[01-12]", true);
    row("node in r07-n[01-12]!r07-n11", false);
    row("node in \"r07-n01 r07-n11\"", true);
    row("(node in r07-n[01-12]) and unit>20", true);
    row("name==r07-n11", true);
    row("r07-n[01-12]", true); // a node set that was pasted
    row("r07-n01,r07-n11", true);
    row("r08-n[01-12]", false);
    row("rack in R06,R07", true);
    row("verdict in marginal,failed", true);
    row("verdict in marginal,unknown", false);
    row("state!=not-tested", true);
    row("state==\"not tested\"", false);
    row("unit>=21 unit<22", true);
    row("unit>21", false);
    row("unit!=3", true);
    row("value<4", true);
    row("value<=3.7", false);
    row("check~memory", true);
    row("check==host.memory", true);
    row("step~bandwidth", true);
    row("check!~memory", false);
    row("check!=host.disk", true);
    row("address~10.7.", true);
    row("reason~\"triad\"", true);
    row("reason~'GB/s'", true);
}

void NodeQueryTest::finds()
{
    QFETCH(bool, matches);
    const auto query = NodeQuery::parse(QTest::currentDataTag());
    QVERIFY2(query, query ? "" : query.error().what.c_str());
    QCOMPARE(query->matches(slowNode()), matches);
}

void NodeQueryTest::saysWhatIsWrong_data()
{
    QTest::addColumn<int>("position");
    QTest::addColumn<QString>("what");
    const auto row = [](const char *query, int position, const char *what) { QTest::newRow(query) << position << QString::fromUtf8(what); };
    row("verdit==failed", 0, "there is no field \"verdit\"; did you mean verdict?");
    row("rack==R2 and quux~x", 13, "there is no field \"quux\"; there are node, rack,");
    row("rack==", 6, "found the end, expected a value of rack");
    row("verdict==", 9, "expected a value of verdict: qualified, marginal, failed");
    row("verdict==qualifed", 9, "did you mean qualified?");
    row("verdict in failed,gone", 11, "verdict is never \"gone\"");
    row("rack==R2 and", 12, "found the end, expected a word or a condition like rack==R2");
    row("or rack==R2", 0, "found \"or\"");
    row("(rack==R2", 9, "expected \")\" for the \"(\" at character 1");
    row("rack==R2)", 8, "there is no \"(\" for this");
    row("()", 1, "expected a word or a condition");
    row("not", 3, "found the end");
    row("unit~3", 4, "unit is a number");
    row("unit in 3,4", 5, "unit is a number");
    row("unit>many", 5, "expected a number");
    row("rack>3", 4, "rack is no number");
    row("reason==\"open", 8, "this quote is not closed");
    row("\"open", 0, "this quote is not closed");
    row("== x", 0, "expected a field before it");
    row("node in n[01-", 8, "");
    row("node in", 7, "expected a set like n[01-08]");
    row("rack==R2 == R3", 9, "expected and, or, or the end");
}

void NodeQueryTest::saysWhatIsWrong()
{
    QFETCH(int, position);
    QFETCH(QString, what);
    const auto query = NodeQuery::parse(QTest::currentDataTag());
    QVERIFY(!query);
    QVERIFY2(QString::fromStdString(query.error().what).contains(what), query.error().what.c_str());
    QCOMPARE(int(query.error().position), position);
}

void NodeQueryTest::nothingIsKnown()
{
    const OneNode nothing;
    const auto asked = [&](const char *text) { return NodeQuery::parse(text)->matches(nothing); };
    QVERIFY(!asked("rack==R2"));
    QVERIFY(asked("rack!=R2"));
    QVERIFY(!asked("value<3"));
    QVERIFY(!asked("value==3"));
    QVERIFY(asked("value!=3"));
    QVERIFY(!asked("word"));
    QVERIFY(NodeQuery().matches(nothing));
}

void NodeQueryTest::endIsCompleted_data()
{
    QTest::addColumn<int>("wants");
    QTest::addColumn<int>("from");
    const auto row = [](const char *text, QueryEnd::Wants wants, int from) { QTest::newRow(text) << int(wants) << from; };
    using enum QueryEnd::Wants;
    row("", Field, 0);
    row("ra", Field, 0);
    row("rack ", Operator, 5);
    row("rack==", Value, 6);
    row("rack==R", Value, 6);
    row("rack in R", Value, 8);
    row("rack==R2 ", Connector, 9);
    row("rack==R2 a", Connector, 9);
    row("rack==R2 and ", Field, 13);
    row("rack==R2 and ver", Field, 13);
    row("(", Field, 1);
    row("not st", Field, 4);
    row("rack==rack ", Connector, 11);
}

void NodeQueryTest::endIsCompleted()
{
    QFETCH(int, wants);
    QFETCH(int, from);
    const QueryEnd end = NodeQuery::endOf(QTest::currentDataTag());
    QCOMPARE(int(end.wants), wants);
    QCOMPARE(int(end.from), from);
}

void NodeQueryTest::anythingTypedIsAnAnswer()
{
    std::mt19937 random(7);
    const std::vector<std::string> pieces = {"rack", "==", "!=", "in", "(", ")", "not", "and", "or", "\"", "'", " ", "n[01-08]", "verdict", "failed", "~", "<", "3", "!", "&&", "\xff", "\xc3\xa9", ",", "[", "||", "="};
    const OneNode node = slowNode();
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto left = random() % 12; left > 0; --left)
            text += pieces[random() % pieces.size()];
        const auto query = NodeQuery::parse(text);
        if (query)
            query->matches(node);
        else
            QVERIFY2(query.error().position <= text.size() && !query.error().what.empty(), text.c_str());
        QVERIFY(NodeQuery::endOf(text).from <= text.size());
    }
    QVERIFY(!NodeQuery::parse(std::string(200, '(') + "a" + std::string(200, ')')));
    std::string nots;
    for (int i = 0; i < 900; ++i)
        nots += "not ";
    QVERIFY(!NodeQuery::parse(nots + "a"));
    QVERIFY(!NodeQuery::parse(std::string(5000, 'a')));
}

void NodeQueryTest::isFast()
{
    const auto query = NodeQuery::parse("rack==R2 and verdict!=qualified or node in r07-n[01-9999]");
    QVERIFY(query);
    const OneNode node = slowNode();
    int matches = 0;
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 10'000; ++i)
        matches += query->matches(node);
    QCOMPARE(matches, 10'000);
    QVERIFY2(timer.elapsed() < 1000, "10,000 nodes are asked many times a second");
}

QTEST_APPLESS_MAIN(NodeQueryTest)
#include "tst_node_query.moc"
