// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/simulated_device.h"

#include <algorithm>
#include <tuple>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace seatrial::engine::simulate {

namespace {

constexpr double stepSeconds = 0.25; ///< so often a long piece of work looks at heat and faults

constexpr std::uint32_t fallenOffTheBus = 79, recoveryAction = 154, containedError = 94, rowRemap = 63;

/// As the driver says it, for those who read the kernel log; in the time of this computer, as all that is logged here.
void report(const Node &node, NodeState &shared, const EventState &event)
{
    SharedState::happened(shared, event.gpu, event.xid, event.seconds);
    if (node.kernelLog.empty())
        return;
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const std::string line = "3," + std::to_string(1000 + shared.events) + ',' + std::to_string(now.tv_sec * 1'000'000LL + now.tv_nsec / 1000) + ",-;NVRM: "
        + xidText(node.model, event) + '\n';
    const int log = ::open(node.kernelLog.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log < 0)
        return;
    std::ignore = ::write(log, line.data(), line.size());
    ::close(log);
}

/// Lets a GPU fall off the bus if its time has come. Whether it is lost now.
bool isLost(const Node &node, NodeState &shared, int gpu, double now)
{
    GpuState &state = shared.gpus[std::size_t(gpu)];
    const Fault *fault = node.model.profile().fault(FaultKind::Xid79, gpu);
    if (!state.lost && fault && state.loadSeconds >= fault->value) {
        state.lost = 1;
        state.loadEnds = now;
        report(node, shared, {gpu, fallenOffTheBus, now});
        report(node, shared, {gpu, recoveryAction, now});
    }
    return state.lost;
}

/// What an ECC storm does beside counting: at first a row is remapped, which waits for a reset, then errors go unanswered.
void countErrors(const Node &node, NodeState &shared, int gpu, double before, double now)
{
    const Fault *fault = node.model.profile().fault(FaultKind::EccStorm, gpu);
    const double seconds = shared.gpus[std::size_t(gpu)].loadSeconds;
    if (!fault)
        return;
    for (int error = uncorrectedErrors(before); error < uncorrectedErrors(seconds); ++error) {
        report(node, shared, {gpu, containedError, now});
        if (error == 0)
            report(node, shared, {gpu, rowRemap, now});
    }
}

} // namespace

std::string xidText(const Model &model, const EventState &event)
{
    const std::string address = model.profile().gpuAddress(event.gpu);
    const std::string head = "Xid (PCI:" + address.substr(0, address.size() - 2) + "): " + std::to_string(event.xid) + ", ";
    switch (event.xid) {
    case fallenOffTheBus: return head + "pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";
    case recoveryAction: return head + "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)";
    case rowRemap: return head + "pid='<unknown>', name=<unknown>, Row Remapper: New row marked for remapping, reset gpu to activate.";
    case containedError: return head + "pid='<unknown>', name=<unknown>, Contained: FB (0x1,0x0). RST: No, D-RST: No";
    default: return head + "simulated";
    }
}

int uncorrectedErrors(double loadSeconds)
{
    return int(loadSeconds / 20);
}

DeviceProblem lostProblem(int gpu)
{
    return {DeviceTrouble::Lost, "GPU " + std::to_string(gpu) + " is lost: it has fallen off the bus (simulated)"};
}

Outcome<double> labour(Node &node, const std::vector<int> &gpus, Load load, double seconds)
{
    double taken = 0, left = seconds;
    const double first = node.clock.now();
    {
        SharedState::Access state(node.state);
        const auto operation = state->gpus[std::size_t(gpus.front())].operations++;
        left *= node.model.noise(gpus.front(), operation);
        for (const int gpu : gpus) {
            if (isLost(node, *state, gpu, first))
                return lostProblem(gpu);
        }
    }
    do {
        double stretch = 1;
        const double begun = node.clock.now();
        double step = 0;
        {
            SharedState::Access state(node.state);
            for (const int gpu : gpus) {
                GpuState &each = state->gpus[std::size_t(gpu)];
                node.model.pass(gpu, each, Load::Idle, begun); // it had nothing to do since
                stretch = std::max(stretch, node.model.stretch(gpu, each, load));
            }
            step = std::min(left, stepSeconds);
            for (const int gpu : gpus) {
                GpuState &each = state->gpus[std::size_t(gpu)];
                each.load = load;
                each.loadEnds = std::max(each.loadEnds, begun + step * stretch);
            }
        }
        node.clock.work(step * stretch, [&](double now) {
            SharedState::Access state(node.state);
            for (const int gpu : gpus) {
                const double before = state->gpus[std::size_t(gpu)].loadSeconds;
                node.model.pass(gpu, state->gpus[std::size_t(gpu)], load, now);
                countErrors(node, *state, gpu, before, now);
            }
        });
        taken += step * stretch;
        left -= step;
        SharedState::Access state(node.state);
        for (const int gpu : gpus) {
            if (isLost(node, *state, gpu, begun + step * stretch))
                return lostProblem(gpu);
        }
    } while (left > 0);
    return taken;
}

} // namespace seatrial::engine::simulate
