// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/net/net_pair.h"

#include "engine/checks/net/pair_client.h"
#include "engine/checks/net/pair_protocol.h"
#include "engine/checks/net/pair_server.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <optional>

#include <sys/random.h>

namespace seatrial::engine {

namespace {

using protocol::Severity;
using protocol::Unit;

bool isToken(const std::string &token)
{
    return token.size() >= 8 && token.size() <= 128 && token.find_first_not_of("0123456789abcdefABCDEF") == token.npos;
}

std::string makeToken()
{
    std::uint64_t random[2] = {};
    if (getrandom(random, sizeof random, 0) != ssize_t(sizeof random))
        return {};
    return hexText(random[0]) + hexText(random[1]);
}

constexpr const char *badToken = "parameter token must be 8 to 128 hexadecimal digits";

struct Direction {
    std::string from;
    std::string to;

    std::string subject() const { return from + "→" + to; }
};

/// Empty unless the session must end here.
std::optional<CheckResult> ended(const PairClient::Throughput &result, const Direction &direction, const Reporter &reporter)
{
    if (!result.corrupt.empty()) {
        const auto text = "data from " + direction.from + " to " + direction.to + " arrived damaged: " + result.corrupt;
        reporter.event(Severity::Error, "net.corrupt", direction.subject(), text + ".");
        return CheckResult::failed(text);
    }
    if (!result.problem.empty())
        return CheckResult::error(direction.subject() + ": " + result.problem);
    return std::nullopt;
}

void reportThroughput(const Reporter &reporter, const Direction &direction, const PairClient::Throughput &result, const TransferPlan &plan)
{
    const auto samples = gigabitsPerSecond(result.slices);
    protocol::Parameters parameters{{"streams", std::to_string(plan.streams)},
                                    {"seconds", numberText(plan.seconds)},
                                    {"slice_ms", numberText(SliceCounter::sliceSeconds * 1000)},
                                    {"warmup_ms", numberText(SliceCounter::sliceSeconds * 1000 * double(SliceCounter::warmupSlices))},
                                    {"block_bytes", std::to_string(transferBlockBytes)},
                                    {"counted", "payload received"},
                                    {"verified", "yes"},
                                    {"stopped_by", "time"},
                                    {"mean_gigabits_per_second", numberText(samples.mean())},
                                    {"segment_bytes", std::to_string(result.tcp.segmentBytes)},
                                    {"congestion_control", printable(result.tcp.congestionControl)}};
    reporter.read("tcp_retransmits", Unit::Count, direction.subject(), double(result.retransmits), parameters);
    reporter.measured("tcp_throughput", Unit::GigabitsPerSecond, direction.subject(), samples, std::move(parameters));
}

TransferPlan readTransfer(Options &options)
{
    return {unsigned(options.integer("streams", 4, 1, pair::mostStreams)), options.number("seconds", 2, 0.5, pair::longestTransfer)};
}

} // namespace

std::vector<std::string> NetPair::parameterHelp() const
{
    return {"role=serve|measure", "token=(hexadecimal, the same on both sides; serve makes one if none is given)",
            "serve: bind=(address to listen on, all if empty)", "serve: sessions=1 (how many to serve before it ends)",
            "measure: peer=(address of the other node)", "measure: port=(the one that serve told)",
            "measure: self=, peer_name= (names of the two nodes)", "measure: seconds=2 (per direction, s)",
            "measure: streams=4 (TCP connections at once)"};
}

/// Of what a plan may say; the rest is given by the schedule.
std::string NetPair::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readTransfer(options);
    return options.problem();
}

CheckResult NetPair::load(const CheckContext &context) const
{
    const auto role = Options(context.parameters).text("role");
    if (role == "serve")
        return serve(context);
    if (role == "measure")
        return measure(context);
    return CheckResult::error("parameter role is \"" + printable(role.substr(0, 40)) + "\": expected serve or measure");
}

