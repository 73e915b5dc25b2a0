// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/host_keys.h"

#include "remote/shell_quote.h"
#include "remote/ssh/session.h"
#include "remote/ssh/trusted_keys.h"
#include "remote/text.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace seatrial::remote {

using namespace domain;

namespace {

std::vector<std::filesystem::path> allFiles(const SshSettings &settings)
{
    auto files = settings.knownHosts;
    files.insert(files.end(), settings.globalKnownHosts.begin(), settings.globalKnownHosts.end());
    return files;
}

std::string kindOf(ssh_key key)
{
    const char *name = ssh_key_type_to_char(ssh_key_type(key));
    return name != nullptr ? name : "unknown";
}

Failure revoked(const std::string &where, ssh_key key, const std::string &by)
{
    return {Stage::HostKey, FailureKind::Changed,
            where + ": the host key it shows was revoked: " + kindOf(key) + " " + fingerprint(key) + ", by " + by,
            "checking the host key",
            "do not log in there. Ask the node's administrator; the node needs a new host key"};
}

/// RevokedHostKeys of the ssh configuration: a list of public keys. Empty if @p key is not in it.
Result<std::string> revokedByList(const std::filesystem::path &file, ssh_key key, const std::string &where)
{
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    const std::string content = text.str();
    if (!in || content.starts_with("SSHKRL\n")) {
        return std::unexpected(Failure{Stage::HostKey, FailureKind::Unsupported,
                                       where + ": the list of revoked host keys " + file.string()
                                           + (in ? " is a binary KRL, which is not read yet" : " cannot be read"),
                                       "checking the host key against RevokedHostKeys of the ssh configuration",
                                       "give the list as a text file of public keys"});
    }
    int number = 0;
    for (const auto line : lines(content)) {
        ++number;
        ssh_knownhosts_entry *entry = nullptr;
        if (ssh_known_hosts_parse_line(nullptr, ("* " + std::string(line)).c_str(), &entry) != SSH_OK)
            continue;
        const bool same = ssh_key_cmp(entry->publickey, key, SSH_KEY_CMP_PUBLIC) == 0;
        ssh_knownhosts_entry_free(entry);
        if (same)
            return file.string() + ":" + std::to_string(number);
    }
    return std::string();
}

} // namespace

HostKeys::HostKeys(NodeId node, const SshSettings &settings)
    : m_node(std::move(node)), m_settings(settings), m_files(allFiles(settings)),
      m_known(settings.hostKeys.empty() ? m_files.keysFor(settings.knownAs()) : std::vector<KnownKey>())
{
}

Result<void> HostKeys::check(const Session &session, campaign::Questions &questions, TrustedKeys &trusted) const
{
    ssh_key shown = nullptr;
    if (ssh_get_server_publickey(session.handle(), &shown) != SSH_OK) {
        return std::unexpected(Failure{Stage::HostKey, FailureKind::Broken, session.where() + ": it shows no host key",
                                       "checking the host key", "try 'ssh -v' to this node and compare"});
    }
    const Key key(shown);
    if (const auto good = checkRevoked(session, shown); !good)
        return good;
    if (!m_settings.hostKeys.empty())
        return checkPinned(session, shown);
    const bool known = std::any_of(m_known.begin(), m_known.end(), [shown](const KnownKey &one) {
        return ssh_key_cmp(one.key.get(), shown, SSH_KEY_CMP_PUBLIC) == 0;
    });
    if (known)
        return {};
    if (!m_known.empty())
        return std::unexpected(changed(session, shown));
    if (trusted.has(m_settings.knownAs(), fingerprint(shown)))
        return {};
    return ask(session, shown, questions, trusted);
}

Result<void> HostKeys::checkRevoked(const Session &session, ssh_key key) const
{
    if (const std::string by = m_files.revokedBy(key); !by.empty())
        return std::unexpected(revoked(session.where(), key, by));
    for (const auto &file : m_settings.revokedKeys) {
        const auto by = revokedByList(file, key, session.where());
        if (!by)
            return std::unexpected(by.error());
        if (!by->empty())
            return std::unexpected(revoked(session.where(), key, *by));
    }
    return {};
}

