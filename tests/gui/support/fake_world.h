// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/tools.h"
#include "tests/support/fake_fleet.h"

#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace seatrial::gui::test {

// Everything the window needs, without SSH: nodes in memory, a store in a temporary folder, and short plans.
class FakeWorld {
public:
    FakeWorld();

    // Nodes r1n01 and so on, 16 a rack, with an inventory that names them.
    void addNodes(int racks, int nodesPerRack);
    tests::FakeNode& node(const QString& name) { return m_fleet.node(name.toStdString()); }
    tests::FakeFleet& fleet() { return m_fleet; }

    QString inventory() const { return path(QStringLiteral("inventory.yaml")); }
    QString store() const { return path(QStringLiteral("store.db")); }
    QString path(const QString& name) const { return m_folder.filePath(name); }
    QString write(const QString& name, const QByteArray& text) const;

    // Real built-in plan and criteria instead of the short ones.
    void useBuiltIn() { m_builtIn = true; }
    void usePlan(const std::string& yaml) { m_plan = yaml; }
    Tools tools();

private:
    QTemporaryDir m_folder;
    tests::FakeFleet m_fleet;
    bool m_builtIn = false;
    std::string m_plan;
};

// A failure as the SSH link has it.
domain::Failure noAnswer(const std::string& node);
domain::Failure changedKey(const std::string& node);

} // namespace seatrial::gui::test
