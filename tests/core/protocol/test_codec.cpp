// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/codec.h"
#include "core/protocol/stream_reader.h"
#include "tests/core/protocol/malformed_lines.h"
#include "tests/core/protocol/samples.h"

#include <QTest>

#include <bit>
#include <clocale>
#include <cmath>
#include <ctime>
#include <limits>
#include <random>

using namespace seatrial;
using namespace seatrial::protocol;

namespace {

QByteArray bytes(const std::string &text) { return QByteArray::fromStdString(text); }

} // namespace

class TestCodec : public QObject
{
    Q_OBJECT

private slots:
    void everyRecordComesBack()
    {
        std::uint64_t sequence = 0;
        for (const Body &body : samples::bodies()) {
            const Record record{samples::stamp(++sequence), body};
            const std::string line = encode(record);
            QVERIFY(line.ends_with('\n') && line.find('\n') == line.size() - 1);
            const auto read = decodeRecord(line);
            QVERIFY2(std::holds_alternative<Record>(read), line.c_str());
            QVERIFY2(std::get<Record>(read) == record, line.c_str());
            QCOMPARE(encode(std::get<Record>(read)), line);

            const auto readBody = decodeBody(encodeBody(body));
            QVERIFY2(std::holds_alternative<Body>(readBody), line.c_str());
            QVERIFY(std::get<Body>(readBody) == body);
        }
    }

    void everyControlComesBack()
    {
        for (const Control &control : samples::controls()) {
            const std::string line = encode(control);
            const auto read = decodeControl(line);
            QVERIFY2(std::holds_alternative<Control>(read), line.c_str());
            QVERIFY2(std::get<Control>(read) == control, line.c_str());
        }
    }

    void everyWordComesBack()
    {
        for (int unit = 0; unit <= static_cast<int>(Unit::Lanes); ++unit)
            QCOMPARE(static_cast<int>(unitFromText(unitText(static_cast<Unit>(unit))).value()), unit);
        QVERIFY(!unitFromText("furlongs"));
        QCOMPARE(statusText(StepStatus::Abandoned), std::string_view("abandoned"));
        QCOMPARE(waiverText(Waiver::NotPresent), std::string_view("not present"));
        QCOMPARE(severityText(Severity::Warning), std::string_view("warning"));
        QCOMPARE(outcomeText(Outcome::LeaseExpired), std::string_view("lease expired"));
    }

    /// Bit for bit, in a locale whose decimal sign is a comma if this machine has one.
    void doublesComeBackExactly()
    {
        for (const char *name : {"de_DE.UTF-8", "fr_FR.UTF-8"}) {
            if (std::setlocale(LC_ALL, name))
                break;
        }
        std::mt19937_64 random(7);
        std::vector<double> values = {0.0, -0.0, 0.1, 1e300, 5e-324, 9223372036854775808.0, 1e22,
                                      std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()};
        while (values.size() < 20000) {
            const double value = std::bit_cast<double>(random());
            if (std::isfinite(value))
                values.push_back(value);
        }
        for (const double value : values) {
            const Body body = Measurement{"s", "c", "m", Unit::Seconds, "node", value, 1, {}, {}};
            const auto read = decodeBody(encodeBody(body));
            QVERIFY2(std::holds_alternative<Body>(read), encodeBody(body).c_str());
            QCOMPARE(std::bit_cast<std::uint64_t>(std::get<Measurement>(std::get<Body>(read)).value),
                     std::bit_cast<std::uint64_t>(value));
        }
        std::setlocale(LC_ALL, "C.UTF-8");
    }

    void brokenBytesAreWrittenReadably()
    {
        const auto read = decodeBody(encodeBody(Event{Severity::Info, "c", "", "", "a\xFFz\x01 \xC3\xA4 \xED\xA0\x80", {}}));
        QVERIFY(std::holds_alternative<Body>(read));
        QCOMPARE(QString::fromStdString(std::get<Event>(std::get<Body>(read)).text),
                 QString("a\uFFFDz\x01 \u00E4 \uFFFD\uFFFD\uFFFD"));
    }

