// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/xid.h"

#include "core/analysis/xid_tables.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace seatrial::analysis {

using domain::Verdict;

namespace {

constexpr unsigned firstNvlink5 = 144, lastNvlink5 = 150, recoveryAction = 154;

std::vector<std::string> cut(std::string_view text, char separator)
{
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(separator, at), text.size());
        pieces.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return pieces;
}

/// The rows of a table of ours: comments and the line of column names left out, every row filled up to @p columns.
std::vector<std::vector<std::string>> rowsOf(std::string_view table, std::size_t columns)
{
    std::vector<std::vector<std::string>> rows;
    bool named = false;
    for (const std::string &line : cut(table, '\n')) {
        if (line.empty() || line.front() == '#')
            continue;
        if (std::exchange(named, true)) {
            rows.push_back(cut(line, '\t'));
            rows.back().resize(std::max(columns, rows.back().size()));
        }
    }
    return rows;
}

template <class Number>
std::optional<Number> numberAt(std::string_view text, int base = 10)
{
    if (base == 16 && (text.starts_with("0x") || text.starts_with("0X")))
        text.remove_prefix(2);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end != text.data() ? std::optional(number) : std::nullopt;
}

std::vector<std::string> wordsOf(std::string_view text)
{
    std::vector<std::string> words = cut(text, ' ');
    std::erase_if(words, [](const std::string &word) { return word.empty(); });
    return words;
}

/// "PCI:0000:1B:00", "0000:1b:00.0" → "0000:1b:00.0"; empty for anything else.
std::string addressOf(std::string_view text)
{
    if (text.starts_with("PCI:"))
        text.remove_prefix(4);
    constexpr std::string_view shape = "hhhh:hh:hh";
    if (text.size() < shape.size())
        return {};
    std::string address;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (shape[i] == 'h' ? !std::isxdigit(c) : text[i] != ':')
            return {};
        address += static_cast<char>(std::tolower(c));
    }
    const std::string_view rest = text.substr(shape.size());
    if (rest.empty())
        return address + ".0";
    return rest.size() == 2 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '7' ? address + std::string(rest) : std::string();
}

/// "NETIR_LINK_EVT  Fatal   XC0 i0 Link 01 (0x021425c6 0x00000000 …)"
void parseNvlink5(XidMessage &message)
{
    const auto open = message.text.find("(0x");
    const auto close = open == std::string::npos ? open : message.text.find(')', open);
    if (close == std::string::npos)
        return;
    const auto words = wordsOf(std::string_view(message.text).substr(0, open));
    const auto numbers = wordsOf(std::string_view(message.text).substr(open + 1, close - open - 1));
    if (words.size() < 2 || numbers.size() < 2)
        return;
    const auto information = numberAt<std::uint32_t>(numbers[0], 16), status = numberAt<std::uint32_t>(numbers[1], 16);
    if (!information || !status)
        return;
    message.unit = words[0];
    message.severity = words[1];
    message.information = *information;
    message.status = *status;
    if (const auto link = std::ranges::find(words, "Link"); link != words.end() && link + 1 != words.end())
        message.link = numberAt<int>(*(link + 1));
}

/// "GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)"
void parseAction(XidMessage &message)
{
    const auto to = message.text.rfind(" to 0x");
    if (to == std::string::npos)
        return;
    message.action = numberAt<unsigned>(std::string_view(message.text).substr(to + 4), 16);
    const auto open = message.text.find('(', to), close = message.text.find(')', to);
    if (open != std::string::npos && close != std::string::npos && close > open)
        message.actionText = message.text.substr(open + 1, close - open - 1);
}

bool patternFits(const std::string &pattern, std::uint32_t bits)
{
    if (pattern.size() != 32)
        return false;
    for (std::size_t i = 0; i < 32; ++i) {
        if (pattern[i] != '-' && (pattern[i] == '1') != ((bits >> (31 - i) & 1) != 0))
            return false;
    }
    return true;
}

/// Without the marks of footnotes.
std::string plain(std::string word)
{
    word.erase(std::find_if(word.begin(), word.end(), [](char c) { return c == '*' || c == '?' || c == '('; }), word.end());
    word.erase(word.find_last_not_of(' ') + 1);
    return word;
}

