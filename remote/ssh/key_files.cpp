// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/key_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace seatrial::remote {

namespace {

constexpr std::size_t kMostCertificateBytes = 64 * 1024;

Key publicPartBeside(const std::filesystem::path &file)
{
    ssh_key key = nullptr;
    ssh_pki_import_pubkey_file((file.string() + ".pub").c_str(), &key);
    return Key(key);
}

std::string decoded(std::string_view base64)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char character : base64) {
        const std::size_t value = digits.find(character);
        if (value == std::string_view::npos)
            break;
        bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return bytes;
}

/// @p blob behind its first @p count strings.
std::string_view behind(std::string_view blob, int count)
{
    for (; count > 0; --count) {
        if (blob.size() < 4)
            return {};
        std::size_t length = 0;
        for (int i = 0; i < 4; ++i)
            length = length << 8 | static_cast<unsigned char>(blob[static_cast<std::size_t>(i)]);
        blob.remove_prefix(4);
        if (length > blob.size())
            return {};
        blob.remove_prefix(length);
    }
    return blob;
}

/// libssh does not compare a certificate with a key. Both say in the same bytes which key they are about: the key behind
/// the name of its kind, the certificate behind that and a nonce.
bool certifies(const std::filesystem::path &file, ssh_key key)
{
    std::ifstream in(file);
    std::string kind;
    std::string base64;
    in >> kind >> base64;
    char *plain = nullptr;
    if (base64.size() > kMostCertificateBytes || ssh_pki_export_pubkey_base64(key, &plain) != SSH_OK)
        return false;
    const std::string keyBlob = decoded(plain);
    ssh_string_free_char(plain);
    const std::string certificateBlob = decoded(base64);
    const auto fields = behind(keyBlob, 1);
    return !fields.empty() && behind(certificateBlob, 2).starts_with(fields);
}

} // namespace

KeyFile KeyFiles::load(const std::filesystem::path &file)
{
    bool asked = false;
    // Called when a passphrase is needed; refusing tells apart what is encrypted from what is broken.
    const auto refuse = [](const char *, char *, std::size_t, int, int, void *flag) {
        *static_cast<bool *>(flag) = true;
        return -1;
    };
    ssh_key key = nullptr;
    if (ssh_pki_import_privkey_file(file.c_str(), nullptr, refuse, &asked, &key) == SSH_OK) {
        ssh_key publicPart = nullptr;
        ssh_pki_export_privkey_to_pubkey(key, &publicPart);
        return {KeyState::Loaded, Key(key), Key(publicPart)};
    }
    if (asked)
        return {KeyState::Encrypted, nullptr, publicPartBeside(file)};
    return {access(file.c_str(), R_OK) == 0 ? KeyState::Unusable : KeyState::Missing, nullptr, nullptr};
}

Key KeyFiles::unlock(const std::filesystem::path &file, const std::string &passphrase)
{
    ssh_key key = nullptr;
    ssh_pki_import_privkey_file(file.c_str(), passphrase.c_str(), nullptr, nullptr, &key);
    return Key(key);
}

std::string KeyFiles::stamp(const std::filesystem::path &file)
{
    struct stat status {};
    stat(file.c_str(), &status);
    return "|" + std::to_string(status.st_ino) + "|" + std::to_string(status.st_mtim.tv_sec) + "."
        + std::to_string(status.st_mtim.tv_nsec);
}

Key KeyFiles::certificate(const std::filesystem::path &file)
{
    ssh_key key = nullptr;
    ssh_pki_import_cert_file(file.c_str(), &key);
    return Key(key);
}

std::vector<Certificate> KeyFiles::certificatesOf(const std::filesystem::path &identity, ssh_key key,
                                                  const std::vector<std::filesystem::path> &files)
{
    auto candidates = files;
    if (!identity.empty())
        candidates.push_back(identity.string() + "-cert.pub");
    std::vector<Certificate> found;
    for (const auto &file : candidates) {
        const bool seen = std::any_of(found.begin(), found.end(), [&](const Certificate &one) { return one.file == file; });
        auto read = seen ? Key() : certificate(file);
        if (read && certifies(file, key))
            found.push_back({file, std::move(read)});
    }
    return found;
}

Key KeyFiles::certified(ssh_key key, const Certificate &certificate)
{
    Key both(ssh_key_dup(key));
    if (!both || ssh_pki_copy_cert_to_privkey(certificate.key.get(), both.get()) != SSH_OK)
        return nullptr;
    return both;
}

} // namespace seatrial::remote