CheckResult NetPair::serve(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto sessions = unsigned(options.integer("sessions", 1, 1, 100'000));
    const auto bind = options.text("bind");
    auto token = options.text("token");
    if (token.empty())
        token = makeToken();
    if (options.bad() || !isToken(token))
        return CheckResult::error(options.bad() ? options.problem() : badToken);

    auto listener = Socket::listenOn(bind);
    if (!listener.isOpen())
        return CheckResult::error("cannot listen on " + (bind.empty() ? "any address" : printable(bind)) + ": " + listener.problem());
    const auto port = std::to_string(listener.localPort());
    const Reporter reporter(context, id());
    reporter.event(Severity::Info, "net.listening", "node", "Waits for the other node of a pair on TCP port " + port + ".",
                   {{"port", port}, {"token", token}, {"bind", bind}});

    const double patienceSeconds = std::max(1.0, context.deadlineSeconds - 0.5); // to speak before the supervisor ends us
    PairServer server(std::move(listener), token, m_faulty);
    const auto outcome = server.serve(sessions, {Deadline::after(patienceSeconds), context.stop});
    reporter.event(outcome.rejected > 0 || outcome.broken > 0 ? Severity::Warning : Severity::Info, "net.served", "node",
                   "Served " + std::to_string(outcome.sessions) + " sessions; " + std::to_string(outcome.broken) + " broke off, "
                       + std::to_string(outcome.rejected) + " connections were turned away.",
                   {{"sessions", std::to_string(outcome.sessions)},
                    {"broken", std::to_string(outcome.broken)},
                    {"rejected", std::to_string(outcome.rejected)}});
    if (!outcome.corrupt.empty())
        return CheckResult::failed("data arrived here damaged: " + outcome.corrupt);
    if (outcome.sessions >= sessions)
        return CheckResult::completed();
    if (stopRequested(context.stop))
        return stoppedEarly();
    return CheckResult::error("of " + std::to_string(sessions) + " sessions only " + std::to_string(outcome.sessions)
                              + " came and ended within " + numberText(patienceSeconds) + " s on TCP port " + port);
}

CheckResult NetPair::measure(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto peer = options.needed("peer");
    const auto port = options.integer("port", 0, 1, 65535);
    const auto token = options.needed("token");
    const auto self = options.needed("self");
    const auto peerName = options.needed("peer_name");
    const auto plan = readTransfer(options);
    if (options.bad())
        return CheckResult::error(options.problem());
    if (port == 0)
        return CheckResult::error("parameter port is missing");
    if (!isToken(token))
        return CheckResult::error(badToken);

    const Direction there{self, peerName}, back{peerName, self};
    PairClient client({peer, std::uint16_t(port), token}, m_faulty, context.stop);
    const auto error = [&](const std::string &problem) {
        return stopRequested(context.stop) ? stoppedEarly() : CheckResult::error(there.subject() + ": " + problem);
    };
    if (const auto problem = client.open(); !problem.empty())
        return error(problem);
    Reporter reporter(context, id());
    reporter.share("peer_address", printable(peer));

    const auto latency = client.ping(2000, 0.5);
    if (!latency.problem.empty())
        return error(latency.problem);
    const auto sent = client.sendThere(plan);
    if (stopRequested(context.stop))
        return stoppedEarly();
    if (const auto end = ended(sent, there, reporter))
        return *end;
    const auto received = client.sendBack(plan);
    if (stopRequested(context.stop))
        return stoppedEarly();
    if (const auto end = ended(received, back, reporter))
        return *end;
    client.end();

    reporter.measured("tcp_latency", Unit::Microseconds, there.subject(), latency.microseconds,
                      {{"of", "round trip"},
                       {"message_bytes", std::to_string(pair::pingBytes)},
                       {"p99", numberText(latency.microseconds.percentile(99))},
                       {"count", std::to_string(latency.microseconds.size())}});
    reportThroughput(reporter, there, sent, plan);
    reportThroughput(reporter, back, received, plan);
    return CheckResult::completed();
}

} // namespace seatrial::engine
