// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libssh/libssh.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::remote {

struct KeyDeleter {
    void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<std::remove_pointer_t<ssh_key>, KeyDeleter>;

/// "SHA256:…"
std::string fingerprint(ssh_key key);

/// A key that a known_hosts file gives for a host.
struct KnownKey {
    std::filesystem::path file;
    int line = 0;
    Key key;
};

/// The known_hosts files of one node. Lines are parsed and matched by libssh, but one by one: its own reading of whole
/// files stops at the first damaged line, skips @revoked, and cannot say where a key stands.
class KnownHosts
{
public:
    explicit KnownHosts(const std::vector<std::filesystem::path> &files);
    ~KnownHosts();
    KnownHosts(KnownHosts &&) noexcept = default;

    /// Keys given for @p host ("10.0.0.3" or "[10.0.0.3]:2222").
    std::vector<KnownKey> keysFor(const std::string &host) const;
    /// The line that revokes @p key, for whichever host it says: a key that leaked is not to be trusted under another
    /// name. "file:line", empty if none does.
    std::string revokedBy(ssh_key key) const;
    /// The @cert-authority line for @p host, "file:line"; empty if there is none. libssh cannot verify certificates of
    /// hosts, so such a line vouches for nobody here.
    std::string authorityFor(const std::string &host) const;
    /// Algorithms to offer, those of @p known keys first, so that the node shows the key that can be compared.
    static std::string algorithms(const std::vector<KnownKey> &known);

    /// Appends @p line (without its end) to @p file, creating file and folder for the user alone. Empty if all went
    /// well, else why not.
    static std::string append(const std::filesystem::path &file, const std::string &line);

private:
    struct File;
    static std::shared_ptr<const File> load(const std::filesystem::path &path);

    std::vector<std::shared_ptr<const File>> m_files;
};

} // namespace seatrial::remote
