// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/simulate/simulated_machine.h"
#include "tests/engine/checks/collector.h"

#include <QDir>
#include <QTemporaryDir>

#include <csignal>
#include <memory>
#include <stdexcept>

namespace seatrial::tests {

/// A simulated node whose time costs none of ours.
class SimulatedNode
{
public:
    explicit SimulatedNode(const std::string &name = "h100x8", std::vector<engine::simulate::Fault> faults = {})
        : SimulatedNode(profileOf(name, std::move(faults)))
    {
    }
    explicit SimulatedNode(const engine::simulate::Profile &profile)
    {
        std::signal(SIGTERM, SIG_DFL); // children are told to end by it; Qt Test would trace them instead
        std::string error;
        m_machine = engine::simulate::simulatedMachine(profile, m_folder.path().toStdString(), error);
        if (!m_machine)
            throw std::runtime_error(error);
    }

    static engine::simulate::Profile profileOf(const std::string &name, std::vector<engine::simulate::Fault> faults = {})
    {
        auto profile = *engine::simulate::builtInProfile(name);
        profile.seed = 7;
        profile.speedup = engine::simulate::Profile::neverSleeps;
        profile.faults = std::move(faults);
        return profile;
    }

    engine::Machine &machine() { return *m_machine; }
    engine::CheckContext context(Collector &collector, protocol::Parameters parameters = {})
    {
        auto made = contextFor(collector, std::move(parameters));
        made.machine = m_machine.get();
        made.sysroot = m_machine->sysroot();
        made.deadlineSeconds = 60;
        return made;
    }

private:
    // In memory where that can be had: a tree is some thousand small files.
    QTemporaryDir m_folder{QDir(QStringLiteral("/dev/shm")).exists() ? QStringLiteral("/dev/shm/seatrial-XXXXXX") : QDir::temp().filePath(QStringLiteral("seatrial-XXXXXX"))};
    std::unique_ptr<engine::Machine> m_machine;
};

} // namespace seatrial::tests
