// SPDX-License-Identifier: GPL-3.0-or-later
// Adding nodes to an inventory that somebody wrote: a few lines more, and not another byte changed.
#include "core/domain/inventory_writer.h"

#include "core/domain/fleet_index.h"
#include "core/domain/yaml_text.h"

#include <algorithm>

namespace seatrial::domain {

namespace {

EntryProblem problem(EntryField field, std::string what, std::string advice = {})
{
    return {field, {Stage::Input, FailureKind::Invalid, std::move(what), {}, std::move(advice)}};
}

/// An entry as lines, each with the field that it comes from.
struct EntryLines {
    std::vector<std::string> text;
    std::vector<EntryField> fields;

    void add(EntryField field, std::string line)
    {
        text.push_back(std::move(line));
        fields.push_back(field);
    }
};

/// Numbers as they are typed, so that the reader judges them; whatever else between quotes.
std::string scalar(const std::string &text)
{
    const bool number = !text.empty() && text.size() < 20 && text.find_first_not_of("0123456789.-") == std::string::npos;
    return number ? text : yamlQuoted(text);
}

EntryLines linesOf(const NodeEntry &entry, std::size_t indent)
{
    EntryLines lines;
    const std::string dash(indent, ' ');
    const std::string inner(indent + 2, ' ');
    lines.add(EntryField::Name, dash + "- name: " + yamlQuoted(entry.name));
    const auto key = [&](EntryField field, const std::string &before, const char *name, const std::string &value) {
        if (!value.empty())
            lines.add(field, before + name + ": " + scalar(value));
    };
    if (!entry.address.empty())
        lines.add(EntryField::Address, inner + "address: " + yamlQuoted(entry.address));
    key(EntryField::Unit, inner, "unit", entry.unit);
    key(EntryField::Height, inner, "height", entry.height);
    if (entry.user.empty() && entry.port.empty() && entry.identity.empty() && entry.jump.empty())
        return lines;
    lines.add(EntryField::User, inner + "ssh:");
    key(EntryField::User, inner + "  ", "user", entry.user);
    key(EntryField::Port, inner + "  ", "port", entry.port);
    key(EntryField::Identity, inner + "  ", "identity", entry.identity);
    key(EntryField::Jump, inner + "  ", "jump", entry.jump);
    return lines;
}

/// "…: what", without file, line and column: a person who fills in fields has none of these before the eyes.
Failure withoutPlace(Failure failure, const std::filesystem::path &source, int &line)
{
    const std::string prefix = source.string() + ":";
    if (!failure.what.starts_with(prefix))
        return failure;
    const std::string rest = failure.what.substr(prefix.size());
    const auto first = rest.find(':');
    const auto second = first == std::string::npos ? first : rest.find(':', first + 1);
    if (second == std::string::npos)
        return failure;
    line = std::atoi(rest.c_str());
    failure.what = rest.substr(std::min(second + 2, rest.size()));
    return failure;
}

const YamlTree *itemNamed(const YamlTree &root, const std::string &key, const std::string &name)
{
    const auto list = std::ranges::find(root.keys, key, &YamlTree::text);
    if (list == root.keys.end())
        return nullptr;
    for (const YamlTree &item : root.items[static_cast<std::size_t>(list - root.keys.begin())].items) {
        const auto named = std::ranges::find(item.keys, "name", &YamlTree::text);
        if (named != item.keys.end() && item.items[static_cast<std::size_t>(named - item.keys.begin())].text == name)
            return &item;
    }
    return nullptr;
}

/// Everything that was there is there, unchanged.
bool keeps(const Fleet &before, const Fleet &after)
{
    const FleetIndex index(after);
    const bool nodes = std::ranges::all_of(before.nodes, [&](const Node &node) {
        const auto *same = index.find(node.id);
        return same && *same == node;
    });
    const bool racks = std::ranges::all_of(before.racks, [&](const Rack &rack) { return std::ranges::find(after.racks, rack) != after.racks.end(); });
    return nodes && racks && before.shared == after.shared && before.name == after.name;
}

/// The text with the lines of @p entry in it, and at which line they begin.
struct Inserted {
    std::string yaml;
    EntryLines lines;
    int firstLine = 0;
};

std::optional<Inserted> insert(const std::string &yaml, const YamlTree &root, const NodeEntry &entry)
{
    const YamlTree *rack = entry.rack.empty() ? nullptr : itemNamed(root, "racks", entry.rack);
    const bool newRack = !entry.rack.empty() && !rack;
    const auto place = rack ? placeInList(yaml, *rack, "nodes", false) : placeInList(yaml, root, newRack ? "racks" : "nodes", true);
    if (!place)
        return std::nullopt;
    std::vector<std::string> before = place->before;
    std::size_t indent = place->indent;
    if (newRack) {
        before.push_back(std::string(indent, ' ') + "- name: " + yamlQuoted(entry.rack));
        before.push_back(std::string(indent + 2, ' ') + "nodes:");
        indent += 4;
    }
    Inserted result{.yaml = yaml.substr(0, place->offset), .lines = linesOf(entry, indent), .firstLine = 0};
    const std::string end(lineEnding(yaml));
    if (!result.yaml.empty() && result.yaml.back() != '\n')
        result.yaml += end;
    for (const auto &line : before)
        result.yaml += line + end;
    result.firstLine = static_cast<int>(std::ranges::count(result.yaml, '\n')) + 1;
    for (const auto &line : result.lines.text)
        result.yaml += line + end;
    result.yaml += yaml.substr(place->offset);
    return result;
}

} // namespace

std::expected<Addition, EntryProblem> addEntry(const std::string &yaml, const std::filesystem::path &source, const NodeEntry &entry)
{
    if (entry.name.empty())
        return std::unexpected(problem(EntryField::Name, "a node needs a name", "write one, or a row of them like n[01-16]"));
    if (entry.rack.empty() && !(entry.unit.empty() && entry.height.empty()))
        return std::unexpected(problem(entry.unit.empty() ? EntryField::Height : EntryField::Unit, "a unit and a height need a rack"));
    if (!entry.rack.empty() && entry.unit.empty())
        return std::unexpected(problem(EntryField::Unit, "a node of a rack needs its lowest unit", "count from 1 at the bottom"));
    const auto root = parseYaml(yaml);
    if (!root)
        return std::unexpected(problem(EntryField::File, source.string() + ":" + std::to_string(root.error().line) + ": " + root.error().what));
    std::optional<Fleet> before;
    if (auto read = parseFleet(yaml, source); read)
        before = std::move(*read);
    else if (itemNamed(*root, "nodes", "") || yaml.find("nodes:") != std::string::npos)
        return std::unexpected(EntryProblem{EntryField::File, read.error()}); // only one without nodes may be begun

    auto inserted = insert(yaml, *root, entry);
    const auto cannot = [&] {
        return std::unexpected(problem(EntryField::File, source.string() + " is written in a way that nodes cannot be added to without changing the rest",
                                       "save into a new file, or write the entry into this one with an editor"));
    };
    if (!inserted)
        return cannot();
    auto after = parseFleet(inserted->yaml, source);
    if (!after) {
        int line = 0;
        Failure failure = withoutPlace(after.error(), source, line);
        const int index = line - inserted->firstLine;
        const bool ours = index >= 0 && index < static_cast<int>(inserted->lines.fields.size());
        if (ours)
            return std::unexpected(EntryProblem{inserted->lines.fields[static_cast<std::size_t>(index)], std::move(failure)});
        if (!parseYaml(inserted->yaml))
            return cannot();
        // The clash is told where the reader met the second of two: that may be a line that was there before.
        const auto about = [&](const char *part) { return failure.what.find(part) != std::string::npos; };
        const EntryField field = about("has the address") ? EntryField::Address : about("overlaps") ? EntryField::Unit : EntryField::Name;
        return std::unexpected(EntryProblem{before ? field : EntryField::File, before ? std::move(failure) : after.error()});
    }
    if (before && !keeps(*before, *after))
        return cannot();
    Addition addition{.yaml = std::move(inserted->yaml), .fleet = std::move(*after), .added = {}};
    const Fleet none;
    const FleetIndex known(before ? *before : none);
    for (const auto &node : addition.fleet.nodes) {
        if (!known.find(node.id))
            addition.added.push_back(node.id);
    }
    if (addition.added.empty())
        return cannot();
    return addition;
}

} // namespace seatrial::domain
