// SPDX-License-Identifier: GPL-3.0-or-later
// A light SSH server that stands for many nodes in one process: 127.0.A.B is node A*256+B. Each has folders of its own and
// runs what it is told by a real /bin/sh, but all are this one machine: only what a client does is to be measured.
//   light-sshd --folder D --nodes N [--engine FILE --sha256 HEX]
// Makes keys, known_hosts and inventory.yaml in D, says "ready PORT", and serves until its standard input ends.
#include "tests/light_sshd/light_session.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace seatrial::light;
namespace fs = std::filesystem;

namespace {

constexpr int kNodesPerRack = 36;

struct Wish {
    fs::path folder;
    int nodes = 0;
    fs::path engine;
    std::string sha256;
};

std::string nodeName(int number)
{
    char text[16];
    std::snprintf(text, sizeof text, "n%05d", number);
    return text;
}

std::string address(int number)
{
    return "127.0." + std::to_string(number / 256) + "." + std::to_string(number % 256);
}

/// The node of 127.0.A.B, or 0.
int numberOf(const sockaddr_in &local)
{
    const std::uint32_t ip = ntohl(local.sin_addr.s_addr);
    return (ip >> 16) == (127u << 8) ? static_cast<int>(ip & 0xffff) : 0;
}

ssh_key makeKey(const fs::path &file, std::string &publicLine)
{
    ssh_key key = nullptr;
    ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key);
    ssh_pki_export_privkey_file(key, nullptr, nullptr, nullptr, file.c_str());
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    char *base64 = nullptr;
    ssh_pki_export_pubkey_base64(key, &base64);
    publicLine = std::string("ssh-ed25519 ") + base64;
    ssh_string_free_char(base64);
    return key;
}

int listenAnywhereOnLoopback(std::uint16_t &port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_ANY); // 127.0.A.B are many addresses; others are turned away below
    socklen_t size = sizeof any;
    if (::bind(fd, reinterpret_cast<sockaddr *>(&any), size) != 0 || ::listen(fd, 4096) != 0)
        return -1;
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&any), &size);
    port = ntohs(any.sin_port);
    return fd;
}

/// The engine as an earlier run left it, one file with many names.
void deploy(const Wish &wish)
{
    const std::string base = "seatrial-" + std::to_string(::geteuid());
    const auto whole = wish.folder / "seatrial-engine";
    if (!wish.engine.empty()) {
        fs::copy_file(wish.engine, whole, fs::copy_options::overwrite_existing);
        fs::permissions(whole, fs::perms::owner_all);
    }
    for (int number = 1; number <= wish.nodes; ++number) {
        const auto own = wish.folder / nodeName(number) / base;
        const auto bundle = own / "bundles" / (wish.sha256.empty() ? "none" : wish.sha256);
        fs::create_directories(bundle);
        fs::create_directories(own / "runs");
        for (const auto &folder : {own.parent_path(), own, own / "bundles", bundle, own / "runs"})
            fs::permissions(folder, fs::perms::owner_all);
        if (wish.engine.empty())
            continue;
        fs::create_hard_link(whole, bundle / "seatrial-engine");
        std::ofstream(bundle / "ok");
    }
}

void describe(const Wish &wish, std::uint16_t port, const std::string &hostKey)
{
    std::ofstream known(wish.folder / "known_hosts");
    std::ofstream inventory(wish.folder / "inventory.yaml");
    inventory << "version: 1\nname: light\nssh:\n  user: light\n  port: " << port << "\n  identity: user_key\n  known_hosts: known_hosts\nracks:\n";
    for (int number = 1; number <= wish.nodes; ++number) {
        known << "[" << address(number) << "]:" << port << " " << hostKey << "\n";
        const int place = (number - 1) % kNodesPerRack;
        if (place == 0) {
            const int rack = (number - 1) / kNodesPerRack + 1;
            inventory << "  - name: R" << (rack < 100 ? rack < 10 ? "00" : "0" : "") << rack << "\n    nodes:\n";
        }
        inventory << "      - { name: " << nodeName(number) << ", address: " << address(number) << ", unit: " << place + 1 << " }\n";
    }
}

void serve(const Setting &setting, ssh_bind door, int listener)
{
    for (;;) {
        pollfd fds[2] = {{listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0)
            continue;
        char ignored[64];
        if (fds[1].revents != 0 && ::read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
            return;
        if ((fds[0].revents & POLLIN) == 0)
            continue;
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        sockaddr_in local{};
        socklen_t size = sizeof local;
        ::getsockname(fd, reinterpret_cast<sockaddr *>(&local), &size);
        const int number = numberOf(local);
        const ssh_session session = ssh_new();
        if (number == 0 || ssh_bind_accept_fd(door, session, fd) != SSH_OK) {
            ssh_free(session);
            ::close(fd);
            continue;
        }
        std::thread([&setting, session, name = nodeName(number)] { LightSession(setting, session, name).serve(); }).detach();
    }
}

int fail(const char *what)
{
    std::fprintf(stderr, "light-sshd: %s\n", what);
    return 2;
}

} // namespace

int main(int argc, char **argv)
{
    Wish wish;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--folder")
            wish.folder = argv[i + 1];
        else if (name == "--nodes")
            wish.nodes = std::atoi(argv[i + 1]);
        else if (name == "--engine")
            wish.engine = argv[i + 1];
        else if (name == "--sha256")
            wish.sha256 = argv[i + 1];
        else
            return fail("unknown option");
    }
    if (wish.folder.empty() || wish.nodes < 1 || wish.nodes > 65'000)
        return fail("--folder and --nodes (1 to 65000) are needed");
    ::signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    fs::create_directories(wish.folder);
    ssh_init();

    std::string hostLine;
    std::string userLine;
    ssh_key hostKey = makeKey(wish.folder / "host_key", hostLine);
    Setting setting{makeKey(wish.folder / "user_key", userLine), fs::absolute(wish.folder).string()};
    const ssh_bind door = ssh_bind_new();
    ssh_bind_options_set(door, SSH_BIND_OPTIONS_IMPORT_KEY, hostKey);
    const bool noConfiguration = false;
    ssh_bind_options_set(door, SSH_BIND_OPTIONS_PROCESS_CONFIG, &noConfiguration);
    std::uint16_t port = 0;
    const int listener = listenAnywhereOnLoopback(port);
    if (listener < 0)
        return fail(std::strerror(errno));
    deploy(wish);
    describe(wish, port, hostLine);
    std::printf("ready %d\n", port);
    std::fflush(stdout);
    serve(setting, door, listener);
    std::_Exit(0); // threads still serve
}
