// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

namespace seatrial::gui {

// Everything the fleet drawing shows, as one immutable value. The drawing asks nobody else.

// One small mark of a node row: the outcome of one check (or of one link to a partner).
struct MarkView {
    State state = State::NotTested;
    QString name; // "memory bandwidth, triad", for the card
    bool operator==(const MarkView&) const = default;
};

struct NodeView {
    QString id;   // unique in the fleet
    QString name; // short, as written in the rack
    int unit = 1; // lowest rack unit it occupies
    int height = 1;
    int column = 0; // nodes side by side in one chassis
    int columns = 1;
    State state = State::NotTested;
    QString value;               // what the row shows at its right when the node is qualified, with its unit
    QString reason;              // a few words, shown instead of the value otherwise
    QString sentence;            // the reason in full, for the card
    std::vector<MarkView> marks; // one per check of the plan
    std::vector<MarkView> links; // one per partner of the network check
    QStringList details;         // further lines of the card, value first
    QString address;
    QStringList missed;          // checks, and titles of steps, that keep it from being qualified
    std::optional<double> figure; // the value as a number
    bool operator==(const NodeView&) const = default;
};

// What stands in a rack and is not a node: a switch, a power shelf.
struct EquipmentView {
    QString name;
    int unit = 1;
    int height = 1;
    bool operator==(const EquipmentView&) const = default;
};

struct RackView {
    QString name;
    QString row; // the row of the hall it stands in; may be empty
    int height = 42;
    int startingUnit = 1;
    bool unitsDescend = false; // unit numbers count from the top
    std::vector<NodeView> nodes;
    std::vector<EquipmentView> equipment;
    bool operator==(const RackView&) const = default;

    StateCounts counts() const;
};

struct FleetViewData {
    QString title;
    std::vector<RackView> racks;
    StateCounts counts; // of all nodes
    bool simulated = false;

    void recount();
    std::size_t nodeCount() const;
};

using FleetSnapshot = std::shared_ptr<const FleetViewData>;

// A node by its place in the value above.
struct NodeRef {
    int rack = -1;
    int node = -1;
    bool isValid() const { return rack >= 0 && node >= 0; }
    auto operator<=>(const NodeRef&) const = default;
};

const NodeView* nodeAt(const FleetViewData& fleet, NodeRef ref);
std::optional<NodeRef> findNode(const FleetViewData& fleet, const QString& id);

} // namespace seatrial::gui
