// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/support/sample_fleet.h"

namespace seatrial::gui::test {

namespace {

const QStringList checkNames = {
    QStringLiteral("memory copy"), QStringLiteral("memory scale"), QStringLiteral("memory triad"),
    QStringLiteral("memory read"), QStringLiteral("CPU burn"),     QStringLiteral("disk nvme0n1"),
    QStringLiteral("health"),      QStringLiteral("network"),
};

NodeView plainNode(const QString& rack, int number, int unit)
{
    NodeView node;
    node.name = QStringLiteral("n%1").arg(number, 2, 10, QLatin1Char('0'));
    node.id = rack.toLower() + QLatin1Char('-') + node.name;
    node.unit = unit;
    node.height = 2;
    node.state = State::Qualified;
    node.value = QStringLiteral("%1 GB/s").arg(475 + (number * 7 + unit) % 6);
    for (const QString& name : checkNames)
        node.marks.push_back({State::Qualified, name});
    for (int partner = 0; partner < 4; ++partner)
        node.links.push_back({State::Qualified, QStringLiteral("to n%1").arg((number + partner) % 16 + 1, 2, 10, QLatin1Char('0'))});
    return node;
}

void plant(NodeView& node, State state, const QString& reason, std::initializer_list<int> marks)
{
    node.state = state;
    node.reason = reason;
    node.value.clear();
    for (const int mark : marks)
        node.marks[static_cast<std::size_t>(mark)].state = state;
}

void plantAll(NodeView& node, State state, const QString& reason)
{
    plant(node, state, reason, {0, 1, 2, 3, 4, 5, 6, 7});
    for (MarkView& link : node.links)
        link.state = state;
}

RackView rackOfSixteen(const QString& name, const QString& row)
{
    RackView rack;
    rack.name = name;
    rack.row = row;
    rack.height = 44;
    for (int i = 0; i < 16; ++i)
        rack.nodes.push_back(plainNode(name, i + 1, 9 + 2 * i));
    rack.equipment = {{QStringLiteral("Coolant unit"), 1, 5},
                      {QStringLiteral("Power shelf B"), 6, 3},
                      {QStringLiteral("Power shelf A"), 41, 3},
                      {QStringLiteral("Management switch"), 44, 1}};
    return rack;
}

} // namespace

FleetSnapshot sampleHall()
{
    auto fleet = std::make_shared<FleetViewData>();
    fleet->title = QStringLiteral("Hall 2");
    for (const auto* name : {"R07", "R08", "R09", "R10"})
        fleet->racks.push_back(rackOfSixteen(QString::fromLatin1(name), QStringLiteral("B")));
    const auto node = [&fleet](int rack, int number) -> NodeView& {
        return fleet->racks[static_cast<std::size_t>(rack - 7)].nodes[static_cast<std::size_t>(number - 1)];
    };
    plant(node(7, 5), State::Failed, QStringLiteral("disk lost"), {5});
    plant(node(7, 11), State::Failed, QStringLiteral("triad 371"), {2});
    node(7, 11).sentence = QStringLiteral("Memory triad reaches 371 GB/s. The limit is 384, and the other nodes with a result reach 447 to 479.");
    plant(node(7, 14), State::Marginal, QStringLiteral("4 remaps"), {6});
    plant(node(8, 4), State::Failed, QStringLiteral("link 1.9 Gbit/s"), {7});
    node(8, 4).links[2].state = State::Failed;
    plant(node(8, 15), State::Unknown, QStringLiteral("4 skipped"), {4, 5, 6, 7});
    plantAll(node(9, 7), State::Unreachable, QStringLiteral("no answer"));
    plant(node(9, 12), State::Marginal, QStringLiteral("read 492"), {3, 2});
    plant(node(10, 2), State::Marginal, QStringLiteral("throttled"), {6});
    plantAll(node(10, 9), State::Running, QStringLiteral("step 9 of 21"));
    plant(node(10, 14), State::Failed, QStringLiteral("burn differs"), {4});
    plantAll(node(10, 15), State::NotTested, QStringLiteral("not in plan"));
    plantAll(node(10, 16), State::NotTested, QStringLiteral("not in plan"));
    fleet->recount();
    return fleet;
}

FleetSnapshot smallLab()
{
    auto fleet = std::make_shared<FleetViewData>();
    fleet->title = QStringLiteral("Lab");
    for (int r = 1; r <= 2; ++r) {
        RackView rack;
        rack.name = QStringLiteral("rack%1").arg(r);
        rack.height = 12;
        for (int i = 0; i < 4; ++i) {
            NodeView node = plainNode(rack.name, (r - 1) * 4 + i + 1, 2 + i * 2);
            node.height = 1;
            node.id = QStringLiteral("lab-") + node.name;
            node.name = node.id;
            node.value = QStringLiteral("11.%1 GB/s").arg(i + r);
            rack.nodes.push_back(node);
        }
        rack.equipment = {{QStringLiteral("Leaf switch"), 12, 1}};
        fleet->racks.push_back(rack);
    }
    plant(fleet->racks[0].nodes[2], State::Failed, QStringLiteral("network 1.9 Gbit/s, limit 8"), {7});
    plantAll(fleet->racks[1].nodes[1], State::Unreachable, QStringLiteral("no answer on port 22"));
    plantAll(fleet->racks[1].nodes[3], State::Unknown, QStringLiteral("host key changed"));
    fleet->recount();
    return fleet;
}

FleetSnapshot largeFleet(int racks, int nodesPerRack)
{
    auto fleet = std::make_shared<FleetViewData>();
    fleet->title = QStringLiteral("Large");
    for (int r = 0; r < racks; ++r) {
        RackView rack;
        rack.name = QStringLiteral("R%1").arg(r + 1, 3, 10, QLatin1Char('0'));
        rack.row = QString(QChar(u'A' + r / 40));
        rack.height = 44;
        for (int i = 0; i < nodesPerRack; ++i) {
            NodeView node = plainNode(rack.name, i + 1, 2 + 2 * i);
            const int dice = (r * 7919 + i * 104729) % 97;
            if (dice < static_cast<int>(stateCount))
                plant(node, allStates[static_cast<std::size_t>(dice)], QStringLiteral("planted"), {i % 8});
            rack.nodes.push_back(std::move(node));
        }
        fleet->racks.push_back(std::move(rack));
    }
    fleet->recount();
    return fleet;
}

} // namespace seatrial::gui::test
