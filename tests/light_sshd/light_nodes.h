// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"

#include <QProcess>

#include <filesystem>

namespace seatrial::tests {

/// Many nodes in one process: light-sshd on 127.0.A.B, with the engine in each node's own folder as an earlier run left
/// it. They are removed with the object.
class LightNodes
{
public:
    /// @p engine: the file that lies on the nodes; empty: none does.
    LightNodes(int count, const std::filesystem::path &engine);
    ~LightNodes();
    LightNodes(const LightNodes &) = delete;
    LightNodes &operator=(const LightNodes &) = delete;

    /// Empty if they could not be started; problem() says why.
    const domain::Fleet &fleet() const { return m_fleet; }
    const std::string &problem() const { return m_problem; }
    std::filesystem::path inventory() const { return m_folder / "inventory.yaml"; }
    const std::filesystem::path &folder() const { return m_folder; }
    /// CPU seconds of the server, without the commands that it runs for the nodes.
    double serverCpuSeconds() const;

private:
    std::filesystem::path m_folder;
    QProcess m_server;
    domain::Fleet m_fleet;
    std::string m_problem;
};

} // namespace seatrial::tests
