// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/support/fake_world.h"

#include "core/domain/plan.h"

#include <QFile>

namespace seatrial::gui::test {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

constexpr const char* shortPlan = R"(version: 1
name: test
title: Test
description: A plan for the tests
steps:
  - { id: memory, check: host.memory, title: Memory, need: required, scope: node, exclusive: true, retests: 1, deadline: 10, expected: 1 }
  - { id: disk, check: host.disk, title: Disk, need: required, scope: node, exclusive: true, retests: 1, deadline: 10, expected: 1 }
)";

constexpr const char* shortCriteria = R"(version: 1
name: test
revision: "1"
criteria:
  - { check: host.memory, metric: triad, subject: node, kind: fleet, direction: at least, marginal: 0.85, failed: 0.7, unit: GB/s, source: "test", advice: "exchange it" }
)";

} // namespace

FakeWorld::FakeWorld() : m_plan(shortPlan) {}

QString FakeWorld::write(const QString& name, const QByteArray& text) const
{
    QFile file(path(name));
    if (file.open(QIODevice::WriteOnly))
        file.write(text);
    return file.fileName();
}

void FakeWorld::addNodes(int racks, int nodesPerRack)
{
    QByteArray yaml = "version: 1\nname: hall-2\nracks:\n";
    for (int rack = 1; rack <= racks; ++rack) {
        const QByteArray name = "r" + QByteArray::number(rack);
        yaml += "  - name: " + name.toUpper() + "\n    height: " + QByteArray::number(std::max(20, nodesPerRack * 2 + 4)) + "\n    nodes:\n";
        yaml += "      - { name: \"" + name + "-n[01-" + QByteArray::number(nodesPerRack).rightJustified(2, '0') + "]\", unit: 2, height: 2 }\n";
        for (int node = 1; node <= nodesPerRack; ++node)
            m_fleet.add((name + "-n" + QByteArray::number(node).rightJustified(2, '0')).toStdString());
    }
    write(QStringLiteral("inventory.yaml"), yaml);
}

Tools FakeWorld::tools()
{
    const auto borrowed = [](auto* pointer) { return std::shared_ptr<std::remove_pointer_t<decltype(pointer)>>(pointer, [](auto*) {}); };
    Tools tools;
    tools.ramp.shares.clear(); // no power to go easy on
    tools.links = [=, this] { return borrowed(static_cast<campaign::LinkFactory*>(&m_fleet)); };
    tools.deployer = [=, this]() -> domain::Result<std::shared_ptr<campaign::Deployer>> { return borrowed(static_cast<campaign::Deployer*>(&m_fleet)); };
    tools.openStore = [](const std::string& file) -> domain::Result<std::shared_ptr<store::Store>> {
        auto opened = store::openSqliteStore(file);
        if (!opened)
            return std::unexpected(opened.error());
        return std::shared_ptr<store::Store>(std::move(*opened));
    };
    const std::filesystem::path resources = std::filesystem::path(SEATRIAL_SOURCE_DIR) / "resources";
    tools.plans = [=, this] {
        return std::vector{m_builtIn ? domain::loadPlan(resources / "plans/quick.yaml") : domain::parsePlan(m_plan, "plan.yaml")};
    };
    tools.criteria = [=, this] { return m_builtIn ? analysis::loadCriteria(resources / "criteria/host.yaml") : analysis::parseCriteria(shortCriteria, "criteria.yaml"); };
    tools.engine = []() -> domain::Result<std::filesystem::path> {
        const std::filesystem::path built = SEATRIAL_BINARY_DIR "/bin/seatrial-engine";
        if (std::filesystem::exists(built))
            return built;
        return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "no engine here", {}, {}});
    };
    tools.operatorName = "tester";
    tools.defaultStore = store().toStdString();
    return tools;
}

Failure noAnswer(const std::string& node)
{
    return {Stage::Connect, FailureKind::Timeout, node + " (10.0.0.5:22): no answer for 10 s", "TCP connection", "check power and cabling, then run again"};
}

Failure changedKey(const std::string& node)
{
    return {Stage::HostKey, FailureKind::Changed, node + ": the host key CHANGED. It shows ssh-ed25519 SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "comparing the host key with known_hosts", "ask its administrator for the new fingerprint"};
}

} // namespace seatrial::gui::test
