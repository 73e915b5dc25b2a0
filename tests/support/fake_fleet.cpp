// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_fleet.h"

#include "core/protocol/version.h"

#include <algorithm>
#include <chrono>

namespace seatrial::tests {

using namespace protocol;

FakeNode::~FakeNode()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_stop = true;
        m_sink.reset();
        m_news.notify_all();
    }
    if (m_thread.joinable())
        m_thread.join();
}

void FakeNode::write(Body body)
{
    // Called with the mutex held.
    Record record;
    record.stamp = {m_journal.size() + 1, 1.0 + 0.001 * static_cast<double>(m_journal.size()), 1.8e9, "11111111-2222-3333-4444-555555555555"};
    record.body = std::move(body);
    m_journal.push_back(encode(record));
    if (m_sink)
        m_sink->bytes(m_journal.back());
}

void FakeNode::say(Body body)
{
    const std::scoped_lock lock(m_mutex);
    write(std::move(body));
}

void FakeNode::control(const std::string &line)
{
    const auto decoded = decodeControl(line);
    const auto *control = std::get_if<Control>(&decoded);
    if (!control)
        return;
    const std::scoped_lock lock(m_mutex);
    if (m_over)
        return;
    if (std::holds_alternative<Open>(*control)) {
        if (m_journal.empty())
            write(Hello{kProtocolVersion, "0.1.0", "fake", name, name, "x86_64", "6.0", "glibc 2.36", behaviour.simulated});
        if (!m_thread.joinable())
            m_thread = std::thread([this] { work(); });
    } else if (const auto *step = std::get_if<StartStep>(control)) {
        if (m_known.insert(step->step).second)
            m_queue.push_back(*step);
    } else if (const auto *cancel = std::get_if<Cancel>(control)) {
        if (cancel->step.empty()) {
            write(Goodbye{Outcome::Cancelled, cancel->reason});
            m_over = true;
            runCancelled = true;
        } else if (const auto queued = std::ranges::find(m_queue, cancel->step, &StartStep::step); queued != m_queue.end()) {
            write(StepFinished{queued->step, queued->check, StepStatus::Abandoned, Waiver::None, cancel->reason, 0});
            m_queue.erase(queued);
        } else {
            m_cancelled.insert(cancel->step);
        }
    } else if (std::holds_alternative<NoMoreSteps>(*control)) {
        m_finish = true;
    }
    m_news.notify_all();
}

void FakeNode::attach(std::uint64_t from, std::shared_ptr<campaign::StreamSink> sink)
{
    const std::scoped_lock lock(m_mutex);
    for (std::size_t i = from - 1; i < m_journal.size(); ++i)
        sink->bytes(m_journal[i]);
    if (m_over)
        sink->ended(0, {});
    else
        m_sink = std::move(sink);
}

void FakeNode::cutConnection(std::size_t keepBytes)
{
    std::shared_ptr<campaign::StreamSink> sink;
    {
        const std::scoped_lock lock(m_mutex);
        sink.swap(m_sink);
    }
    if (!sink)
        return;
    if (keepBytes > 0)
        sink->bytes(std::string("{\"type\":\"measurement\",\"seq\":12345678").substr(0, keepBytes));
    sink->ended(std::unexpected(domain::Failure{domain::Stage::Run, domain::FailureKind::Lost, name + ": connection lost", {}, {}}), {});
}

void FakeNode::endSupervisor(bool letGo)
{
    std::shared_ptr<campaign::StreamSink> sink;
    {
        const std::scoped_lock lock(m_mutex);
        const auto abandon = [&](const char *why) {
            if (m_inWork && m_killed.insert(m_inWork->step).second)
                write(StepFinished{m_inWork->step, m_inWork->check, StepStatus::Abandoned, Waiver::None, why, 0});
        };
        for (const auto &queued : m_queue)
            m_known.erase(queued.step);
        m_queue.clear();
        if (letGo) {
            write(Event{Severity::Info, "supervisor.let_go", {}, {}, "The run was let go and can be taken up again.", {}});
            abandon("let go");
        }
        sink.swap(m_sink);
        write(Event{Severity::Warning, "supervisor.restarted", {}, {}, "The run was taken up again.", {}}); // read by who attaches next
        abandon("the supervisor was killed while this step ran");
        m_news.notify_all();
    }
    if (sink)
        sink->ended(3, {});
}

bool FakeNode::wasToldToEnd(const std::string &step)
{
    const std::scoped_lock lock(m_mutex);
    return m_cancelled.contains(step);
}

bool FakeNode::isAtWork(const std::string &step)
{
    const std::scoped_lock lock(m_mutex);
    return m_inWork && m_inWork->step == step;
}

