// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/inventory.h"
#include "core/domain/names.h"
#include "core/domain/node_set.h"
#include "core/domain/yaml_reader.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace seatrial::domain {

namespace {

constexpr int kMaxRackHeight = 100;
constexpr std::size_t kMaxMemberships = 1'000'000;
constexpr double kUnitTolerance = 1e-6; ///< of places, which may be fractions of a unit

bool isLetterOrDigit(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
        || (character >= '0' && character <= '9');
}

/// Reads one inventory.
class InventoryReader
{
public:
    explicit InventoryReader(const std::filesystem::path &source) : m_reader(source, "inventory")
    {
        std::error_code error;
        m_fleet.source = std::filesystem::absolute(source, error).lexically_normal();
    }

    Result<Fleet> read(const std::string &yaml);

private:
    void readRack(const YamlTree &tree);
    void readNodes(const YamlTree &tree, const Rack *rack);
    void readShared(const YamlTree &tree);
    SshAccess readSsh(const YamlTree &tree, SshAccess base);
    std::vector<std::string> readHostKeys(YamlMap &map);
    std::vector<std::string> readJumps(YamlMap &map);
    bool readSudo(YamlMap &map, bool otherwise);
    std::filesystem::path readPath(YamlMap &map, std::string_view key, const std::filesystem::path &otherwise);

    std::vector<std::string> expand(YamlMap &map, std::string_view key);
    void addNode(YamlMap &map, Node node);
    void claimPlace(YamlMap &map, const Node &node, const Rack &rack);