Failure HostKeys::changed(const Session &session, ssh_key key) const
{
    const auto sameKind = std::find_if(m_known.begin(), m_known.end(), [key](const KnownKey &one) {
        return ssh_key_type(one.key.get()) == ssh_key_type(key);
    });
    const KnownKey &expected = sameKind != m_known.end() ? *sameKind : m_known.front();
    return {Stage::HostKey, FailureKind::Changed,
            session.where() + ": the host key CHANGED. It shows " + kindOf(key) + " " + fingerprint(key) + ", but "
                + expected.file.string() + ":" + std::to_string(expected.line) + " expects "
                + kindOf(expected.key.get()) + " " + fingerprint(expected.key.get()),
            "comparing the host key of " + m_settings.knownAs() + " with known_hosts",
            "either the node was installed anew, or somebody pretends to be it. Ask its administrator for the new "
            "fingerprint; only if it is the one shown here, forget the old key: ssh-keygen -f "
                + shellQuote(expected.file.string()) + " -R " + shellQuote(m_settings.knownAs())};
}

Result<void> HostKeys::checkPinned(const Session &session, ssh_key key) const
{
    const std::string shown = fingerprint(key);
    std::string expected;
    for (const std::string &pinned : m_settings.hostKeys) {
        if (pinned == shown)
            return {};
        expected += (expected.empty() ? "" : " or ") + pinned;
    }
    return std::unexpected(Failure{Stage::HostKey, FailureKind::Changed,
                                   session.where() + ": it shows the host key " + kindOf(key) + " " + shown
                                       + ", but the inventory expects " + expected,
                                   "comparing the host key with 'host_keys' of the inventory",
                                   "either the inventory is wrong, the node was installed anew, or somebody pretends to be "
                                   "it. Ask its administrator for the fingerprint of its "
                                       + kindOf(key) + " key; only if it is the one shown here, correct 'host_keys'"});
}

Result<void> HostKeys::ask(const Session &session, ssh_key key, campaign::Questions &questions,
                           TrustedKeys &trusted) const
{
    const auto file = m_settings.knownHosts.empty() ? std::filesystem::path("/dev/null") : m_settings.knownHosts.front();
    campaign::HostKeyQuestion question{m_node, m_settings.knownAs(), kindOf(key), fingerprint(key), file.string()};
    if (const std::string authority = m_files.authorityFor(m_settings.knownAs()); !authority.empty())
        question.note = authority + " names an authority for this host, but certificates of hosts cannot be checked here: "
                        "only the fingerprint counts.";
    const auto answer = questions.ask(question);
    if (answer == campaign::HostKeyAnswer::Refuse) {
        return std::unexpected(Failure{Stage::HostKey, FailureKind::Refused,
                                       session.where() + ": its host key is not known and was not accepted: "
                                           + question.keyType + " " + question.fingerprint,
                                       "looking for " + question.host + " in " + question.knownHosts,
                                       "compare the fingerprint with the node's administrator, then accept the key in the "
                                       "window or at a terminal, pin it as 'host_keys' in the inventory, or let "
                                       "seatrialctl --accept-new-host-keys add it to known_hosts unseen"
                                           + (question.note.empty() ? std::string() : "; " + question.note)});
    }
    trusted.add(question.host, question.fingerprint);
    if (answer == campaign::HostKeyAnswer::TrustOnce)
        return {};

    char *base64 = nullptr;
    ssh_pki_export_pubkey_base64(key, &base64);
    const std::string line = question.host + " " + question.keyType + " " + (base64 != nullptr ? base64 : "");
    ssh_string_free_char(base64);
    if (const std::string problem = KnownHosts::append(file, line); !problem.empty()) {
        return std::unexpected(Failure{Stage::HostKey, FailureKind::Broken,
                                       session.where() + ": its key was accepted but cannot be saved in " + file.string()
                                           + ": " + problem,
                                       "adding a line to known_hosts", "make the file writable, or accept for this run only"});
    }
    return {};
}

} // namespace seatrial::remote