Parameters FakeNode::parametersOf(const std::string &step)
{
    const std::scoped_lock lock(m_mutex);
    return m_given[step];
}

void FakeNode::work()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        if (!m_news.wait_for(lock, std::chrono::milliseconds(100), [&] { return m_stop || m_over || !m_queue.empty() || m_finish; })) {
            write(Heartbeat{});
            continue;
        }
        if (m_stop)
            return;
        if (m_over) {
            if (const auto sink = m_sink) {
                m_sink.reset();
                lock.unlock();
                sink->ended(0, {});
                lock.lock();
            }
            return;
        }
        if (m_queue.empty()) {
            write(Goodbye{Outcome::Finished, {}});
            m_over = true;
            continue;
        }
        const StartStep step = m_queue.front();
        m_queue.pop_front();
        if (!everStarted.insert(step.step).second)
            ++startedTwice;
        m_given[step.step] = step.parameters;
        write(StepStarted{step.step, step.check, step.parameters});
        m_inWork = step;
        lock.unlock();
        run(step);
        lock.lock();
    }
}

void FakeNode::run(const StartStep &step)
{
    const int now = ++m_fleet->working;
    m_fleet->mostWorking = std::max<int>(m_fleet->mostWorking, now);
    {
        std::unique_lock lock(m_mutex);
        m_news.wait_for(lock, std::chrono::duration<double>(behaviour.stepSeconds), [&] { return m_stop || m_cancelled.contains(step.step) || m_killed.contains(step.step); });
    }
    const bool serving = step.parameters.contains("role") && step.parameters.at("role") == "serve" && !behaviour.ends.contains(step.check);
    if (serving) {
        {
            const std::scoped_lock lock(m_mutex);
            write(Event{Severity::Info, "net.listening", step.step, "node", "listening", {{"port", "1"}, {"token", step.parameters.at("token")}}});
        }
        std::unique_lock lock(m_mutex);
        m_news.wait_for(lock, std::chrono::seconds(5), [&] { return m_stop || m_over || m_cancelled.contains(step.step) || m_killed.contains(step.step) || m_left.contains(step.parameters.at("token")); });
    }
    if (step.parameters.contains("rank") && !behaviour.ends.contains(step.check))
        runRank(step);
    --m_fleet->working;
    finish(step, serving);
    if (step.parameters.contains("peer_name"))
        m_fleet->node(step.parameters.at("peer_name")).partnerLeft(step.parameters.at("token"));
}

void FakeNode::partnerLeft(const std::string &token)
{
    const std::scoped_lock lock(m_mutex);
    m_left.insert(token);
    m_news.notify_all();
}

void FakeNode::finish(const StartStep &step, bool serving)
{
    const std::scoped_lock lock(m_mutex);
    m_inWork.reset();
    if (m_killed.contains(step.step))
        return;
    StepFinished finished{step.step, step.check, StepStatus::Completed, Waiver::None, {}, behaviour.stepSeconds};
    if (const auto it = behaviour.ends.find(step.check); it != behaviour.ends.end()) {
        finished.status = it->second.status;
        finished.waiver = it->second.waiver;
        finished.reason = it->second.reason;
    } else if (!serving && m_cancelled.contains(step.step)) {
        finished.status = StepStatus::Abandoned;
        finished.reason = "cancelled";
    } else if (step.check == "host.memory") {
        write(Measurement{step.step, step.check, "triad", Unit::GigabytesPerSecond, "node", behaviour.bandwidth, 5, {behaviour.bandwidth, behaviour.bandwidth, 0}, {}});
    } else if (step.check == "host.cpu") {
        write(Measurement{step.step, step.check, "burn_rate", Unit::OperationsPerSecond, "node", 2.4e9, 5, {2.4e9, 2.4e9, 0}, {}});
    } else if (step.check == "host.disk") {
        write(Measurement{step.step, step.check, "read", Unit::GigabytesPerSecond, "node", 3.2, 5, {3.2, 3.2, 0}, {}});
    } else if (step.check == "host.health") {
        write(Measurement{step.step, step.check, "cpu_count", Unit::Count, "node", 64, 1, {64, 64, 0}, step.parameters});
    } else if (step.check.starts_with("gpu.") || step.check.starts_with("nic.")) {
        write(Measurement{step.step, step.check, "devices", Unit::Count, "node", 8, 1, {8, 8, 0}, step.parameters}); // some figure, judged by nothing
    } else if (step.check == "net.pair" && !serving) {
        const auto &peer = m_fleet->node(step.parameters.at("peer_name"));
        const double rate = std::min(behaviour.link, peer.behaviour.link);
        for (const auto &subject : {name + "→" + peer.name, peer.name + "→" + name})
            write(Measurement{step.step, step.check, "tcp_throughput", Unit::GigabitsPerSecond, subject, rate, 10, {rate, rate, 0}, {}});
    }
    if (step.parameters.contains("rank") && finished.status == StepStatus::Completed)
        write(Measurement{step.step, step.check, "all_reduce_busbw", Unit::GigabytesPerSecond, "node", 9.5, 100, {9.5, 9.5, 0}, {{"rank", step.parameters.at("rank")}}});
    write(finished);
}

