// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/ssh/known_hosts.h"

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::remote {

enum class KeyState { Loaded, Missing, Encrypted, Unusable };

/// A private key as its file gives it without a passphrase.
struct KeyFile {
    KeyState state = KeyState::Missing;
    Key key;         ///< if loaded
    Key publicPart;  ///< if known: of an encrypted file it stands in the .pub beside it
};

/// An OpenSSH user certificate that belongs to a key.
struct Certificate {
    std::filesystem::path file;
    Key key;
};

/// Private keys and their certificates on this computer.
class KeyFiles
{
public:
    static KeyFile load(const std::filesystem::path &file);
    /// Null if the passphrase is wrong.
    static Key unlock(const std::filesystem::path &file, const std::string &passphrase);
    /// Changes when the file is written anew.
    static std::string stamp(const std::filesystem::path &file);

    /// Null if the file is no certificate.
    static Key certificate(const std::filesystem::path &file);
    /// Those of @p files, and of the one beside @p identity (if that is not empty), that certify @p key.
    static std::vector<Certificate> certificatesOf(const std::filesystem::path &identity, ssh_key key,
                                                   const std::vector<std::filesystem::path> &files);
    /// @p key with @p certificate to be shown instead of its public part. Null if libssh cannot.
    static Key certified(ssh_key key, const Certificate &certificate);
};

} // namespace seatrial::remote
