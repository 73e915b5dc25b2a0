// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/node_filter.h"
#include "tests/gui/support/sample_fleet.h"

#include <QTest>

using namespace seatrial::gui;

class TestState : public QObject {
    Q_OBJECT

private slots:
    void worstWinsUpward()
    {
        const std::array<State, stateCount> order = {State::Failed, State::Unreachable, State::Unknown, State::Marginal,
                                                     State::Stuck, State::Running, State::NotTested, State::Qualified};
        for (std::size_t i = 0; i + 1 < order.size(); ++i) {
            QCOMPARE(worseOf(order[i], order[i + 1]), order[i]);
            QCOMPARE(worseOf(order[i + 1], order[i]), order[i]);
        }
    }

    void lettersAndWordsAreDistinct()
    {
        QSet<QChar> letters;
        QSet<QString> words;
        for (const State state : allStates) {
            letters.insert(letterOf(state));
            words.insert(wordOf(state));
        }
        QCOMPARE(letters.size(), static_cast<qsizetype>(stateCount));
        QCOMPARE(words.size(), static_cast<qsizetype>(stateCount));
    }

    void anEmptyRackIsNotQualified() { QCOMPARE(StateCounts().worst(), State::NotTested); }

    void countsOfTheSampleHall()
    {
        const FleetSnapshot fleet = test::sampleHall();
        QCOMPARE(fleet->counts.total(), 64);
        QCOMPARE(fleet->counts.of(State::Qualified), 52);
        QCOMPARE(fleet->counts.of(State::Failed), 4);
        QCOMPARE(fleet->counts.of(State::NotTested), 2);
    }

    void filter_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("matches");
        QTest::newRow("nothing") << QString() << 64;
        QTest::newRow("a rack") << QStringLiteral("R09") << 16;
        QTest::newRow("a word of the state") << QStringLiteral("unreachable") << 1;
        QTest::newRow("two words, both wanted") << QStringLiteral("r10 failed") << 1;
        QTest::newRow("a reason") << QStringLiteral("remaps") << 1;
        QTest::newRow("nobody") << QStringLiteral("r99") << 0;
    }
    void filter()
    {
        QFETCH(QString, text);
        QFETCH(int, matches);
        QCOMPARE(FilterMatches(*test::sampleHall(), {{}, text}).count(), static_cast<std::size_t>(matches));
    }

    void filterByStates()
    {
        QCOMPARE(FilterMatches(*test::sampleHall(), {{State::Failed, State::Marginal}, {}}).count(), std::size_t{7});
    }
};

QTEST_GUILESS_MAIN(TestState)
#include "tst_state.moc"