/// What the catalog's word for what to do at once says of the GPU.
Verdict verdictOf(const std::string &immediate)
{
    if (immediate == "IGNORE")
        return Verdict::Qualified;
    for (const char *word : {"RESET_GPU", "RESTART_BM", "CHECK_MECHANICALS"}) {
        if (immediate == word)
            return Verdict::Failed;
    }
    return Verdict::Marginal;
}

Verdict verdictNamed(const std::string &word)
{
    return word == "failed" ? Verdict::Failed : word == "note" ? Verdict::Qualified : Verdict::Marginal;
}

} // namespace

std::optional<XidMessage> parseXid(std::string_view line)
{
    const auto mark = line.find("Xid (");
    if (mark == line.npos)
        return std::nullopt;
    const auto open = mark + 5;
    const auto close = line.find("): ", open);
    if (close == line.npos)
        return std::nullopt;
    XidMessage message;
    message.ofSwitch = mark > 0 && line[mark - 1] == 'S';
    message.address = addressOf(line.substr(open, close - open));
    const std::string_view rest = line.substr(close + 3);
    const auto number = numberAt<unsigned>(rest);
    if (!number || (message.address.empty() && line.substr(open, close - open).find(':') == line.npos))
        return std::nullopt;
    message.number = *number;
    const auto comma = rest.find_first_not_of("0123456789");
    message.text = comma == rest.npos ? std::string() : std::string(rest.substr(std::min(rest.find_first_not_of(", ", comma), rest.size())));
    if (!message.ofSwitch && message.number >= firstNvlink5 && message.number <= lastNvlink5)
        parseNvlink5(message);
    if (!message.ofSwitch && message.number == recoveryAction)
        parseAction(message);
    return message;
}

const XidCatalog &XidCatalog::builtIn()
{
    static const XidCatalog catalog(xidTables().catalog, xidTables().nvlink5, xidTables().actions, xidTables().judgement, xidTables().others);
    return catalog;
}

XidCatalog::XidCatalog(std::string_view catalog, std::string_view nvlink5, std::string_view actions, std::string_view judgement, std::string_view others)
{
    for (const auto &row : rowsOf(catalog, 5)) {
        if (const auto number = numberAt<unsigned>(row[0]))
            m_entries[*number] = {row[1], row[2], row[3], row[4]};
    }
    for (const auto &row : rowsOf(nvlink5, 11)) {
        const auto number = numberAt<unsigned>(row[0]);
        const auto status = numberAt<std::uint32_t>(row[4], 16);
        if (number && status)
            m_rules.push_back({*number, cut(row[1], '/'), {row[2], row[3]}, *status, row[5], row[6], plain(row[7]), row[10]});
    }
    for (const auto &row : rowsOf(actions, 2))
        m_actions[row[0]] = row[1];
    for (const auto &row : rowsOf(judgement, 3)) {
        if (const auto number = numberAt<unsigned>(row[0]))
            m_judgements[*number] = {verdictNamed(row[1]), row[2]};
    }
    for (const auto &row : rowsOf(others, 3)) {
        if (const auto number = numberAt<unsigned>(row[0])) {
            auto &said = m_others[*number];
            said += (said.empty() ? "" : "; ") + row[1] + " says: " + row[2];
        }
    }
}

bool XidCatalog::Rule::fits(const XidMessage &message) const
{
    if (number != message.number || (!patternFits(patterns[0], message.information) && !patternFits(patterns[1], message.information)))
        return false;
    constexpr unsigned netir = 149, mse = 150; // their status is a number, that of the others has a bit for each error
    return number == netir || number == mse ? message.status == status : (message.status & status) != 0;
}

/// Those of the unit that the message names; where the tables know it by another name, those whose bits fit.
std::vector<const XidCatalog::Rule *> XidCatalog::rulesFor(const XidMessage &message) const
{
    std::vector<const Rule *> named, fitting;
    for (const Rule &rule : m_rules) {
        if (!rule.fits(message))
            continue;
        fitting.push_back(&rule);
        if (std::ranges::find(rule.units, message.unit) != rule.units.end())
            named.push_back(&rule);
    }
    return named.empty() ? fitting : named;
}

std::string XidCatalog::sentence(const std::string &word) const
{
    if (const auto found = m_actions.find(word); found != m_actions.end())
        return found->second;
    if (const auto found = m_actions.find(plain(word)); found != m_actions.end())
        return found->second;
    return word;
}

