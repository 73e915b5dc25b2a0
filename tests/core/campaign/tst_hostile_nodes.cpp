// SPDX-License-Identifier: GPL-3.0-or-later
// A node that lies: memory and disk stay bounded, it is named, and the others are measured as if it were not there.
#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/campaign.h"
#include "core/protocol/version.h"
#include "core/report/verdict_writer.h"
#include "tests/support/fake_fleet.h"
#include "tests/support/peak_memory.h"
#endif

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <limits>

using namespace seatrial;
using namespace seatrial::campaign;
using namespace seatrial::protocol;
using domain::NodeId;
using domain::Verdict;

namespace {

constexpr const char *kPlan = R"(version: 1
name: test
title: Test
description: A plan for the tests
steps:
  - { id: memory, check: host.memory, title: Memory, need: required, scope: node, deadline: 4, expected: 1 }
)";

/// A deadline of four seconds and two more are as good as minutes.
constexpr Patience kLittle{.beyondDeadline = std::chrono::seconds(2), .lost = std::chrono::seconds(5), .goodbye = std::chrono::seconds(2), .lossesInARow = 3};

constexpr const char *kCriteria = R"(version: 1
name: test
revision: "1"
criteria:
  - { check: host.memory, metric: triad, subject: node, kind: absolute, direction: at least, marginal: 8, failed: 5, unit: GB/s, source: "test" }
)";

/// What a hostile node says goes through this; it waits as flow control makes a real one wait.
class Mouth
{
public:
    Mouth(std::shared_ptr<StreamSink> sink, const std::atomic<bool> &closed) : m_sink(std::move(sink)), m_closed(closed) {}

    bool open() const { return !m_closed; }
    void raw(std::string_view bytes)
    {
        while (m_sink->full() && open())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (open())
            m_sink->bytes(bytes);
        sent += bytes.size();
    }
    void say(Body body) { say(++sequence, std::move(body)); }
    void say(std::uint64_t number, Body body)
    {
        Record record{{number, 1.0 + static_cast<double>(number), wall, "boot"}, std::move(body)};
        raw(encode(record));
    }
    void hello() { say(Hello{kProtocolVersion, "0.1.0", "run", "evil", "evil", "x86_64", "6.1", "glibc 2.36", false}); }
    /// As a healthy node would: the step ordered is done.
    void behave()
    {
        say(StepStarted{"memory#1", "host.memory", {}});
        say(Measurement{"memory#1", "host.memory", "triad", Unit::GigabytesPerSecond, "node", 10, 5, {10, 10, 0}, {}});
        say(StepFinished{"memory#1", "host.memory", StepStatus::Completed, Waiver::None, {}, 1});
    }

    /// What was attached ends so when the speech is over; the desktop attaches again.
    void hangUp(int status) { hungUp = status; }

    std::optional<int> hungUp;
    std::uint64_t sequence = 0;
    double wall = 1.7e9;
    std::uint64_t sent = 0;

private:
    const std::shared_ptr<StreamSink> m_sink;
    const std::atomic<bool> &m_closed;
};

using Speech = std::function<void(Mouth &)>;

class HostileLink : public NodeLink
{
public:
    explicit HostileLink(Speech speech) : m_speech(std::move(speech)) {}
    ~HostileLink() override
    {
        m_closed = true;
        if (m_thread.joinable())
            m_thread.join();
    }

    domain::Result<void> connect(Questions &, const std::atomic<bool> &) override { return {}; }
    domain::Result<CommandOutput> run(const std::string &, std::string_view, double, const std::atomic<bool> &) override { return CommandOutput{}; }
    domain::Result<void> attach(const std::string &, std::shared_ptr<StreamSink> sink) override
    {
        m_thread = std::thread([this, sink] {
            Mouth mouth(sink, m_closed);
            m_speech(mouth);
            if (mouth.hungUp)
                return sink->ended(*mouth.hungUp, {});
            while (mouth.open())
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            sink->ended(std::unexpected(domain::Failure{domain::Stage::Run, domain::FailureKind::Lost, "closed", {}, {}}), {});
        });
        return {};
    }
    void send(std::string control) override
    {
        if (control.contains("\"cancel\"")) // it hangs up on who ends it
            m_closed = true;
    }
    void close() override { m_closed = true; }

private:
    const Speech m_speech;
    std::atomic<bool> m_closed = false;
    std::thread m_thread;
};

