// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/ids.h"

#include <optional>
#include <string>
#include <vector>

namespace seatrial::campaign {

/// A host key that is in no known_hosts file. (One that changed is never a question.)
struct HostKeyQuestion {
    domain::NodeId node;
    std::string host;        ///< as it is looked up: "10.0.0.3" or "[10.0.0.3]:2222"
    std::string keyType;     ///< "ssh-ed25519"
    std::string fingerprint; ///< "SHA256:…"
    std::string knownHosts;  ///< the file it would be added to
    std::string note = {};   ///< what else there is to know before answering; empty if nothing
};

enum class HostKeyAnswer {
    Refuse,
    TrustOnce,    ///< for this run
    TrustAndSave, ///< add to the file
};

/// One line to be filled in.
struct Prompt {
    std::string text;  ///< "Password: ", as the server or we put it; not trusted, to be escaped where it is shown
    bool echo = false; ///< what is typed may be seen
};

/// Something that only the person knows: a passphrase, a password, one round of keyboard-interactive prompts.
struct SecretQuestion {
    enum class Kind { Passphrase, Password, Prompts };
    Kind kind = Kind::Password;
    domain::NodeId node;         ///< for which node it is asked first; one answer may serve many
    std::string subject;         ///< whose secret: "ops@10.0.0.3", "ops@bastion", or the path of a key file
    std::string instruction;     ///< what the server says above its prompts; empty otherwise
    std::vector<Prompt> prompts; ///< one for a passphrase or a password
    bool refusedBefore = false;  ///< the last answer to this question was wrong
    bool mayKeep = false;        ///< a keychain is there that could keep the answer
    std::string whyNotKept = {}; ///< why it cannot although somebody could want it; empty where that is no question
};

struct SecretAnswer {
    std::vector<std::string> texts; ///< one a prompt
    bool keep = false;              ///< the person wants it kept in the system keychain
};

/// Questions to a person, asked from a worker thread, which waits for the answer. The window shows a dialog, the
/// command line asks the terminal, a test answers at once. Must answer (Refuse) when the run is cancelled.
class Questions
{
public:
    virtual ~Questions() = default;
    virtual HostKeyAnswer ask(const HostKeyQuestion &question) = 0;
    /// Nothing: the person will not or cannot answer.
    virtual std::optional<SecretAnswer> askSecret(const SecretQuestion &question) = 0;
};

} // namespace seatrial::campaign
