// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/ids.h"
#include "core/protocol/unit.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace seatrial::domain {

/// What may be said of a node. In the order in which the worse one wins upward, but Unknown is never better than Failed.
enum class Verdict { Qualified, Marginal, Unknown, Failed };

std::string verdictText(Verdict verdict); ///< "qualified"
std::optional<Verdict> verdictFromText(const std::string &text);

/// Which of the tests a limit belongs to.
enum class Judgement { Ceiling, Fleet, Past, State, Coverage };

/// A part as a person finds and exchanges it. What is not known is empty.
struct PartName {
    std::string kind;    ///< "gpu", "nic", "nvswitch"
    std::string place;   ///< "gpu/3"
    std::string model;   ///< "NVIDIA H100 80GB HBM3"
    std::string serial;
    std::string uuid;
    std::string guid;
    std::string mac;
    std::string address; ///< of its PCI function: "0000:5d:00.0"

    bool operator==(const PartName &) const = default;
};

/// The names of the parts that a finding is about, kept once for all findings about the same ones.
class PartNames
{
public:
    PartNames() = default;
    explicit PartNames(std::vector<PartName> names) : m_names(names.empty() ? nullptr : std::make_shared<const std::vector<PartName>>(std::move(names))) {}

    bool empty() const { return !m_names; }
    std::size_t size() const { return m_names ? m_names->size() : 0; }
    const PartName &operator[](std::size_t at) const { return (*m_names)[at]; }
    const PartName *begin() const { return m_names ? m_names->data() : nullptr; }
    const PartName *end() const { return begin() + size(); }

private:
    std::shared_ptr<const std::vector<PartName>> m_names;
};

/// One judged figure, missed or met. Views list all, a verdict's reasons are those not qualified.
struct Finding {
    Verdict verdict = Verdict::Qualified;
    Judgement judgement = Judgement::State;
    std::string check;
    std::string metric;
    std::string subject;
    std::optional<double> value;
    protocol::Unit unit = protocol::Unit::None;
    std::string limit;    ///< "≥ 8.4 GB/s", as it is shown
    std::optional<double> limitValue;
    std::optional<double> margin; ///< (value - limit)/|limit|, positive is room, whichever way the limit points
    std::string source;   ///< criteria name, revision, formula, where the limit comes from
    std::string text;     ///< one sentence for the person who reads it
    std::string advice;   ///< what to do next; may be empty
    PartNames parts;      ///< that it is about; two for what is between two, none for the node as a whole
};

struct Coverage {
    int planned = 0;  ///< required measurements (steps, pair meetings count one) that the plan asks of the node
    int measured = 0; ///< of these, with a result
};

struct NodeVerdict {
    NodeId node;
    RackId rack;
    Verdict verdict = Verdict::Unknown;
    bool reached = true; ///< false: no connection, no login, or a key that changed
    Coverage coverage;
    std::vector<Finding> reasons;  ///< why it is not qualified, worst first; empty when qualified
    std::vector<Finding> findings; ///< every judged figure, worst first
    std::vector<std::string> accepted; ///< acceptances of the criteria that were used: "host.health not permitted: accepted by …"
};

struct FleetVerdict {
    RunId run;
    std::vector<NodeVerdict> nodes; ///< in the order of the fleet
    std::vector<std::string> notes; ///< about the judgement itself: "fleet test off: 2 nodes, needs 4"

    int count(Verdict verdict) const;
    const NodeVerdict *find(const NodeId &node) const;
};

} // namespace seatrial::domain