class MixedFleet : public LinkFactory, public Deployer
{
public:
    explicit MixedFleet(Speech speech) : m_speech(std::move(speech)) {}
    std::unique_ptr<NodeLink> link(const domain::Node &node) override
    {
        if (node.id.text() == "evil")
            return std::make_unique<HostileLink>(m_speech);
        return good.link(node);
    }
    domain::Result<Probe> prepare(NodeLink &link, std::vector<RecipeStep> &steps, const std::atomic<bool> &cancelled) override
    {
        if (!dynamic_cast<HostileLink *>(&link))
            return good.prepare(link, steps, cancelled);
        Probe probe;
        probe.base = "/evil";
        probe.deployed = true;
        return probe;
    }
    std::string attachCommand(const Probe &probe, const std::string &token, std::uint64_t from, bool afterLoss) const override
    {
        return good.attachCommand(probe, token, from, afterLoss);
    }
    domain::Result<std::vector<std::string>> clean(NodeLink &link, const std::atomic<bool> &cancelled) override { return good.clean(link, cancelled); }
    Surveyor &surveyor() override { return good.surveyor(); }
    tests::FakeFleet good;

private:
    const Speech m_speech;
};

class Quiet : public Questions, public Observer
{
public:
    HostKeyAnswer ask(const HostKeyQuestion &) override { return HostKeyAnswer::Refuse; }
    std::optional<SecretAnswer> askSecret(const SecretQuestion &) override { return std::nullopt; }
    void published(std::shared_ptr<const Snapshot> snapshot) override
    {
        const std::scoped_lock lock(m_mutex);
        m_last = std::move(snapshot); // as a window does, until it is given the next one
    }
    void said(const LogLine &line) override
    {
        const std::scoped_lock lock(m_mutex);
        if (std::ranges::find(line.nodes, NodeId("evil")) != line.nodes.end())
            lines.push_back(line.text);
    }
    std::vector<std::string> lines; ///< about the hostile node
    bool heard(const char *words)
    {
        const std::scoped_lock lock(m_mutex);
        return std::ranges::any_of(lines, [&](const std::string &line) { return line.contains(words); });
    }

private:
    std::mutex m_mutex;
    std::shared_ptr<const Snapshot> m_last;
};

/// As many as a record may have.
Parameters manyParameters()
{
    Parameters parameters;
    for (int i = 0; i < 64; ++i)
        parameters["p" + std::to_string(i)] = "1";
    return parameters;
}

double residentMegabytes()
{
    std::ifstream statm("/proc/self/statm");
    double all = 0;
    double resident = 0;
    statm >> all >> resident;
    return resident * 4096 / 1e6;
}

} // namespace

Q_DECLARE_METATYPE(Speech)

class HostileNodesTest : public QObject
{
    Q_OBJECT

private slots:
    void theOthersAreUnharmed_data();
    void theOthersAreUnharmed();
    void itIsNotBelievedAfterContinue();
    void nothingCountsAfterAGoodbye();
};

