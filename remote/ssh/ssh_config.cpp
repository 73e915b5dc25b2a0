// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/ssh_config.h"

#include "remote/links/collect.h"
#include "remote/links/local_process.h"
#include "remote/text.h"
#include "remote/wait.h"

#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr double kAskSeconds = 10;
constexpr double kScanAgeSeconds = 2; ///< a window lives long, and its user edits files meanwhile

/// Who runs this program. From the account, as ssh does it, not from $HOME.
struct LocalUser {
    std::string name;
    std::filesystem::path home;
};

const LocalUser &localUser()
{
    static const LocalUser user = [] {
        LocalUser found{"user", "/"};
        passwd entry{};
        passwd *result = nullptr;
        std::array<char, 16 * 1024> buffer;
        if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &result) == 0 && result != nullptr)
            found = {result->pw_name, result->pw_dir};
        return found;
    }();
    return user;
}

std::string nodeName(const Node &node)
{
    return node.address.empty() ? node.id.text() : node.address;
}

/// A name that neither ssh nor libssh could take for something else.
bool usableName(const std::string &name)
{
    return !name.empty() && name.size() <= 255 && name[0] != '-'
        && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%")
               == std::string::npos;
}

bool usableUser(const std::string &user)
{
    return user.size() <= 255 && (user.empty() || user[0] != '-')
        && user.find_first_of("'`\"\\;&<>|(){}$@ \t\n\r!*?[]~#") == std::string::npos;
}

Failure invalid(const Node &node, const std::string &what, const std::string &advice)
{
    return {Stage::Input, FailureKind::Invalid, node.id.text() + ": " + what, "reading the inventory", advice};
}

/// The values of `ssh -G`, first one wins except for lists.
class Dump
{
public:
    explicit Dump(const std::string &text)
    {
        for (const auto line : lines(text)) {
            const std::size_t blank = std::min(line.find(' '), line.size());
            m_values.emplace(std::string(line.substr(0, blank)),
                             std::string(line.substr(std::min(blank + 1, line.size()))));
        }
    }
    std::string value(const std::string &keyword) const
    {
        const auto found = m_values.find(keyword);
        return found == m_values.end() || found->second == "none" ? std::string() : found->second;
    }
    bool has(const std::string &keyword) const { return m_values.contains(keyword); }
    std::vector<std::string> values(const std::string &keyword) const
    {
        std::vector<std::string> all;
        for (auto [from, to] = m_values.equal_range(keyword); from != to; ++from) {
            if (from->second != "none")
                all.push_back(from->second);
        }
        return all;
    }

private:
    std::multimap<std::string, std::string> m_values;
};

/// Puts in what "~" and ssh's percent tokens stand for. Empty if there is one that is not known here.
std::string expanded(const std::string &text, const SshSettings &settings, const Node &node)
{
    std::string result = text;
    if (result == "~" || result.starts_with("~/"))
        result.replace(0, 1, localUser().home.string());
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    const std::string self = name.data();
    std::string done;
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (result[i] != '%') {
            done += result[i];
            continue;
        }
        const char token = ++i < result.size() ? result[i] : '\0';
        switch (token) {
        case '%': done += '%'; break;
        case 'd': done += localUser().home.string(); break;
        case 'h': done += settings.host; break;
        case 'i': done += std::to_string(getuid()); break;
        case 'k': done += settings.hostKeyAlias.empty() ? nodeName(node) : settings.hostKeyAlias; break;
        case 'L': done += self.substr(0, self.find('.')); break;
        case 'l': done += self; break;
        case 'n': done += nodeName(node); break;
        case 'p': done += std::to_string(settings.port); break;
        case 'r': done += settings.user; break;
        case 'u': done += localUser().name; break;
        default: return {};
        }
    }
    return done;
}

std::string agentSocket(const Dump &dump, const SshSettings &settings, const Node &node)
{
    const auto variable = [](const std::string &name) {
        const char *value = std::getenv(name.c_str());
        return std::string(value != nullptr ? value : "");
    };
    if (!dump.values("identityagent").empty()) {
        const std::string text = dump.value("identityagent");
        if (text == "SSH_AUTH_SOCK")
            return variable(text);
        return text.starts_with('$') ? variable(text.substr(1)) : expanded(text, settings, node);
    }
    // "identityagent none" is an answer, too: no agent.
    return dump.has("identityagent") ? std::string() : variable("SSH_AUTH_SOCK");
}

std::vector<std::filesystem::path> paths(const std::string &list, const SshSettings &settings, const Node &node)
{
    std::vector<std::filesystem::path> all;
    for (const std::string &word : words(list)) {
        if (const std::string path = expanded(word, settings, node); !path.empty())
            all.emplace_back(path);
    }
    return all;
}