    YamlReader m_reader;
    Fleet m_fleet;
    std::filesystem::path m_inventory; ///< its whole name
    SshAccess m_ssh;
    bool m_sudo = false;
    std::set<std::string> m_nodeNames;
    std::set<RackId> m_rackNames;
    std::set<std::string> m_sharedNames;
    std::size_t m_memberships = 0; ///< nodes named by shared resources
    std::map<std::string, std::string> m_addresses;           ///< address:port to the name of its node
    std::map<RackId, std::map<double, const Node>> m_places;  ///< by rack and lowest unit
};

Result<Fleet> InventoryReader::read(const std::string &yaml)
{
    const YamlTree &root = m_reader.parse(yaml);
    YamlMap file(m_reader, root, "an inventory", {"version", "name", "ssh", "privileges", "shared", "racks", "nodes"});
    file.requireVersion();
    m_fleet.name = file.text("name", m_fleet.source.stem().string());
    std::error_code ignored; // without a current folder the name as given has to do
    m_inventory = std::filesystem::absolute(m_fleet.source, ignored).lexically_normal();
    m_ssh = readSsh(file.map("ssh"), {});
    m_sudo = readSudo(file, false);
    for (const YamlTree &rack : file.list("racks"))
        readRack(rack);
    for (const YamlTree &node : file.list("nodes"))
        readNodes(node, nullptr);
    for (const YamlTree &shared : file.list("shared"))
        readShared(shared);
    if (m_fleet.nodes.empty())
        m_reader.fail(root, "the inventory has no nodes, expected at least one under racks or nodes");
    if (m_reader.failure())
        return std::unexpected(*m_reader.failure());
    return std::move(m_fleet);
}

void InventoryReader::readRack(const YamlTree &tree)
{
    YamlMap map(m_reader, tree, "a rack", {"name", "height", "nodes"});
    Rack rack{.id = RackId(map.text("name")), .height = map.integer("height", 1, kMaxRackHeight, 42)};
    if (rack.id.text().size() > kMaxNodeNameBytes)
        map.fail("name", "the name of the rack is longer than 64 bytes");
    if (!m_rackNames.insert(rack.id).second)
        map.fail("name", "there is a rack " + rack.id.text() + " already, expected each name once");
    m_fleet.racks.push_back(rack);
    for (const YamlTree &node : map.list("nodes"))
        readNodes(node, &rack);
}

/// One node, or a folded row of them.
void InventoryReader::readNodes(const YamlTree &tree, const Rack *rack)
{
    YamlMap map = rack ? YamlMap(m_reader, tree, "a node of a rack", {"name", "address", "unit", "height", "step", "ssh", "privileges"})
                       : YamlMap(m_reader, tree, "a node", {"name", "address", "ssh", "privileges"});
    const std::vector<std::string> names = expand(map, "name");
    const std::vector<std::string> addresses = map.has("address") ? expand(map, "address") : names;
    if (names.size() != addresses.size())
        map.fail("address", "there are " + std::to_string(names.size()) + " names but " + std::to_string(addresses.size())
                                + " addresses, expected as many of both");
    if (!m_reader.ok())
        return;

    Node node;
    node.inventory = m_inventory;
    node.ssh = readSsh(map.map("ssh"), m_ssh);
    node.sudo = readSudo(map, m_sudo);
    double step = 0;
    if (rack) {
        node.rack = rack->id;
        node.unit = map.number("unit", 1, rack->height);
        node.height = map.number("height", 0.1, kMaxRackHeight, 1);
        step = map.number("step", -kMaxRackHeight, kMaxRackHeight, node.height);
    }
    for (std::size_t index = 0; index < names.size() && m_reader.ok(); ++index) {
        Node one = node;
        one.id = NodeId(names[index]);
        one.address = addresses[index];
        one.unit += static_cast<double>(index) * step;
        if (rack)
            claimPlace(map, one, *rack);
        addNode(map, std::move(one));
    }
}

std::vector<std::string> InventoryReader::expand(YamlMap &map, std::string_view key)
{
    const std::string expression = map.text(key);
    if (!m_reader.ok())
        return {};
    auto names = expandNodeSet(expression);
    if (names)
        return std::move(*names);
    map.fail(key, std::string(key) + " \"" + expression + "\", " + names.error().what, names.error().advice);
    return {};
}

void InventoryReader::addNode(YamlMap &map, Node node)
{
    const std::string &name = node.id.text();
    if (!isNodeName(name))
        map.fail("name", "found \"" + name + "\" as name of a node, expected at most 64 letters, digits, '.', '_' or '-', "
                                             "beginning with a letter or a digit");
    if (!isSafeArgument(node.address))
        map.fail("address", "found \"" + node.address + "\" as address, expected a host name or an IP address");
    if (!m_nodeNames.insert(name).second)
        map.fail("name", "there is a node " + name + " already, expected each name once");
    if (m_nodeNames.size() > kMaxExpandedNodes)
        map.fail("name", "the inventory has more than " + std::to_string(kMaxExpandedNodes) + " nodes, expected fewer");
    std::string endpoint = node.address + ":" + std::to_string(node.ssh.port.value_or(0));
    for (const std::string &jump : node.ssh.jumps.value_or(std::vector<std::string>{}))
        endpoint += " behind " + jump; // private addresses are there in every hall
    const auto [other, isNew] = m_addresses.try_emplace(endpoint, name);
    if (!isNew)
        map.fail("address", "node " + other->second + " has the address " + node.address
                                + " already, expected each once: it would be measured twice under two names");
    m_fleet.nodes.push_back(std::move(node));
}

void InventoryReader::claimPlace(YamlMap &map, const Node &node, const Rack &rack)
{
    const auto shown = [](double number) {
        std::string text = std::to_string(number);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.'))
            text.pop_back();
        return text;
    };
    const double top = node.unit + node.height;
    if (node.unit < 1 - kUnitTolerance || top > rack.height + 1 + kUnitTolerance) {
        map.fail("unit", "node " + node.id.text() + " would take units " + shown(node.unit) + " to " + shown(top - 1)
                             + ", expected them within 1 to " + std::to_string(rack.height) + " of rack " + rack.id.text());
        return;
    }
    auto &places = m_places[rack.id];
    const auto above = places.lower_bound(node.unit);
    const auto overlaps = [&](const Node &other) {
        return other.unit < top - kUnitTolerance && node.unit < other.unit + other.height - kUnitTolerance;
    };
    const Node *other = nullptr;
    if (above != places.end() && overlaps(above->second))
        other = &above->second;
    else if (above != places.begin() && overlaps(std::prev(above)->second))
        other = &std::prev(above)->second;
    if (other)
        map.fail("unit", "node " + node.id.text() + " at unit " + shown(node.unit) + " overlaps " + other->id.text() + " at unit "
                             + shown(other->unit) + ", height " + shown(other->height) + ", in rack " + rack.id.text()
                             + ", expected a free place");
    places.emplace(node.unit, node);
}

void InventoryReader::readShared(const YamlTree &tree)
{
    YamlMap map(m_reader, tree, "a shared resource", {"name", "kind", "nodes"});
    SharedResource shared;
    shared.name = map.text("name");
    shared.kind = map.text("kind");
    const std::vector<std::string> names = expand(map, "nodes");
    for (const std::string &name : names) {
        if (!m_reader.ok())
            return;
        if (!m_nodeNames.contains(name))
            map.fail("nodes", "found node " + name + ", which is not in this inventory, expected one that is");
        shared.nodes.emplace_back(name);
    }
    m_memberships += names.size();
    if (m_memberships > kMaxMemberships)
        map.fail("nodes", "the shared resources name more than 1000000 nodes in all, expected fewer");
    if (!m_sharedNames.insert(shared.name).second)
        map.fail("name", "there is a shared resource " + shared.name + " already, expected each name once");
    m_fleet.shared.push_back(std::move(shared));
}

SshAccess InventoryReader::readSsh(const YamlTree &tree, SshAccess base)
{
    YamlMap map(m_reader, tree, "ssh", {"user", "identity", "certificate", "config", "known_hosts", "host_keys", "jump", "port"});
    base.user = map.text("user", base.user);
    if (map.has("user") && !isSafeArgument(base.user))
        map.fail("user", "found \"" + base.user + "\" as user, expected the name of an account");
    if (map.has("port"))
        base.port = static_cast<std::uint16_t>(map.integer("port", 1, 65535));
    base.identity = readPath(map, "identity", base.identity);
    base.certificate = readPath(map, "certificate", base.certificate);
    base.config = readPath(map, "config", base.config);
    base.knownHosts = readPath(map, "known_hosts", base.knownHosts);
    if (map.has("host_keys"))
        base.hostKeys = readHostKeys(map);
    if (map.has("jump"))
        base.jumps = readJumps(map);
    return base;
}

/// Fingerprints as `ssh-keygen -l` prints them.
std::vector<std::string> InventoryReader::readHostKeys(YamlMap &map)
{
    constexpr std::size_t kDigits = 43; // SHA-256 in base64 without padding
    std::vector<std::string> keys;
    for (const YamlTree &item : map.list("host_keys")) {
        const std::string &key = item.text;
        const std::string_view digits = std::string_view(key).substr(std::min<std::size_t>(key.size(), 7));
        const auto base64 = [](char character) { return isLetterOrDigit(character) || character == '+' || character == '/'; };
        if (!key.starts_with("SHA256:") || digits.size() != kDigits || !std::ranges::all_of(digits, base64))
            m_reader.fail(item, "found \"" + key + "\" as a host key, expected its fingerprint like SHA256:47DEQ…, as "
                                "ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub prints it");
        keys.push_back(key);
    }
    if (keys.empty())
        map.fail("host_keys", "there is no fingerprint under host_keys, expected at least one");
    return keys;
}

/// "none", or hosts with commas between them as ssh -J takes them.
std::vector<std::string> InventoryReader::readJumps(YamlMap &map)
{
    constexpr std::size_t kMaxJumps = 8;
    const std::string text = map.text("jump");
    if (text == "none")
        return {};
    std::vector<std::string> jumps;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t to = std::min(text.find(',', from), text.size());
        jumps.push_back(text.substr(from, to - from));
        if (!isSafeArgument(jumps.back()))
            map.fail("jump", "found \"" + jumps.back() + "\" as a host to go through, expected [user@]host[:port]");
        from = to + 1;
    }
    if (jumps.size() > kMaxJumps)
        map.fail("jump", "there are " + std::to_string(jumps.size()) + " hosts to go through, expected at most "
                             + std::to_string(kMaxJumps));
    return jumps;
}