namespace {

class FakeLink : public campaign::NodeLink
{
public:
    explicit FakeLink(FakeNode &node) : m_node(node) { ++m_node.links; }
    ~FakeLink() override { --m_node.links; }
    FakeNode &node() const { return m_node; }

    domain::Result<void> connect(campaign::Questions &questions, const std::atomic<bool> &) override
    {
        if (m_node.behaviour.connectFails > 0) {
            --m_node.behaviour.connectFails;
            return std::unexpected(m_node.behaviour.connectFailure);
        }
        for (const auto &step : m_node.behaviour.survey.way)
            passed(step);
        const bool refused = m_node.behaviour.survey.unknownHostKey
            && questions.ask({domain::NodeId(m_node.name), m_node.name, "ssh-ed25519", "SHA256:abc", "known_hosts"}) == campaign::HostKeyAnswer::Refuse;
        if (refused)
            return std::unexpected(domain::Failure{domain::Stage::HostKey, domain::FailureKind::Refused, m_node.name + ": its host key was not accepted", {}, "compare it"});
        if (const auto &failure = m_node.behaviour.survey.wayFails)
            return std::unexpected(*failure);
        ++m_node.logins;
        return {};
    }
    domain::Result<campaign::CommandOutput> run(const std::string &, std::string_view, double, const std::atomic<bool> &) override { return campaign::CommandOutput{}; }
    domain::Result<void> attach(const std::string &script, std::shared_ptr<campaign::StreamSink> sink) override
    {
        m_node.attachedBy.push_back(script);
        m_node.attach(std::stoull(script), std::move(sink));
        if (m_node.behaviour.breaksAtOnce)
            m_node.cutConnection();
        return {};
    }
    void send(std::string bytes) override { m_node.control(bytes); }
    void close() override {}

private:
    FakeNode &m_node;
};

} // namespace

FakeNode &FakeFleet::add(const std::string &name, FakeBehaviour behaviour)
{
    auto &node = m_nodes[name] = std::make_unique<FakeNode>(name, std::move(behaviour));
    node->m_fleet = this;
    return *node;
}

std::unique_ptr<campaign::NodeLink> FakeFleet::link(const domain::Node &node)
{
    return std::make_unique<FakeLink>(*m_nodes.at(node.id.text()));
}

FakeNode &FakeFleet::nodeOf(campaign::NodeLink &link)
{
    return dynamic_cast<FakeLink &>(link).node();
}

domain::Result<campaign::Probe> FakeFleet::prepare(campaign::NodeLink &link, std::vector<campaign::RecipeStep> &, const std::atomic<bool> &)
{
    campaign::Probe probe;
    if (const auto *fake = dynamic_cast<const FakeLink *>(&link)) // others bring links of their own
        probe = fake->node().behaviour.survey.room.probe;
    probe.base = "/fake";
    probe.deployed = true;
    return probe;
}

std::string FakeFleet::attachCommand(const campaign::Probe &probe, const std::string &, std::uint64_t from, bool afterLoss) const
{
    const auto survival = probe.survival;
    return std::to_string(from) + (afterLoss ? " afterLoss" : "")
        + (survival == campaign::Survival::Dies ? " attached" : survival == campaign::Survival::InScope ? " scope" : "");
}

domain::Result<std::vector<std::string>> FakeFleet::clean(campaign::NodeLink &, const std::atomic<bool> &)
{
    return std::vector<std::string>{};
}

domain::Fleet fleetOf(const std::vector<std::string> &names, bool oneHost)
{
    domain::Fleet fleet;
    fleet.name = "fake";
    fleet.racks.push_back({domain::RackId("R1"), 42});
    domain::SharedResource host{"host", "physical-host", {}};
    for (const auto &name : names) {
        domain::Node node;
        node.id = domain::NodeId(name);
        node.address = name;
        node.rack = domain::RackId("R1");
        node.unit = static_cast<double>(fleet.nodes.size() + 1);
        fleet.nodes.push_back(node);
        host.nodes.push_back(node.id);
    }
    if (oneHost)
        fleet.shared.push_back(host);
    return fleet;
}

} // namespace seatrial::tests
