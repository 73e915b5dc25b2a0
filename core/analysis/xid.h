// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/verdict.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::analysis {

/// What a message of the driver says: "NVRM: Xid (PCI:0000:1b:00): 149, NETIR_LINK_EVT Fatal XC0 i0 Link 01 (0x021425c6 0x00000000 …)".
struct XidMessage {
    bool ofSwitch = false;     ///< an SXid: of an NVSwitch, whose numbers are others
    unsigned number = 0;
    std::string address;       ///< "0000:1b:00.0"; empty if it names none
    std::string text;          ///< behind the number
    /// NVLink of Blackwell, Xids 144 to 150.
    std::string unit;          ///< "NETIR_LINK_EVT"; empty if it has not that form
    std::string severity;      ///< as the driver calls it: "Fatal"
    std::optional<int> link;
    std::uint32_t information = 0; ///< the first word of the numbers
    std::uint32_t status = 0;      ///< the second
    /// Xid 154.
    std::optional<unsigned> action; ///< what the driver asks for now: 0 none, 1 reset, …
    std::string actionText;         ///< "Drain and Reset"
};

/// Nothing for a line that holds no Xid with a number.
std::optional<XidMessage> parseXid(std::string_view line);

/// What is known of an Xid.
struct XidMeaning {
    std::string mnemonic;  ///< "ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS"; empty: no catalog has it
    std::string what;      ///< "GPU has fallen off the bus"
    std::string immediate; ///< the catalog's word: "RESTART_BM"
    std::string next;      ///< and that for what to do if it stays: "CONTACT_SUPPORT"
    std::string severity;  ///< of decoded NVLink errors: "Link Fatal"
    std::string advice;    ///< the two as a sentence
    std::string reading;   ///< what it means for a node that is to be qualified; may be empty
    std::string others;    ///< "gpud says: fatal, reboot"; empty where nobody differs
    domain::Verdict verdict = domain::Verdict::Marginal;
};

/// NVIDIA's catalog of Xids and what belongs to it (resources/xid).
class XidCatalog
{
public:
    static const XidCatalog &builtIn();
    XidCatalog(std::string_view catalog, std::string_view nvlink5, std::string_view actions, std::string_view judgement, std::string_view others);

    XidMeaning meaning(const XidMessage &message) const;
    std::size_t size() const { return m_entries.size(); }
    std::size_t rules() const { return m_rules.size(); }

private:
    struct Entry {
        std::string mnemonic, what, immediate, next;
    };
    struct Rule {
        unsigned number = 0;
        std::vector<std::string> units; ///< the names in the two versions
        std::string patterns[2];
        std::uint32_t status = 0;
        std::string resolution, next, severity, effect;
        bool fits(const XidMessage &message) const;
    };

    std::vector<const Rule *> rulesFor(const XidMessage &message) const;
    void decode(const XidMessage &message, XidMeaning &meaning) const;
    std::string sentence(const std::string &word) const;
    std::string sentences(const std::string &immediate, const std::string &next) const;

    std::map<unsigned, Entry> m_entries;
    std::vector<Rule> m_rules;
    std::map<std::string, std::string> m_actions;
    std::map<unsigned, std::pair<domain::Verdict, std::string>> m_judgements;
    std::map<unsigned, std::string> m_others;
};

} // namespace seatrial::analysis