bool InventoryReader::readSudo(YamlMap &map, bool otherwise)
{
    const auto allowed = [](const std::string &word) {
        return word == "sudo" ? std::optional(true) : word == "none" ? std::optional(false) : std::nullopt;
    };
    return map.word<bool>("privileges", allowed, "sudo or none", otherwise);
}

/// Relative paths are relative to the inventory, so that a folder with both can be moved.
std::filesystem::path InventoryReader::readPath(YamlMap &map, std::string_view key, const std::filesystem::path &otherwise)
{
    if (!map.has(key))
        return otherwise;
    const std::string text = map.text(key);
    if (!text.starts_with('~'))
        return (m_fleet.source.parent_path() / text).lexically_normal();
    const char *const home = std::getenv("HOME");
    if (!home || (text.size() > 1 && text[1] != '/')) {
        map.fail(key, "found \"" + text + "\" as " + std::string(key) + ", expected a path, of which only your own ~ is known");
        return {};
    }
    return (std::filesystem::path(home) / text.substr(std::min<std::size_t>(2, text.size()))).lexically_normal();
}

} // namespace

Result<Fleet> loadFleet(const std::filesystem::path &file)
{
    const auto text = YamlReader::readFile(file, "inventory");
    if (!text)
        return std::unexpected(text.error());
    return parseFleet(*text, file);
}

Result<Fleet> parseFleet(const std::string &yaml, const std::filesystem::path &source)
{
    return InventoryReader(source).read(yaml);
}

} // namespace seatrial::domain
