// SPDX-License-Identifier: GPL-3.0-or-later
// host.collective beside net.pair, one after the other over the loopback of this machine: two ranks, so that both move the
// same bytes over one connection each way.
#include "engine/checks/net/net_pair.h"
#include "tests/engine/collective/group.h"

#include <cstdio>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

/// Gbit/s of one direction, by @p streams connections.
double pairSpeed(int streams)
{
    Collector serving, measuring;
    std::promise<std::string> told;
    auto port = told.get_future();
    serving.onEvent = [&](const protocol::Event &event) {
        if (event.code == "net.listening")
            told.set_value(event.parameters.at("port"));
    };
    const auto context = contextFor(serving, {{"role", "serve"}, {"token", kGroupToken}, {"bind", "127.0.0.1"}});
    std::jthread server([&] { NetPair().run(context); });
    NetPair().run(contextFor(measuring, {{"role", "measure"}, {"peer", "127.0.0.1"}, {"port", port.get()}, {"token", kGroupToken},
                                         {"self", "a"}, {"peer_name", "b"}, {"seconds", "2"}, {"streams", std::to_string(streams)}}));
    return measuring.value("tcp_throughput", "a→b").value_or(0);
}

} // namespace

int main()
{
    if (!hasGloo()) {
        std::printf("built without Gloo\n");
        return 0;
    }
    const double one = pairSpeed(1);
    std::printf("net.pair, one stream one way: %.1f Gbit/s\n", one);
    Group group(2, {{"bytes", "8388608"}, {"seconds", "2"}});
    for (auto &rank : group.ranks) {
        const auto result = rank->result();
        if (result.status != protocol::StepStatus::Completed) {
            std::printf("%s\n", result.reason.c_str());
            return 1;
        }
    }
    for (const auto &figure : group[0].collector.all<protocol::Measurement>()) {
        if (figure.metric.ends_with("_busbw"))
            std::printf("%-22s of 8 MiB: %6.2f GB/s, %.2f of net.pair\n", figure.metric.c_str(), figure.value, figure.value * 8 / one);
    }
    std::printf("net.pair again: %.1f Gbit/s\n", pairSpeed(1));
}
