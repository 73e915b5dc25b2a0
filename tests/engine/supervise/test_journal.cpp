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

    void itsBoundIsSeen()
    {
        QTemporaryDir folder;
        std::string error;
        auto journal = Journal::open(folder.path().toStdString(), 1, error);
        const Event large{Severity::Info, "c", {}, {}, std::string(4000, 'x'), {}};
        std::uint64_t records = 0;
        while (journal->refusal().empty() && records < Journal::kMaxRecords) {
            journal->append(large);
            if (++records % 500 == 0)
                QVERIFY(journal->flush());
        }
        QVERIFY(journal->flush());
        QVERIFY(journal->size() < Journal::kMaxBytes);
        QVERIFY(records > 10'000);
        QVERIFY(journal->refusal().find("64000000 bytes") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestJournal)
#include "test_journal.moc"
