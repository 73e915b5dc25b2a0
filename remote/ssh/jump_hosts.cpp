// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/jump_hosts.h"

#include "remote/ssh/jump_host.h"
#include "remote/ssh/login_gate.h"
#include "remote/ssh/ssh_config.h"
#include "remote/text.h"

#include <charconv>

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr double kResolvedSeconds = 2; ///< as long as the ssh configuration is not looked at again
constexpr int kMaxDepth = 8;

/// "[user@]host[:port]", with brackets around an IPv6 address, perhaps after "ssh://".
Result<Node> hopNode(const std::string &text)
{
    std::string_view rest = text;
    if (rest.starts_with("ssh://"))
        rest.remove_prefix(6);
    Node node;
    node.id = NodeId("jump host " + printable(text));
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        node.ssh.user = rest.substr(0, at);
        rest.remove_prefix(at + 1);
    }
    const bool bracketed = rest.starts_with('[') && rest.find(']') != std::string_view::npos;
    const std::size_t hostEnd = bracketed ? rest.find(']') + 1 : rest.find(':') == rest.rfind(':') ? rest.find(':') : rest.npos;
    const std::string_view host = rest.substr(0, hostEnd);
    const std::string_view port = hostEnd >= rest.size() ? std::string_view() : rest.substr(hostEnd);
    node.address = bracketed ? host.substr(1, host.size() - 2) : host;
    if (!port.empty()) {
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
        if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || number == 0)
            node.address.clear();
        node.ssh.port = number;
    }
    if (node.address.empty()) {
        return std::unexpected(Failure{Stage::Input, FailureKind::Invalid,
                                       node.id.text() + ": expected [user@]host[:port]", "finding the way to the node",
                                       "correct 'jump' in the inventory, or ProxyJump in the ssh configuration"});
    }
    return node;
}

std::string settingsText(const SshSettings &settings)
{
    std::string text = settings.user + '@' + placeText(settings, nullptr) + '|' + settings.hostKeyAlias + '|' + settings.agentSocket
        + (settings.identitiesOnly ? "|only" : "|") + (settings.keysAllowed ? 'k' : '-') + (settings.promptsAllowed ? 'i' : '-')
        + (settings.passwordAllowed ? 'p' : '-');
    for (const auto *files : {&settings.identities, &settings.certificates, &settings.knownHosts, &settings.globalKnownHosts, &settings.revokedKeys}) {
        for (const auto &file : *files)
            text += '|' + file.string();
    }
    return text;
}

std::string joined(const std::vector<std::string> &hops)
{
    std::string text;
    for (const std::string &hop : hops)
        text += hop + '\n';
    return text;
}

} // namespace

JumpHosts::JumpHosts(std::shared_ptr<SshConfig> config, DialTerms terms) : m_config(std::move(config)), m_terms(std::move(terms))
{
}

JumpHosts::~JumpHosts() = default;

Result<std::shared_ptr<JumpHost>> JumpHosts::last(const std::vector<std::string> &hops, const std::string &where,
                                                  const std::atomic<bool> &cancelled)
{
    if (hops.empty())
        return std::shared_ptr<JumpHost>();
    const std::string key = joined(hops);
    {
        const std::lock_guard lock(m_mutex);
        const auto known = m_resolved.find(key);
        if (known != m_resolved.end() && secondsSince(known->second.resolved) < kResolvedSeconds)
            return known->second.host;
    }
    auto host = resolve(hops, 0, cancelled);
    if (!host) {
        Failure failure = host.error();
        failure.what = where + (failure.kind == FailureKind::Cancelled ? ": cancelled" : ": through " + failure.what);
        return std::unexpected(failure);
    }
    const std::lock_guard lock(m_mutex);
    m_resolved[key] = {now(), *host};
    return host;
}

Result<std::shared_ptr<JumpHost>> JumpHosts::resolve(const std::vector<std::string> &hops, int depth,
                                                     const std::atomic<bool> &cancelled)
{
    std::shared_ptr<JumpHost> before;
    for (std::size_t i = 0; i < hops.size(); ++i) {
        auto node = hopNode(hops[i]);
        if (!node)
            return std::unexpected(node.error());
        if (i > 0)
            node->ssh.jumps.emplace(); // the list says the way there
        const auto settings = m_config->settings(*node, cancelled);
        if (!settings)
            return std::unexpected(settings.error());
        if (!settings->jumps.empty()) {
            if (depth >= kMaxDepth) {
                return std::unexpected(Failure{Stage::Input, FailureKind::Invalid,
                                               node->id.text() + ": the jump hosts lead in a circle, or there are more than "
                                                   + std::to_string(kMaxDepth),
                                               "finding the way to the node", "correct ProxyJump in the ssh configuration"});
            }
            auto own = resolve(settings->jumps, depth + 1, cancelled);
            if (!own)
                return own;
            before = std::move(*own);
        }
        before = hostFor(printable(hops[i]), *settings, before);
    }
    return before;
}

std::shared_ptr<JumpHost> JumpHosts::hostFor(const std::string &name, const SshSettings &settings,
                                             const std::shared_ptr<JumpHost> &before)
{
    // Two that share their jump host share its address in memory, too.
    const std::string key = std::to_string(reinterpret_cast<std::uintptr_t>(before.get())) + '|' + settingsText(settings);
    const std::lock_guard lock(m_mutex);
    auto &host = m_hosts[key];
    if (!host)
        host = std::make_shared<JumpHost>(name, settings, before, m_terms);
    return host;
}

} // namespace seatrial::remote
