// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/simulated_machine.h"

#include "engine/simulate/simulated_device.h"
#include "engine/simulate/simulated_management.h"
#include "engine/simulate/simulated_rails.h"
#include "engine/simulate/sysfs_tree.h"

#include <algorithm>
#include <tuple>

#include <unistd.h>

namespace seatrial::engine::simulate {

namespace {

constexpr const char *stateName = "simulated.state";
constexpr const char *treeName = "simulated-root";
constexpr double collectiveStart = 22e-6;
constexpr double halfSpeedBytes = 24e6; ///< a message of this size reaches half the bus bandwidth

class SimulatedMachine : public Machine
{
public:
    SimulatedMachine(const Profile &profile, std::filesystem::path tree, std::unique_ptr<SharedState> state)
        : m_model(profile)
        , m_tree(std::move(tree))
        , m_state(std::move(state))
        , m_clock(*m_state, profile.speedup)
        , m_management(node())
        , m_rails(node())
    {
    }

    bool simulated() const override { return true; }
    std::string provenance() const override
    {
        return "simulated: profile " + m_model.profile().name + ", seed " + std::to_string(m_model.profile().seed);
    }
    std::filesystem::path sysroot() const override { return m_tree; }
    Management &management() override { return m_management; }
    Outcome<std::unique_ptr<Device>> open(int gpu) override;
    Outcome<double> allReduce(const std::vector<int> &gpus, std::uint64_t bytes, int times) override;
    Rails *rails() override { return &m_rails; }
    std::vector<RankProgress> ranks() const override;
    double now() const override { return m_clock.now(); }
    void sleep(double seconds, const std::atomic<bool> *stop) override { m_clock.sleep(seconds, stop); }

private:
    Node node() { return {m_model, *m_state, m_clock, m_tree.empty() ? m_tree : m_tree / "dev/kmsg"}; }
    bool enter(const std::vector<int> &gpus);
    [[noreturn]] void hang(const std::vector<int> &gpus);

    Model m_model;
    std::filesystem::path m_tree;
    std::unique_ptr<SharedState> m_state;
    mutable SimulatedClock m_clock;
    SimulatedManagement m_management;
    SimulatedRails m_rails;
};

Outcome<std::unique_ptr<Device>> SimulatedMachine::open(int gpu)
{
    if (gpu < 0 || gpu >= m_model.profile().gpus)
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no GPU " + std::to_string(gpu) + " in the simulated node"};
    if (SharedState::Access(*m_state)->gpus[std::size_t(gpu)].lost)
        return lostProblem(gpu);
    m_clock.beginWork();
    return std::unique_ptr<Device>(std::make_unique<SimulatedDevice>(node(), gpu));
}

/// All ranks begin a collective but one that hangs. Whether there is such a one.
bool SimulatedMachine::enter(const std::vector<int> &gpus)
{
    SharedState::Access state(*m_state);
    for (RankState &rank : state->ranks)
        rank = {};
    const std::uint64_t ended = state->collectives;
    bool anyHangs = false;
    for (const int gpu : gpus) {
        const Fault *fault = m_model.profile().fault(FaultKind::HungRank, gpu);
        const bool hangs = fault && double(ended) >= fault->value;
        state->ranks[std::size_t(gpu)] = {1, ended + (hangs ? 0 : 1)};
        anyHangs |= hangs;
    }
    state->collectives += anyHangs ? 0 : 1;
    return anyHangs;
}

std::vector<RankProgress> SimulatedMachine::ranks() const
{
    SharedState::Access state(*m_state);
    std::vector<RankProgress> progress;
    for (int gpu = 0; gpu < m_model.profile().gpus; ++gpu) {
        if (const RankState &rank = state->ranks[std::size_t(gpu)]; rank.takesPart)
            progress.push_back({gpu, rank.entered});
    }
    return progress;
}

/// One rank has stopped: all others wait in their kernels, busy, for ever. Whoever started them has to end them.
void SimulatedMachine::hang(const std::vector<int> &gpus)
{
    while (true) {
        Node here = node();
        std::ignore = labour(here, gpus, Load::Computing, 0.01);
        ::usleep(2000);
    }
}

Outcome<double> SimulatedMachine::allReduce(const std::vector<int> &gpus, std::uint64_t bytes, int times)
{
    const bool known = std::all_of(gpus.begin(), gpus.end(), [&](int gpu) { return gpu >= 0 && gpu < m_model.profile().gpus; });
    if (!known || gpus.empty() || bytes == 0 || times < 1)
        return DeviceProblem{DeviceTrouble::NotPresent, "a collective of GPUs that are not in the simulated node"};
    m_clock.beginWork();
    Node here = node();
    const double ranks = double(gpus.size());
    const double bus = m_model.allReduceSpeed(gpus) * 1e9 * double(bytes) / (double(bytes) + halfSpeedBytes);
    const double each = ranks > 1 ? 2 * (ranks - 1) / ranks * double(bytes) / bus + collectiveStart : collectiveStart;
    if (gpus.size() > 1 && enter(gpus))
        hang(gpus);
    const auto seconds = labour(here, gpus, Load::Computing, each * times);
    if (!seconds)
        return seconds.problem();
    return *seconds / times;
}

} // namespace

std::unique_ptr<Machine> simulatedMachine(const Profile &profile, const std::filesystem::path &folder, std::string &error)
{
    auto state = SharedState::open(folder.empty() ? folder : folder / stateName, profile.fingerprint(), error);
    if (!state)
        return nullptr;
    const auto tree = folder.empty() ? folder : folder / treeName;
    if (!tree.empty()) {
        const SharedState::Access alone(*state); // whoever comes first makes it
        error = makeSysfsTree(Model(profile), tree);
        if (!error.empty())
            return nullptr;
    }
    return std::make_unique<SimulatedMachine>(profile, tree, std::move(state));
}

} // namespace seatrial::engine::simulate
