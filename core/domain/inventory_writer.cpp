// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/inventory_writer.h"

#include "core/domain/node_set.h"
#include "core/domain/yaml_text.h"

#include <algorithm>
#include <optional>

namespace seatrial::domain {

namespace {

/// Writes one fleet.
class FleetWriter
{
public:
    FleetWriter(const Fleet &fleet, const std::filesystem::path &target) : m_fleet(fleet)
    {
        std::error_code error;
        m_folder = std::filesystem::absolute(target, error).lexically_normal().parent_path();
    }

    std::string write();

private:
    /// A key of ssh with its value as it is written; empty: the node does not say it.
    using Keys = std::vector<std::pair<std::string, std::string>>;

    Keys keysOf(const SshAccess &ssh) const;
    void findCommon();
    void writeNode(const Node &node, const std::string &indent);
    std::string pathText(const std::filesystem::path &path) const;

    const Fleet &m_fleet;
    std::filesystem::path m_folder;
    Keys m_common; ///< what every node says
    bool m_sudo = false;
    std::string m_text;
};

std::string FleetWriter::pathText(const std::filesystem::path &path) const
{
    if (path.empty())
        return {};
    const auto relative = path.lexically_relative(m_folder);
    const bool below = !relative.empty() && *relative.begin() != ".." && relative != ".";
    std::string text = below ? relative.string() : path.string();
    if (text.starts_with('~')) // a file of that name, not somebody's home
        text.insert(0, "./");
    return yamlQuoted(text);
}

FleetWriter::Keys FleetWriter::keysOf(const SshAccess &ssh) const
{
    std::string hostKeys;
    for (const auto &key : ssh.hostKeys)
        hostKeys += (hostKeys.empty() ? "[" : ", ") + yamlQuoted(key);
    std::string jumps;
    for (const auto &jump : ssh.jumps.value_or(std::vector<std::string>{}))
        jumps += (jumps.empty() ? "" : ",") + jump;
    return {{"user", ssh.user.empty() ? std::string() : yamlQuoted(ssh.user)},
            {"port", ssh.port ? std::to_string(*ssh.port) : std::string()},
            {"identity", pathText(ssh.identity)},
            {"certificate", pathText(ssh.certificate)},
            {"config", pathText(ssh.config)},
            {"known_hosts", pathText(ssh.knownHosts)},
            {"host_keys", hostKeys.empty() ? hostKeys : hostKeys + "]"},
            {"jump", !ssh.jumps ? std::string() : jumps.empty() ? "none" : yamlQuoted(jumps)}};
}

void FleetWriter::findCommon()
{
    if (m_fleet.nodes.empty())
        return;
    m_common = keysOf(m_fleet.nodes.front().ssh);
    for (const auto &node : m_fleet.nodes) {
        const Keys keys = keysOf(node.ssh);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (keys[i].second != m_common[i].second)
                m_common[i].second.clear();
        }
    }
    m_sudo = std::ranges::all_of(m_fleet.nodes, &Node::sudo);
}

void FleetWriter::writeNode(const Node &node, const std::string &indent)
{
    m_text += indent + "- { name: " + yamlQuoted(node.id.text());
    if (node.address != node.id.text())
        m_text += ", address: " + yamlQuoted(node.address);
    if (!node.rack.empty()) {
        m_text += ", unit: " + yamlNumber(node.unit);
        if (node.height != 1)
            m_text += ", height: " + yamlNumber(node.height);
    }
    std::string ssh;
    const Keys keys = keysOf(node.ssh);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!keys[i].second.empty() && keys[i].second != m_common[i].second)
            ssh += (ssh.empty() ? "" : ", ") + keys[i].first + ": " + keys[i].second;
    }
    if (!ssh.empty())
        m_text += ", ssh: { " + ssh + " }";
    if (node.sudo && !m_sudo)
        m_text += ", privileges: sudo";
    m_text += " }\n";
}

std::string FleetWriter::write()
{
    findCommon();
    m_text = "version: 1\nname: " + yamlQuoted(m_fleet.name) + "\n";
    if (std::ranges::any_of(m_common, [](const auto &key) { return !key.second.empty(); })) {
        m_text += "ssh:\n";
        for (const auto &[key, value] : m_common) {
            if (!value.empty())
                m_text += "  " + key + ": " + value + "\n";
        }
    }
    if (m_sudo)
        m_text += "privileges: sudo\n";
    if (!m_fleet.racks.empty())
        m_text += "racks:\n";
    for (const auto &rack : m_fleet.racks) {
        m_text += "  - name: " + yamlQuoted(rack.id.text()) + "\n    height: " + std::to_string(rack.height) + "\n";
        bool first = true;
        for (const auto &node : m_fleet.nodes) {
            if (node.rack != rack.id)
                continue;
            m_text += std::exchange(first, false) ? "    nodes:\n" : "";
            writeNode(node, "      ");
        }
    }
    bool first = true;
    for (const auto &node : m_fleet.nodes) {
        if (!node.rack.empty())
            continue;
        m_text += std::exchange(first, false) ? "nodes:\n" : "";
        writeNode(node, "  ");
    }
    if (!m_fleet.shared.empty())
        m_text += "shared:\n";
    for (const auto &shared : m_fleet.shared) {
        std::string names = foldNodeSet(shared.nodes);
        const auto unfolded = expandNodeSet(names);
        const auto text = [](const NodeId &id) { return id.text(); };
        if (!unfolded || !std::ranges::equal(*unfolded, shared.nodes, {}, {}, text)) { // folding would change their order
            names.clear();
            for (const auto &node : shared.nodes)
                names += (names.empty() ? "" : ",") + node.text();
        }
        m_text += "  - { name: " + yamlQuoted(shared.name) + ", kind: " + yamlQuoted(shared.kind) + ", nodes: " + yamlQuoted(names) + " }\n";
    }
    return std::move(m_text);
}

} // namespace

std::string writeFleet(const Fleet &fleet, const std::filesystem::path &target)
{
    return FleetWriter(fleet, target).write();
}

std::string emptyInventory(const std::string &name)
{
    return "version: 1\nname: " + yamlQuoted(name) + "\n";
}

} // namespace seatrial::domain
