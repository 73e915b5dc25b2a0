// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/table.h"
#include "gui/models/run_states.h"

#include <QStringList>

namespace seatrial::gui {

struct PartRow {
    QString kind, place, model, identity, firmware;
    bool operator==(const PartRow&) const = default;
};

// What the panel of one node says.
struct NodeReport {
    QString node;
    QString place;       // "rack1, unit 4 · 10.0.0.3"
    State state = State::NotTested;
    QString sentences;   // why
    QString next;        // what to do; may be empty
    bool hardStop = false; // the host key changed: nobody may go on before a person has looked
    QString coverage;    // "12 of 12 required measurements"
    std::vector<domain::Finding> findings;
    domain::Plan plan;
    report::Table measured; // every measurement, as report::resultsTable has it
    std::vector<PartRow> parts;
    QStringList accepted;
};

// Of a node that a run has, or of an inventory before any run.
NodeReport nodeReport(const campaign::Snapshot& run, const domain::NodeId& node);
NodeReport nodeReport(const domain::Fleet& fleet, const domain::NodeId& node);

} // namespace seatrial::gui