/// "ops@gate:2222,inner"
std::vector<std::string> hops(const std::string &list)
{
    std::vector<std::string> all;
    for (std::size_t from = 0; from < list.size();) {
        const std::size_t to = std::min(list.find(',', from), list.size());
        all.push_back(list.substr(from, to - from));
        from = to + 1;
    }
    return all;
}

void applyInventory(SshSettings &settings, const Node &node)
{
    if (!node.ssh.user.empty())
        settings.user = node.ssh.user;
    if (node.ssh.port)
        settings.port = *node.ssh.port;
    if (!node.ssh.identity.empty()) {
        settings.identities = {node.ssh.identity};
        settings.identityGiven = true;
    }
    if (!node.ssh.certificate.empty()) {
        settings.certificates = {node.ssh.certificate};
        settings.certificateGiven = true;
    }
    settings.hostKeys = node.ssh.hostKeys;
    if (!node.ssh.knownHosts.empty())
        settings.knownHosts = {node.ssh.knownHosts};
}

/// What may be tried at all. BatchMode: nothing that a person would be asked for.
void applyMethods(SshSettings &settings, const Dump &dump)
{
    const std::string preferred = dump.value("preferredauthentications");
    const auto allowed = [&](const char *keyword, const std::string &method) {
        const std::string value = dump.value(keyword);
        return value != "no" && value != "false"
            && (preferred.empty() || ("," + preferred + ",").find("," + method + ",") != std::string::npos);
    };
    const bool batch = dump.value("batchmode") == "yes";
    settings.keysAllowed = allowed("pubkeyauthentication", "publickey");
    settings.promptsAllowed = !batch && allowed("kbdinteractiveauthentication", "keyboard-interactive");
    settings.passwordAllowed = !batch && allowed("passwordauthentication", "password");
}

/// What ssh would say without any configuration.
std::string plainAnswer(const Node &node)
{
    return "host " + nodeName(node) + "\nhostname " + nodeName(node) + "\nuser " + localUser().name
        + "\nport 22\nidentityfile ~/.ssh/id_rsa\nidentityfile ~/.ssh/id_ecdsa\nidentityfile ~/.ssh/id_ed25519\n"
          "userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2\n"
          "globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2\n";
}

} // namespace

SshConfig::SshConfig(std::optional<std::filesystem::path> file) : m_file(std::move(file)) {}

Result<SshSettings> SshConfig::parse(const std::string &text, const Node &node, bool shared)
{
    const Dump dump(text);
    SshSettings settings;
    settings.host = shared ? nodeName(node) : dump.value("hostname");
    settings.user = dump.value("user");
    const std::string port = dump.value("port");
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), settings.port);
    if (settings.host.empty() || error != std::errc() || end != port.data() + port.size()) {
        return std::unexpected(Failure{Stage::Input, FailureKind::Broken,
                                       node.id.text() + ": the answer of 'ssh -G' cannot be read: "
                                           + printable(text.substr(0, 200)),
                                       "asking ssh for its configuration", "try 'ssh -G " + nodeName(node) + "'"});
    }
    if (const std::string value = dump.value("proxycommand"); !value.empty() && !node.ssh.jumps) {
        return std::unexpected(Failure{Stage::Input, FailureKind::Unsupported,
                                       node.id.text() + ": the ssh configuration reaches it by the command '"
                                           + printable(value) + "', and Seatrial runs no such commands",
                                       "asking ssh for its configuration",
                                       "name the host to go through as ProxyJump in the ssh configuration or as 'jump' in the "
                                       "inventory; 'ssh -W %h:%p HOST' is the same as ProxyJump HOST"});
    }
    settings.jumps = node.ssh.jumps ? *node.ssh.jumps : hops(dump.value("proxyjump"));
    applyInventory(settings, node);
    settings.hostKeyAlias = dump.value("hostkeyalias");
    settings.identitiesOnly = dump.value("identitiesonly") == "yes";
    const std::string family = dump.value("addressfamily");
    settings.addressFamily = family == "inet" ? AF_INET : family == "inet6" ? AF_INET6 : AF_UNSPEC;
    if (const double seconds = std::strtod(dump.value("connecttimeout").c_str(), nullptr); seconds > 0)
        settings.connectSeconds = seconds;
    settings.agentSocket = agentSocket(dump, settings, node);
    if (!settings.identityGiven) {
        for (const std::string &file : dump.values("identityfile")) {
            if (const std::string path = expanded(file, settings, node); !path.empty())
                settings.identities.emplace_back(path);
        }
    }
    if (!settings.certificateGiven) {
        for (const std::string &file : dump.values("certificatefile")) {
            if (const std::string path = expanded(file, settings, node); !path.empty())
                settings.certificates.emplace_back(path);
        }
    }
    applyMethods(settings, dump);
    if (settings.knownHosts.empty())
        settings.knownHosts = paths(dump.value("userknownhostsfile"), settings, node);
    settings.globalKnownHosts = paths(dump.value("globalknownhostsfile"), settings, node);
    settings.revokedKeys = paths(dump.value("revokedhostkeys"), settings, node);
    return settings;
}

