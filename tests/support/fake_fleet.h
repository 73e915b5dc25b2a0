// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/deployment.h"
#include "core/campaign/node_link.h"
#include "core/protocol/codec.h"
#include "tests/support/fake_surveyor.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace seatrial::tests {

/// What a fake rank of a group does, when all of its group have come together.
struct FakeRank {
    enum Does {
        Works,        ///< ends when all have
        Hangs,        ///< one iteration before the others, and says nothing until it is told to end
        Stands,       ///< in the same iteration as all others
        Dies,         ///< and who watches it says so
        SaysNothing,  ///< from its beginning on
        Alarms,       ///< says that it waits for rank 1, and works
        Claims,       ///< has completed before it began
    };
    Does does = Works;
    int times = 1'000'000; ///< then it works
    double seconds = 0.02; ///< that the group takes
};

/// How a fake node behaves.
struct FakeBehaviour {
    FakeBehaviour() = default;
    FakeBehaviour(const FakeBehaviour &other)
        : connectFailure(other.connectFailure), connectFails(other.connectFails.load()), bandwidth(other.bandwidth), link(other.link), ends(other.ends),
          stepSeconds(other.stepSeconds), breaksAtOnce(other.breaksAtOnce.load()), simulated(other.simulated), survey(other.survey), rank(other.rank)
    {
    }
    domain::Failure connectFailure;      ///< used if connectFails > 0
    std::atomic<int> connectFails = 0;   ///< how many attempts fail before one works; a big number: never
    double bandwidth = 10.0;             ///< GB/s that its memory step answers
    double link = 10.0;                  ///< Gbit/s of its network; a pair has the smaller one of both
    std::map<std::string, protocol::StepFinished> ends; ///< by check: ends so instead of completed
    double stepSeconds = 0.005;
    std::atomic<bool> breaksAtOnce = false; ///< every connection is cut as soon as it is attached
    bool simulated = false;              ///< what its hello says
    FakeSurvey survey;                   ///< what it answers to single questions
    FakeRank rank;                       ///< in steps of groups
};

/// One engine in memory: keeps its journal whatever happens to connections, as the real supervisor does.
class FakeNode
{
public:
    FakeNode(std::string called, FakeBehaviour behaves) : name(std::move(called)), behaviour(std::move(behaves)) {}
    ~FakeNode();

    void control(const std::string &line);
    void attach(std::uint64_t from, std::shared_ptr<campaign::StreamSink> sink);
    void partnerLeft(const std::string &token); ///< who measured with this node is done
    void cutConnection(std::size_t keepBytes = 0); ///< ends the stream, delivering only part of what was pending
    void say(protocol::Body body); ///< into its journal
    /// Its supervisor ends, and with it what it has in work and in its queue; the next one takes the journal up. With
    /// @p letGo it says before that it lets the run go.
    void endSupervisor(bool letGo = false);
    bool wasToldToEnd(const std::string &step);
    bool isAtWork(const std::string &step);
    protocol::Parameters parametersOf(const std::string &step); ///< as it began
    std::atomic<bool> runCancelled = false; ///< it was told to end the run

    const std::string name;
    FakeBehaviour behaviour;
    std::set<std::string> everStarted;
    int startedTwice = 0;                ///< steps executed more than once: must stay 0
    std::atomic<int> links = 0;          ///< that lead here now
    std::atomic<int> logins = 0;         ///< that there were
    std::vector<std::string> attachedBy; ///< the command of each attach
    std::atomic<int> exclusiveNow = 0;

private:
    void work();
    void write(protocol::Body body);
    void run(const protocol::StartStep &step);
    void finish(const protocol::StartStep &step, bool serving);
    void runRank(const protocol::StartStep &step);
    bool waits(const protocol::StartStep &step, double seconds, const std::function<bool()> &until);
    bool isOver(const protocol::StartStep &step);

    std::mutex m_mutex;
    std::condition_variable m_news;
    std::deque<protocol::StartStep> m_queue;
    std::set<std::string> m_known;
    std::set<std::string> m_cancelled;
    std::set<std::string> m_left;
    std::set<std::string> m_killed;
    std::map<std::string, protocol::Parameters> m_given;
    std::optional<protocol::StartStep> m_inWork;
    std::vector<std::string> m_journal;
    std::shared_ptr<campaign::StreamSink> m_sink;
    bool m_finish = false;
    bool m_over = false;
    bool m_stop = false;
    std::thread m_thread;

    friend class FakeFleet;
    class FakeFleet *m_fleet = nullptr;
};

/// Links to fake nodes, and a deployer that finds the engine everywhere.
class FakeFleet : public campaign::LinkFactory, public campaign::Deployer
{
public:
    FakeNode &add(const std::string &name, FakeBehaviour behaviour = {});
    FakeNode &node(const std::string &name) { return *m_nodes.at(name); }

    std::unique_ptr<campaign::NodeLink> link(const domain::Node &node) override;
    domain::Result<campaign::Probe> prepare(campaign::NodeLink &link, std::vector<campaign::RecipeStep> &steps, const std::atomic<bool> &cancelled) override;
    /// "FROM", then " afterLoss", and " attached" or " scope" where the probe says that detached processes die.
    std::string attachCommand(const campaign::Probe &probe, const std::string &token, std::uint64_t from, bool afterLoss) const override;
    campaign::Surveyor &surveyor() override { return m_surveyor; }
    /// The node that a link of this fleet leads to.
    static FakeNode &nodeOf(campaign::NodeLink &link);
    domain::Result<std::vector<std::string>> clean(campaign::NodeLink &link, const std::atomic<bool> &cancelled) override;

    /// Ranks of one group, by its token, that have come to a place: 0 together, 1 to its end.
    void rankAt(const std::string &token, int place);
    int ranksAt(const std::string &token, int place);

    /// Most nodes that were at work at the same time.
    std::atomic<int> working = 0;
    std::atomic<int> mostWorking = 0;

private:
    std::map<std::string, std::unique_ptr<FakeNode>> m_nodes;
    FakeSurveyor m_surveyor;
    std::mutex m_mutex;
    std::map<std::pair<std::string, int>, int> m_ranksAt;
};

/// A fleet value with the nodes of @p names in one rack; all share one host if @p oneHost.
domain::Fleet fleetOf(const std::vector<std::string> &names, bool oneHost);

} // namespace seatrial::tests
