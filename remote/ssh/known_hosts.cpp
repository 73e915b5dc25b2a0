// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/known_hosts.h"

#include "remote/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <iterator>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace seatrial::remote {

namespace {

constexpr std::uintmax_t kMaxFileBytes = 64u << 20;

struct Line {
    int number = 0;
    std::string text;
};

std::string lowered(std::string text)
{
    for (char &character : text) {
        if (character >= 'A' && character <= 'Z')
            character = static_cast<char>(character - 'A' + 'a');
    }
    return text;
}

struct EntryDeleter {
    void operator()(ssh_knownhosts_entry *entry) const { ssh_knownhosts_entry_free(entry); }
};

/// The key of @p line if the line is for @p host (for any, if null).
Key keyOf(const char *host, const std::string &line)
{
    ssh_knownhosts_entry *parsed = nullptr;
    if (ssh_known_hosts_parse_line(host, line.c_str(), &parsed) != SSH_OK)
        return nullptr;
    const std::unique_ptr<ssh_knownhosts_entry, EntryDeleter> entry(parsed);
    return Key(std::exchange(entry->publickey, nullptr));
}

/// "*.cluster,!login.cluster": libssh looks at each pattern by itself and so misses the exceptions.
bool excluded(const std::string &host, const std::string &line)
{
    const std::string patterns = line.substr(0, line.find(' '));
    if (patterns.find('!') == std::string::npos)
        return false;
    const std::string rest = line.substr(patterns.size());
    std::istringstream list(patterns);
    for (std::string pattern; std::getline(list, pattern, ',');) {
        if (pattern.starts_with('!') && keyOf(host.c_str(), pattern.substr(1) + rest))
            return true;
    }
    return false;
}

} // namespace

std::string fingerprint(ssh_key key)
{
    unsigned char *hash = nullptr;
    std::size_t length = 0;
    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != SSH_OK)
        return "(no fingerprint)";
    char *text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
    ssh_clean_pubkey_hash(&hash);
    const std::string shown = text != nullptr ? text : "(no fingerprint)";
    ssh_string_free_char(text);
    return shown;
}

struct KnownHosts::File {
    std::filesystem::path path;
    struct timespec modified {};
    off_t size = 0;
    ino_t inode = 0;
    std::vector<Line> lines;   ///< of plain keys
    std::vector<Line> revoked; ///< without their marker
    std::vector<Line> authorities; ///< without their marker
    std::unordered_multimap<std::string, std::size_t> byName; ///< lines of plain names
    std::vector<std::size_t> special;                         ///< lines with hashes or patterns, which may be for any host

    void add(Line line);
    /// Lines that can concern @p host, in the order of the file: few, even in a file of ten thousand nodes.
    std::vector<std::size_t> candidates(const std::string &host) const;
};

void KnownHosts::File::add(Line line)
{
    const std::size_t index = lines.size();
    const std::string patterns = lowered(line.text.substr(0, line.text.find(' ')));
    lines.push_back(std::move(line));
    if (patterns.find_first_of("|*?!") != std::string::npos) {
        special.push_back(index);
        return;
    }
    std::istringstream list(patterns);
    for (std::string name; std::getline(list, name, ',');)
        byName.emplace(name, index);
}

std::vector<std::size_t> KnownHosts::File::candidates(const std::string &host) const
{
    std::vector<std::size_t> found = special;
    // "[n01]:22" is another way to write "n01".
    for (const std::string &name : {host, "[" + host + "]:22"}) {
        const auto [from, to] = byName.equal_range(name);
        std::transform(from, to, std::back_inserter(found), [](const auto &entry) { return entry.second; });
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

/// Read once for all nodes, and again when it changed.
std::shared_ptr<const KnownHosts::File> KnownHosts::load(const std::filesystem::path &path)
{
    static std::mutex mutex;
    static std::map<std::filesystem::path, std::shared_ptr<const File>> known;
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)
        || static_cast<std::uintmax_t>(status.st_size) > kMaxFileBytes)
        return nullptr;
    const std::lock_guard lock(mutex);
    auto &file = known[path];
    if (file && file->size == status.st_size && file->inode == status.st_ino
        && std::memcmp(&file->modified, &status.st_mtim, sizeof status.st_mtim) == 0)
        return file;

    auto fresh = std::make_shared<File>();
    fresh->path = path;
    fresh->modified = status.st_mtim;
    fresh->size = status.st_size;
    fresh->inode = status.st_ino;
    std::ifstream in(path);
    int number = 0;
    for (std::string text; std::getline(in, text);) {
        ++number;
        for (char &character : text) {
            if (character == '\t' || character == '\r')
                character = ' ';
        }
        text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
        const auto behind = [&text](std::string_view marker) {
            return text.substr(std::min(text.find_first_not_of(' ', marker.size()), text.size()));
        };
        if (text.starts_with("@revoked "))
            fresh->revoked.push_back({number, behind("@revoked ")});
        else if (text.starts_with("@cert-authority "))
            fresh->authorities.push_back({number, behind("@cert-authority ")});
        else if (!text.empty() && text[0] != '#' && text[0] != '@')
            fresh->add({number, text});
    }
    file = fresh;
    return fresh;
}