Result<SshSettings> SshConfig::settings(const Node &node, const std::atomic<bool> &cancelled)
{
    if (!usableName(nodeName(node))) {
        return std::unexpected(invalid(node, "its address '" + printable(nodeName(node)) + "' is no host name or address",
                                       "write a name, an IPv4 or an IPv6 address; the user goes into 'user'"));
    }
    if (!usableUser(node.ssh.user)) {
        return std::unexpected(invalid(node, "its user '" + printable(node.ssh.user) + "' is no user name",
                                       "correct 'user' in the inventory"));
    }
    const auto dump = dumpFor(node, cancelled);
    if (!dump)
        return std::unexpected(dump.error());
    return parse(dump->first, node, dump->second);
}

Result<std::pair<std::string, bool>> SshConfig::dumpFor(const Node &node, const std::atomic<bool> &cancelled)
{
    std::unique_lock lock(m_mutex, std::defer_lock);
    while (!lock.try_lock_for(std::chrono::milliseconds(50))) {
        if (cancelled)
            return std::unexpected(Failure{Stage::Input, FailureKind::Cancelled, node.id.text() + ": cancelled", {}, {}});
    }
    auto likeness = scan().likeness(nodeName(node));
    if (!likeness) {
        lock.unlock(); // each host by itself, and at the same time
        auto dump = ask(node, cancelled);
        if (!dump)
            return std::unexpected(dump.error());
        return std::pair(std::move(*dump), false);
    }
    // Match blocks are out, so user and port cannot change the rest; but they are part of the answer.
    *likeness += '|' + node.ssh.user + '|' + std::to_string(node.ssh.port.value_or(0)) + (node.ssh.jumps ? "|way given" : "");
    if (const auto known = m_answers.find(*likeness); known != m_answers.end())
        return std::pair(known->second, true);
    auto dump = ask(node, cancelled);
    if (!dump)
        return std::unexpected(dump.error());
    m_answers[*likeness] = *dump;
    return std::pair(std::move(*dump), true);
}

const ConfigScan &SshConfig::scan()
{
    if (!m_scan || secondsSince(m_scanned) > kScanAgeSeconds) {
        m_scan = ConfigScan::read(localUser().home, m_file);
        m_scanned = now();
        m_answers.clear();
    }
    return *m_scan;
}

Result<std::string> SshConfig::ask(const Node &node, const std::atomic<bool> &cancelled)
{
    ++m_questions;
    std::vector<std::string> command{"ssh", "-G", "-T"};
    if (m_file)
        command.insert(command.end(), {"-F", m_file->string()});
    if (!node.ssh.user.empty())
        command.insert(command.end(), {"-l", node.ssh.user});
    if (node.ssh.port)
        command.insert(command.end(), {"-p", std::to_string(*node.ssh.port)});
    if (node.ssh.jumps) // else ssh objects to jump hosts of its configuration that lead in a circle
        command.insert(command.end(), {"-o", "ProxyJump=none"});
    command.insert(command.end(), {"--", nodeName(node)});

    const auto process = LocalProcess::start(command);
    if (!process) {
        if (process.error().kind == FailureKind::NotFound && !m_file
            && !ConfigScan::read(localUser().home, std::nullopt).anyFile())
            return plainAnswer(node);
        return std::unexpected(Failure{Stage::Input, FailureKind::NotFound,
                                       node.id.text() + ": cannot ask ssh for its configuration: " + process.error().what,
                                       "running 'ssh -G'", "install the package openssh-client"});
    }
    const auto output = collect(**process, {}, kAskSeconds, node.id.text(), cancelled);
    if (!output) {
        Failure failure = output.error();
        failure.stage = Stage::Input;
        failure.attempted = "running 'ssh -G " + nodeName(node) + "'";
        return std::unexpected(failure);
    }
    if (output->exitStatus != 0) {
        return std::unexpected(Failure{Stage::Input, FailureKind::Invalid,
                                       node.id.text() + ": ssh does not accept its configuration: "
                                           + printable(output->errors.substr(0, 500)),
                                       "running 'ssh -G " + nodeName(node) + "'", "correct the file that it names"});
    }
    return output->output;
}

} // namespace seatrial::remote
