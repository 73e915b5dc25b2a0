// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/ids.h"
#include "core/domain/verdict.h"

#include <QString>

#include <string>
#include <vector>

namespace seatrial::gui {

// Text that may have come from a node: control characters and escapes are made harmless.
QString shown(const std::string& text);

// As a tool tip, which would take a node's "<b>" for markup.
QString plainTip(const QString& text);

QString durationText(double seconds);    // "8 s", "3 min 20 s", "2 h 05 min"
QString clockText(double wallSeconds);   // "14:18:02", local time; empty for 0
QString dateText(double wallSeconds);    // "20 Nov 2026, 14:18"; empty for 0
QString dayText(double wallSeconds);     // "20 Nov, 14:18"; empty for 0
QString bytesText(double bytes);         // "41 MB"
QString nodesText(int count);            // "1 node", "64 nodes"
QString foldedNames(const std::vector<domain::NodeId>& nodes);

QString valueText(double value, protocol::Unit unit); // "8.431 GB/s", "3" for counts

// A few words for a row of a rack, the most telling first: "GPU 3 · 282 arithmetic wrong", "6.1 GB/s triad", "no health".
QString reasonWords(const domain::Finding& finding);
// "triad, n01→n02"; the subject only where it is not the node itself, and of a pair only the other end.
QString figureName(const domain::Finding& finding, const QString& node = {});
QString judgementText(domain::Judgement judgement); // "fleet"

} // namespace seatrial::gui
