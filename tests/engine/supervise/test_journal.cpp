// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/codec.h"
#include "engine/supervise/journal.h"
#include "engine/supervise/node_clock.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace seatrial::engine;
using namespace seatrial::protocol;

class TestJournal : public QObject
{
    Q_OBJECT

private slots:
    void offsetsLeadToSequences()
    {
        QTemporaryDir folder;
        std::string error;
        auto journal = Journal::open(folder.path().toStdString(), 1, error);
        QVERIFY2(journal.has_value(), error.c_str());
        for (int record = 0; record < 2000; ++record) {
            journal->append(Heartbeat{"step " + std::to_string(record)});
            if (record % 7 == 0)
                QVERIFY(journal->flush());
        }
        const auto check = [&](const Journal &opened) {
            for (const std::uint64_t sequence : {1, 2, 511, 512, 513, 514, 1024, 1999, 2000})
                QCOMPARE(sequenceOf(opened.read(opened.offsetOf(sequence), 200)), sequence);
            QCOMPARE(opened.offsetOf(0), std::uint64_t(0));
            QCOMPARE(opened.offsetOf(2001), opened.size());
        };
        check(*journal); // with an end that is not yet written
        journal->close();
        const auto again = Journal::open(folder.path().toStdString(), 1, error);
        QCOMPARE(again->past().lastSequence, std::uint64_t(2000));
        check(*again);
    }

    void thePastIsKnown()
    {
        QTemporaryDir folder;
        std::string error;
        {
            auto journal = Journal::open(folder.path().toStdString(), 1, error);
            journal->append(Hello{1, "0.1.0", "r", "n", "h", "m", "k", "l", false});
            journal->append(StepStarted{"a", "c", {}});
            journal->append(StepFinished{"a", "c", StepStatus::Completed, Waiver::None, "", 1});
            journal->append(StepStarted{"b", "d", {}});
            QVERIFY(journal->flush());
        }
        const auto journal = Journal::open(folder.path().toStdString(), 1, error);
        const JournalPast &past = journal->past();
        QVERIFY(past.hello && past.hello->run == "r" && !past.goodbye);
        QVERIFY((past.knownSteps == std::set<std::string>{"a", "b"}));
        QVERIFY((past.unfinishedSteps == std::map<std::string, std::string>{{"b", "d"}}));
        QCOMPARE(past.bootId, bootId());
    }

    void itsBoundsAreSeen_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("bound");
        QTest::newRow("its length") << "escapes" << "64000000 bytes";
        QTest::newRow("its records") << "heartbeats" << "200000 records";
        QTest::newRow("what a desktop keeps of it: texts") << "events" << "48000000 bytes of a desktop's memory";
        QTest::newRow("what a desktop keeps of it: figures") << "figures" << "48000000 bytes of a desktop's memory";
    }

    void itsBoundsAreSeen()
    {
        QFETCH(QString, what);
        QFETCH(QString, bound);
        QTemporaryDir folder;
        std::string error;
        Body body = Heartbeat{};
        if (what == "events" || what == "escapes") // those take six bytes each in a line
            body = Event{Severity::Info, "c", {}, {}, std::string(4000, what == "events" ? 'x' : '\x01'), {}};
        else if (what == "figures")
            body = Measurement{"s#1", "c", "m", Unit::Count, "node", 1, 1, {}, {{"a", "1"}, {"b", "2"}}};
        std::string refusal;
        std::uint64_t records = 0;
        {
            auto journal = Journal::open(folder.path().toStdString(), 1, error);
            while (journal->refusal().empty() && records < Journal::kMaxRecords) {
                journal->append(body);
                if (++records % 500 == 0)
                    QVERIFY(journal->flush());
            }
            QVERIFY(journal->flush());
            QVERIFY(journal->size() < Journal::kMaxBytes);
            refusal = journal->refusal();
        }
        QVERIFY2(QString::fromStdString(refusal).contains(bound), refusal.c_str());
        QVERIFY2(records > 2'000, "room for what nodes really say");
        if (bound.startsWith("48")) // whoever takes it up counts what is there
            QCOMPARE(Journal::open(folder.path().toStdString(), 1, error)->refusal(), refusal);
    }
};

QTEST_GUILESS_MAIN(TestJournal)
#include "test_journal.moc"
