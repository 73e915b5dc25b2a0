// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/codec.h"
#include "core/protocol/stream_reader.h"
#include "core/protocol/unit.h"

#include <QFile>
#include <QTest>

#include <set>

using namespace seatrial::protocol;

/// docs/protocol.md promises lines; here every one of them is read.
class TestDocument : public QObject
{
    Q_OBJECT

    QByteArray m_document;

    /// The lines of the blocks that are fenced as @p language.
    std::vector<std::string> sampleLines(const QByteArray &language) const
    {
        std::vector<std::string> lines;
        bool inside = false;
        for (const QByteArray &line : m_document.split('\n')) {
            if (line.startsWith("```"))
                inside = !inside && line == "```" + language;
            else if (inside)
                lines.push_back(line.toStdString());
        }
        return lines;
    }

private slots:
    void initTestCase()
    {
        QFile file(QStringLiteral(SEATRIAL_SOURCE_DIR "/docs/protocol.md"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        m_document = file.readAll();
    }

    void everySampleRecordIsWhatTheEngineWrites()
    {
        std::set<std::size_t> kinds;
        std::uint64_t sequence = 0;
        for (const std::string &line : sampleLines("jsonl")) {
            const auto read = decodeRecord(line);
            QVERIFY2(std::holds_alternative<Record>(read), line.c_str());
            const Record &record = std::get<Record>(read);
            QCOMPARE(QString::fromStdString(encode(record)), QString::fromStdString(line + '\n'));
            QCOMPARE(record.stamp.sequence, ++sequence);
            kinds.insert(record.body.index());
        }
        QCOMPARE(kinds.size(), std::variant_size_v<Body>);
    }

    void everySampleControlIsWhatTheDesktopWrites()
    {
        std::set<std::size_t> kinds;
        for (const std::string &line : sampleLines("jsonl-control")) {
            const auto read = decodeControl(line);
            QVERIFY2(std::holds_alternative<Control>(read), line.c_str());
            QCOMPARE(QString::fromStdString(encode(std::get<Control>(read))), QString::fromStdString(line + '\n'));
            kinds.insert(std::get<Control>(read).index());
        }
        QCOMPARE(kinds.size(), std::variant_size_v<Control>);
    }

    void everyWordIsNamed()
    {
        for (int unit = 1; unit <= static_cast<int>(Unit::Lanes); ++unit)
            QVERIFY(m_document.contains("`" + QByteArray(unitText(static_cast<Unit>(unit)).data()) + "`"));
        for (int status = 0; status <= static_cast<int>(StepStatus::Abandoned); ++status)
            QVERIFY(m_document.contains("`" + QByteArray(statusText(static_cast<StepStatus>(status)).data()) + "`"));
        for (int outcome = 0; outcome <= static_cast<int>(Outcome::Broken); ++outcome)
            QVERIFY(m_document.contains("`" + QByteArray(outcomeText(static_cast<Outcome>(outcome)).data()) + "`"));
        QVERIFY(m_document.contains(QByteArray::number(qulonglong(StreamReader::kMaxLineBytes))));
    }
};

QTEST_GUILESS_MAIN(TestDocument)
#include "test_document.moc"