KnownHosts::KnownHosts(const std::vector<std::filesystem::path> &files)
{
    for (const auto &path : files) {
        if (auto file = load(path))
            m_files.push_back(std::move(file));
    }
}

KnownHosts::~KnownHosts() = default;

std::vector<KnownKey> KnownHosts::keysFor(const std::string &host) const
{
    const std::string name = lowered(host);
    std::vector<KnownKey> keys;
    for (const auto &file : m_files) {
        for (const std::size_t index : file->candidates(name)) {
            const Line &line = file->lines[index];
            auto key = keyOf(name.c_str(), line.text);
            if (!key || excluded(name, line.text))
                continue;
            keys.push_back({file->path, line.number, std::move(key)});
        }
    }
    return keys;
}

std::string KnownHosts::revokedBy(ssh_key key) const
{
    for (const auto &file : m_files) {
        for (const Line &line : file->revoked) {
            const auto revoked = keyOf(nullptr, line.text);
            if (revoked && ssh_key_cmp(revoked.get(), key, SSH_KEY_CMP_PUBLIC) == 0)
                return file->path.string() + ":" + std::to_string(line.number);
        }
    }
    return {};
}

std::string KnownHosts::authorityFor(const std::string &host) const
{
    const std::string name = lowered(host);
    for (const auto &file : m_files) {
        for (const Line &line : file->authorities) {
            if (keyOf(name.c_str(), line.text) && !excluded(name, line.text))
                return file->path.string() + ":" + std::to_string(line.number);
        }
    }
    return {};
}

std::string KnownHosts::algorithms(const std::vector<KnownKey> &keys)
{
    std::vector<std::string> order;
    const auto offer = [&order](const std::string &algorithm) {
        if (std::find(order.begin(), order.end(), algorithm) == order.end())
            order.push_back(algorithm);
    };
    for (const KnownKey &known : keys) {
        if (ssh_key_type(known.key.get()) == SSH_KEYTYPE_RSA) {
            offer("rsa-sha2-512");
            offer("rsa-sha2-256");
        } else {
            offer(ssh_key_type_to_char(ssh_key_type(known.key.get())));
        }
    }
    for (const char *algorithm : {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
                                  "rsa-sha2-512", "rsa-sha2-256"})
        offer(algorithm);
    std::string list;
    for (const auto &algorithm : order)
        list += (list.empty() ? "" : ",") + algorithm;
    return list;
}

std::string KnownHosts::append(const std::filesystem::path &file, const std::string &line)
{
    static std::mutex mutex; // of many nodes that become known at once
    const std::lock_guard lock(mutex);
    if (const auto folder = file.parent_path(); !folder.empty() && !std::filesystem::exists(folder)) {
        std::error_code error;
        std::filesystem::create_directories(folder.parent_path(), error);
        if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
            return std::strerror(errno);
    }
    const int descriptor = open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return std::strerror(errno);
    // A file without a last newline would swallow the new line.
    char last = '\n';
    const off_t size = lseek(descriptor, 0, SEEK_END);
    if (size > 0)
        (void)!pread(descriptor, &last, 1, size - 1);
    const std::string text = (last == '\n' ? "" : "\n") + line + "\n";
    errno = EIO;
    const bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const std::string problem = written ? "" : std::strerror(errno);
    close(descriptor);
    return problem;
}

} // namespace seatrial::remote