    void malformedLines_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("reason");
        for (const auto &[name, line, reason] : samples::malformedLines())
            QTest::newRow(name) << bytes(line) << QByteArray(reason);
    }

    void malformedLines()
    {
        QFETCH(QByteArray, line);
        QFETCH(QByteArray, reason);
        const auto read = decodeRecord(line.toStdString());
        QVERIFY(std::holds_alternative<Malformed>(read));
        const Malformed &malformed = std::get<Malformed>(read);
        QVERIFY2(malformed.reason.find(reason.toStdString()) != std::string::npos, malformed.reason.c_str());
        QVERIFY(malformed.excerpt.size() <= 200);
        for (const char character : malformed.excerpt)
            QVERIFY(character >= 0x20 && character < 0x7f);
    }

    void malformedControls_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("record") << QByteArray(R"({"type":"heartbeat"})");
        QTest::newRow("no lease") << QByteArray(R"({"type":"open","protocol":1,"run":"r","node":"n","lease_seconds":0,"grace_seconds":1})");
        QTest::newRow("endless lease") << QByteArray(R"({"type":"open","protocol":1,"run":"r","node":"n","lease_seconds":1e12,"grace_seconds":1})");
        QTest::newRow("no deadline") << QByteArray(R"({"type":"start-step","step":"s","check":"c"})");
        QTest::newRow("negative deadline") << QByteArray(R"({"type":"start-step","step":"s","check":"c","deadline_seconds":-1})");
        QTest::newRow("no step") << QByteArray(R"({"type":"start-step","check":"c","deadline_seconds":1})");
        QTest::newRow("busy is a text") << QByteArray(R"({"type":"open","protocol":1,"run":"r","node":"n","lease_seconds":9,"grace_seconds":1,"allow_busy":"no"})");
    }

    void malformedControls()
    {
        QFETCH(QByteArray, line);
        QVERIFY(std::holds_alternative<Malformed>(decodeControl(line.toStdString())));
    }

    /// A newer version may have changed everything but its first words.
    void newerIsRefused()
    {
        const auto record = decodeRecord(R"({"type":"hello","protocol":7,"engine":"3.0.0","sequence":"α"})");
        QVERIFY(std::holds_alternative<TooNew>(record));
        QVERIFY((std::get<TooNew>(record) == TooNew{7, "3.0.0"}));
        const auto control = decodeControl(R"({"type":"open","protocol":2})");
        QVERIFY(std::holds_alternative<TooNew>(control));
        QCOMPARE(std::get<TooNew>(control).protocol, 2);
    }

    void unknownFieldsArePassedOver()
    {
        const auto plain = decodeRecord(samples::kMeasurement + "}");
        const auto richer = decodeRecord(samples::kMeasurement + R"(,"colour":{"a":[1,{"b":{"c":2}}],"a2":null},"list":[{"step":"x"},[]],"no":null})");
        QVERIFY(std::holds_alternative<Record>(plain));
        QVERIFY(std::holds_alternative<Record>(richer));
        QVERIFY(std::get<Record>(plain) == std::get<Record>(richer));
    }

    void boundsThemselvesAreAllowed()
    {
        QVERIFY(std::holds_alternative<Record>(decodeRecord(samples::eventLine(std::string(4096, 'x')))));
        QVERIFY(std::holds_alternative<Record>(decodeRecord(samples::manyParameters(64))));
        QVERIFY(std::holds_alternative<Record>(decodeRecord(samples::eventLine("x") + "\r\n")));
    }

    /// Any byte of a good line changed or cut: a record or Malformed, never more.
    void damageNeverHarms()
    {
        std::mt19937 random(3);
        for (const Body &body : samples::bodies()) {
            const std::string line = encode(Record{samples::stamp(5), body});
            for (int round = 0; round < 400; ++round) {
                std::string damaged = line;
                for (int change = 0; change <= round % 3; ++change)
                    damaged[random() % damaged.size()] = static_cast<char>(random());
                if (round % 5 == 0)
                    damaged.resize(random() % damaged.size());
                std::ignore = decodeRecord(damaged);
                std::ignore = decodeControl(damaged);
            }
        }
    }

    /// A desktop must read and store 50,000 records a second; reading alone has to be several times faster.
    void readingIsFast()
    {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__)
        QSKIP("says nothing about a build that is not optimised");
#endif
        const std::string line = encode(Record{samples::stamp(5), samples::bodies()[3]});
        constexpr int kRounds = 50000;
        const std::clock_t begin = std::clock(); // CPU time: what else the machine does shall not matter
        for (int round = 0; round < kRounds; ++round)
            QVERIFY(std::holds_alternative<Record>(decodeRecord(line)));
        const double perSecond = kRounds / (double(std::clock() - begin) / CLOCKS_PER_SEC);
        qInfo("%.0f records of %zu bytes read in a second of CPU time", perSecond, line.size());
        QVERIFY2(perSecond > 60000, "reading a record takes too long"); // far below an idle machine's figure
    }
};

QTEST_GUILESS_MAIN(TestCodec)
#include "test_codec.moc"