void HostileNodesTest::theOthersAreUnharmed_data()
{
    constexpr const char *kNotListened = "not listened to any more";
    QTest::addColumn<Speech>("speech");
    QTest::addColumn<bool>("believed");  // it did what it was asked, whatever else it said
    QTest::addColumn<QString>("finding"); // in the log or in the verdict
    const auto row = [](const char *name, bool believed, const char *finding, Speech speech) { QTest::newRow(name) << speech << believed << QString::fromUtf8(finding); };

    row("a flood of records", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        while (mouth.open())
            mouth.say(Measurement{"memory#1", "host.memory", "triad", Unit::GigabytesPerSecond, "node", 10, 1, {}, {}});
    });
    row("a million subjects", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        for (int i = 0; i < 1'000'000 && mouth.open(); ++i)
            mouth.say(Measurement{"memory#1", "host.memory", "triad", Unit::GigabytesPerSecond, "subject/" + std::to_string(i), 10, 1, {}, {}});
    });
    row("figures with many parameters", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        for (int i = 0; i < 1'000'000 && mouth.open(); ++i)
            mouth.say(Measurement{"memory#1", "host.memory", "triad", Unit::GigabytesPerSecond, "subject/" + std::to_string(i), 10, 1, {}, manyParameters()});
    });
    row("a million results", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        for (int i = 0; i < 1'000'000 && mouth.open(); ++i)
            mouth.say(StepFinished{"memory#" + std::to_string(i), "host.memory", StepStatus::Failed, Waiver::None, "because", 1});
    });
    row("a million parts", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        for (int i = 0; i < 1'000'000 && mouth.open(); ++i)
            mouth.say(Part{"disk", "disk/" + std::to_string(i), "serial " + std::to_string(i), "model", "1.0", {}});
    });
    row("large records", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        while (mouth.open())
            mouth.say(Event{Severity::Info, "x", {}, "node", std::string(1000, 'x'), {{"a", std::string(4000, 'y')}}});
    });
    row("a flood of heartbeats", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        while (mouth.open())
            mouth.say(Heartbeat{std::string(200, 'h')});
    });
    row("a flood of warnings", false, "further ones are in its stream only", [](Mouth &mouth) {
        mouth.hello();
        for (int i = 0; i < 5'000 && mouth.open(); ++i)
            mouth.say(Event{Severity::Warning, "kernel.mce", {}, "node", "warning " + std::to_string(i), {}});
    });
    row("a line of a gigabyte", false, "without the end of a line", [](Mouth &mouth) {
        mouth.hello();
        const std::string piece(1'000'000, 'a');
        for (int i = 0; i < 1000 && mouth.open(); ++i)
            mouth.raw(piece);
        mouth.raw("\n");
    });
    row("rubbish", false, kNotListened, [](Mouth &mouth) {
        mouth.hello();
        while (mouth.open())
            mouth.raw("\xff\xfe\x1b[31mred\x1b[0m <script>alert(1)</script>\n");
    });
    row("a journal that rewrites itself", false, "its journal was rewritten", [](Mouth &mouth) {
        mouth.hello();
        mouth.behave();
        mouth.say(2, Measurement{"memory#1", "host.memory", "triad", Unit::GigabytesPerSecond, "node", 99, 5, {99, 99, 0}, {}});
    });
    row("numbers at the end of the world", false, "could not be read", [](Mouth &mouth) {
        mouth.hello();
        mouth.say(StepStarted{"memory#1", "host.memory", {}});
        mouth.say(Measurement{"memory#1", "host.memory", "triad", Unit::GigabytesPerSecond, "node", 10, std::numeric_limits<std::uint32_t>::max(), {-1e308, 1e308, 1e308}, {}});
        mouth.say(std::numeric_limits<std::uint64_t>::max() - 1, StepFinished{"memory#1", "host.memory", StepStatus::Completed, Waiver::None, {}, -5e200});
    });
    row("a clock before all time", true, "", [](Mouth &mouth) {
        mouth.wall = -1e300;
        mouth.hello();
        mouth.behave();
    });
    row("a clock at the end of time", true, "", [](Mouth &mouth) {
        mouth.wall = 1e300;
        mouth.hello();
        mouth.behave();
    });
    row("texts that are markup and escapes", true, "", [](Mouth &mouth) {
        mouth.hello();
        mouth.say(Event{Severity::Error, "x", {}, "<img src=x onerror=alert(1)>", "<b>bold</b> \x1b]0;title\x07 \x1b[2J \xe2\x80\xae reversed", {}});
        mouth.say(Part{"gpu", "</td><script>", "\x1b[31m", "a,b\"c", "=cmd|' /C calc'!A0", {{"<k>", "\x1b[0m"}}});
        mouth.behave();
    });
    row("results of steps that nobody ordered", true, "", [](Mouth &mouth) {
        mouth.hello();
        mouth.say(StepFinished{"network@n1#1", "net.pair", StepStatus::Completed, Waiver::None, {}, 1});
        mouth.say(StepFinished{std::string(300, '#'), "net.pair", StepStatus::Completed, Waiver::None, {}, 1});
        mouth.behave();
    });
    row("it greets, and is silent", false, "deadline has passed", [](Mouth &mouth) { mouth.hello(); });
    row("its step begins again and again", false, "deadline has passed", [](Mouth &mouth) {
        mouth.hello();
        while (mouth.open()) {
            mouth.say(StepStarted{"memory#1", "host.memory", {}});
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    });
    row("steps that nobody ordered end again and again", false, "deadline has passed", [](Mouth &mouth) {
        mouth.hello();
        for (int attempt = 2; mouth.open(); ++attempt) {
            mouth.say(StepStarted{"network@n1#" + std::to_string(attempt), "net.pair", {}});
            mouth.say(StepFinished{"network@n1#" + std::to_string(attempt), "net.pair", StepStatus::Completed, Waiver::None, {}, 1});
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    });
    row("its step begins, and the connection breaks, again and again", false, "ended with status 4", [last = std::make_shared<std::uint64_t>(0)](Mouth &mouth) {
        mouth.sequence = *last;
        if (mouth.sequence == 0)
            mouth.hello();
        mouth.say(StepStarted{"memory#1", "host.memory", {}});
        *last = mouth.sequence;
        mouth.hangUp(4);
    });
}

void HostileNodesTest::theOthersAreUnharmed()
{
    QFETCH(Speech, speech);
    QFETCH(bool, believed);
    QFETCH(QString, finding);
    tests::forgetPeakMemory();
    QTemporaryDir folder;
    MixedFleet fleet(speech);
    fleet.good.add("n1");
    fleet.good.add("n2");
    Quiet outside;
    auto store = std::move(*store::openSqliteStore((folder.path() + "/s.db").toStdString()));
    Terms terms;
    terms.plan = *domain::parsePlan(kPlan, "plan.yaml");
    terms.criteria = *analysis::parseCriteria(kCriteria, "criteria.yaml");
    terms.fleet = tests::fleetOf({"n1", "evil", "n2"}, false);
    terms.nodes = {NodeId("n1"), NodeId("evil"), NodeId("n2")};
    if (!finding.contains("listened")) // 200,000 records may take a slow machine longer
        terms.patience = kLittle;

    const double memoryBefore = residentMegabytes();
    auto run = Campaign::begin({fleet, fleet, outside, *store, outside}, std::move(terms));
    QVERIFY(run);
    QTRY_VERIFY_WITH_TIMEOUT((*run)->finished(), 100'000); // nobody needs to lose patience with it but the run itself
    const auto last = (*run)->wait();
    const double memory = tests::peakMegabytes() - memoryBefore;

    for (const auto &node : last->verdict->nodes) {
        if (node.node.text() == "evil")
            QCOMPARE(node.verdict == Verdict::Qualified, believed);
        else
            QCOMPARE(node.verdict, Verdict::Qualified);
    }
    const std::string text = report::writeVerdict(last->data->info, *last->verdict, report::Format::Text);
    if (!finding.isEmpty()) {
        const auto has = [&](const std::string &line) { return QString::fromStdString(line).contains(finding); };
        QVERIFY2(std::ranges::any_of(outside.lines, has) || has(text), text.c_str());
    }
    QVERIFY2(!text.contains('\x1b') && !text.contains('\x07'), "an escape sequence got through");
    QVERIFY2(outside.lines.size() < 300, "the log was flooded");
    // The peak: up to 203 MB when this was written.
    qInfo("memory grew by %.0f MB at its peak", memory);
    QVERIFY2(!tests::kMemoryIsOurs || memory < 250, qPrintable(QString("memory grew by %1 MB").arg(memory)));
    (*run).reset();
    QVERIFY(store->flush());
    const auto stored = store->runData(last->verdict->run);
    QVERIFY(stored);
    qint64 bytes = 0;
    for (const auto &file : QDir(folder.path()).entryInfoList(QDir::Files))
        bytes += file.size();
    QVERIFY2(bytes < 200'000'000, qPrintable(QString("the store has %1 MB").arg(bytes / 1'000'000)));
}

namespace {

/// The hostile node among two good ones.
struct Among {
    explicit Among(Speech speech, double stepSeconds) : fleet(std::move(speech)), store(std::move(*store::openSqliteStore((folder.path() + "/s.db").toStdString())))
    {
        for (const char *name : {"n1", "n2"})
            fleet.good.add(name).behaviour.stepSeconds = stepSeconds;
    }
    Worlds worlds() { return {fleet, fleet.good, outside, *store, outside}; }
    static analysis::Criteria criteria() { return *analysis::parseCriteria(kCriteria, "criteria.yaml"); }
    static Terms terms()
    {
        Terms terms;
        terms.plan = *domain::parsePlan(kPlan, "plan.yaml");
        terms.criteria = criteria();
        terms.fleet = tests::fleetOf({"n1", "evil", "n2"}, false);
        terms.nodes = {NodeId("n1"), NodeId("evil"), NodeId("n2")};
        return terms;
    }
    bool heard(const char *words) { return outside.heard(words); }

    QTemporaryDir folder;
    MixedFleet fleet;
    Quiet outside;
    std::unique_ptr<store::Store> store;
};

} // namespace

void HostileNodesTest::itIsNotBelievedAfterContinue()
{
    const auto life = std::make_shared<std::atomic<int>>(0);
    Among among([life](Mouth &mouth) {
        if (++*life > 1) { // now it behaves, and says goodbye as one should
            mouth.sequence = 100;
            mouth.say(Heartbeat{});
            return mouth.say(Goodbye{Outcome::Finished, {}});
        }
        mouth.hello();
        mouth.behave();
        mouth.say(2, Heartbeat{});
    }, 1);
    domain::RunId id;
    {
        auto run = Campaign::begin(among.worlds(), Among::terms());
        QVERIFY(run);
        id = (*run)->run();
        QTRY_VERIFY_WITH_TIMEOUT(among.heard("its journal was rewritten"), 10000);
        (*run)->detach();
        QVERIFY((*run)->wait()->data->info.state == domain::RunState::Interrupted);
    }
    auto again = Campaign::resume(among.worlds(), id, Among::criteria(), {});
    QVERIFY(again);
    const auto last = (*again)->wait();
    QCOMPARE(last->verdict->find(NodeId("evil"))->verdict, Verdict::Unknown);
    QCOMPARE(last->verdict->count(Verdict::Qualified), 2);
    QCOMPARE(life->load(), 1); // nobody asked it again
}

void HostileNodesTest::nothingCountsAfterAGoodbye()
{
    Among among([](Mouth &mouth) {
        mouth.hello();
        mouth.behave();
        std::string both;
        for (Body body : {Body(Goodbye{Outcome::Finished, {}}), Body(StepStarted{"memory#1", "host.memory", {}})})
            both += encode(Record{{++mouth.sequence, 1.0 + static_cast<double>(mouth.sequence), mouth.wall, "boot"}, body});
        mouth.raw(both);
    }, 0.01);
    auto run = Campaign::begin(among.worlds(), Among::terms());
    QVERIFY(run);
    QElapsedTimer patience;
    patience.start();
    while (!(*run)->finished() && patience.elapsed() < 10'000)
        QTest::qWait(20);
    if (!(*run)->finished())
        (*run)->cancel("the test has waited long enough");
    const auto last = (*run)->wait();
    QVERIFY(last->data->info.state == domain::RunState::Finished);
    QCOMPARE(last->nodes.at(1).phase, NodePhase::Done);
}

QTEST_GUILESS_MAIN(HostileNodesTest)
#include "tst_hostile_nodes.moc"