std::string XidCatalog::sentences(const std::string &immediate, const std::string &next) const
{
    std::string text = sentence(immediate);
    if (!next.empty() && next != immediate && plain(next) != "IGNORE" && !next.starts_with("N/A"))
        text += (text.empty() ? "" : "; ") + sentence(next);
    return text;
}

void XidCatalog::decode(const XidMessage &message, XidMeaning &meaning) const
{
    const auto rules = rulesFor(message);
    const std::string link = message.link ? " on link " + std::to_string(*message.link) : std::string();
    meaning.what += ": " + message.unit + link;
    if (rules.empty()) {
        // What the tables do not know is taken for what the driver calls it.
        meaning.what += ", which the catalog does not decode";
        meaning.severity = message.severity;
        meaning.verdict = message.severity == "Fatal" ? Verdict::Failed : Verdict::Marginal;
        return;
    }
    const auto gravity = [](const Rule *rule) {
        return rule->resolution == "RESET_GPU" ? 2 : rule->resolution == "IGNORE" ? 0 : 1;
    };
    const Rule &worst = **std::ranges::max_element(rules, {}, gravity);
    meaning.immediate = worst.resolution;
    meaning.next = worst.next;
    meaning.severity = worst.severity;
    meaning.advice = sentences(worst.resolution, worst.next);
    meaning.verdict = verdictOf(worst.resolution);
    if (worst.severity.ends_with("atal") && !worst.severity.starts_with("Non"))
        meaning.verdict = Verdict::Failed;
    if (rules.size() > 1)
        meaning.what += ", " + std::to_string(rules.size()) + " errors at once";
    if (!worst.effect.empty())
        meaning.reading = plain(worst.effect) == worst.effect ? worst.effect : "effects: " + worst.effect;
}

XidMeaning XidCatalog::meaning(const XidMessage &message) const
{
    XidMeaning meaning;
    if (message.ofSwitch) { // their numbers are not those of GPUs, and no catalog of them is published as a table
        const bool fatal = message.text.starts_with("Fatal");
        meaning.what = "an NVSwitch reported: " + message.text.substr(0, 120);
        meaning.severity = fatal ? "Fatal" : message.text.starts_with("Non-fatal") ? "Non-fatal" : "";
        meaning.verdict = fatal ? Verdict::Failed : Verdict::Marginal;
        meaning.advice = fatal ? "drain the node, reset its GPUs and switches together; read the fabric manager's log for the port"
                               : "watch the port; read the fabric manager's log";
        return meaning;
    }
    const auto entry = m_entries.find(message.number);
    if (entry == m_entries.end()) {
        meaning.what = "an error that the catalog does not know";
        meaning.advice = "look it up in NVIDIA's catalog of the driver's release";
        return meaning;
    }
    meaning.mnemonic = entry->second.mnemonic;
    meaning.what = entry->second.what == "Unused" || entry->second.what.empty() ? entry->second.mnemonic : entry->second.what;
    meaning.immediate = entry->second.immediate;
    meaning.next = entry->second.next;
    meaning.advice = sentences(meaning.immediate, meaning.next);
    meaning.verdict = verdictOf(meaning.immediate);
    if (const auto judged = m_judgements.find(message.number); judged != m_judgements.end()) {
        meaning.verdict = judged->second.first;
        meaning.reading = judged->second.second;
    }
    if (const auto other = m_others.find(message.number); other != m_others.end())
        meaning.others = other->second;
    if (!message.unit.empty())
        decode(message, meaning);
    if (message.action) {
        constexpr const char *todo[] = {"nothing is to be done any more", "drain the node and reset the GPU (nvidia-smi --gpu-reset)", "drain the node and boot it",
                                        "end the programs that use this GPU together with others", "end all programs on this GPU and reset it",
                                        "recover the IMEX domain"};
        meaning.what = "the driver asks for: " + (message.actionText.empty() ? "action " + std::to_string(*message.action) : message.actionText);
        meaning.advice = *message.action < std::size(todo) ? todo[*message.action] : "do what the message says";
        meaning.verdict = *message.action == 0 ? Verdict::Qualified : Verdict::Failed;
    }
    return meaning;
}

} // namespace seatrial::analysis
