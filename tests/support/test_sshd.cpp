// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char **environ;

namespace seatrial::tests {

namespace {

pid_t spawn(std::vector<std::string> arguments, int output = -1)
{
    std::vector<char *> pointers;
    for (std::string &argument : arguments)
        pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output >= 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    // The process that tests ignores SIGPIPE; what it starts must not inherit that.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    const int error = posix_spawnp(&pid, arguments[0].c_str(), &actions, &attributes, pointers.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? pid : -1;
}

int finish(pid_t pid)
{
    int status = -1;
    if (pid > 0)
        waitpid(pid, &status, 0);
    return status;
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::uint16_t bindToFreePort(int descriptor)
{
    auto address = loopback(0);
    socklen_t size = sizeof address;
    bind(descriptor, reinterpret_cast<sockaddr *>(&address), size);
    getsockname(descriptor, reinterpret_cast<sockaddr *>(&address), &size);
    return ntohs(address.sin_port);
}

std::uint16_t freePort()
{
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto port = bindToFreePort(descriptor);
    close(descriptor);
    return port;
}

std::vector<pid_t> childrenOf(pid_t pid)
{
    const std::string id = std::to_string(pid);
    std::ifstream in("/proc/" + id + "/task/" + id + "/children");
    std::vector<pid_t> children;
    for (pid_t child; in >> child;)
        children.push_back(child);
    return children;
}

constexpr const char *kInside = "/mnt"; // where the folder of keys is seen when /tmp is covered

} // namespace

bool TestSshd::available()
{
    return access("/usr/sbin/sshd", X_OK) == 0 && access("/usr/bin/ssh-keygen", X_OK) == 0;
}

bool TestSshd::canHaveOwnFolders()
{
    return available() && geteuid() == 0 && finish(spawn({"unshare", "--mount", "mount", "-t", "tmpfs", "t", "/mnt"})) == 0;
}

TestSshd::TestSshd(SshdOptions options) : m_ownFolders(options.ownFolders)
{
    char name[] = "/tmp/seatrial-test-XXXXXX";
    if (mkdtemp(name) == nullptr)
        throw std::runtime_error("no folder can be made in /tmp");
    m_folder = name;
    if (geteuid() == 0)
        mkdir("/run/sshd", 0755); // wanted by sshd's privilege separation; may exist
    makeKey(m_folder / "host_key");
    makeKey(m_folder / "user_key");
    std::filesystem::copy_file(m_folder / "user_key.pub", m_folder / "authorized_keys");
    m_port = freePort();
    std::ofstream(knownHosts()) << "[127.0.0.1]:" << m_port << ' ' << hostKey() << '\n';

    const std::string log = (m_folder / "log").string();
    // Even a test that is killed leaves no sshd behind.
    const std::string sshd = "exec setpriv --pdeathsig TERM /usr/sbin/sshd -D -f \"$1/sshd_config\" -E \"$2\"";
    if (!m_ownFolders) {
        writeConfig(options, m_folder);
        m_pid = spawn({"/bin/sh", "-c", options.prepare + "\n" + sshd, "sh", m_folder.string(), log});
    } else {
        writeConfig(options, kInside);
        const std::string script = "set -e; mount -t tmpfs t /mnt; cp \"$1\"/* /mnt\n"
                                   "for d in /var/tmp /dev/shm /tmp; do mount -t tmpfs -o mode=1777 t $d; done\n"
                                   "mount -t tmpfs -o mode=700 t \"$HOME\"; set -- /mnt /mnt/log\n"
            + options.prepare + "\n" + sshd;
        m_pid = spawn({"unshare", "--mount", "/bin/sh", "-c", script, "sh", m_folder.string()});
    }
    awaitListening();
}

TestSshd::~TestSshd()
{
    for (const pid_t session : sessions()) {
        kill(session, SIGCONT);
        kill(session, SIGTERM);
    }
    if (m_pid > 0) {
        kill(m_pid, SIGTERM);
        finish(m_pid);
    }
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
}

/// Since OpenSSH 9.8 the server shuts out whoever fails to log in, for a while.
static bool punishes()
{
    char said[64] = {};
    if (FILE *const version = popen("ssh -V 2>&1", "r")) { // OpenSSH_10.0p2 Debian-7, …
        [[maybe_unused]] const char *const read = fgets(said, sizeof said, version);
        pclose(version);
    }
    int major = 0, minor = 0;
    return std::sscanf(said, "OpenSSH_%d.%d", &major, &minor) == 2 && major * 100 + minor >= 908;
}

void TestSshd::writeConfig(const SshdOptions &options, const std::filesystem::path &seenAs) const
{
    std::ofstream config(m_folder / "sshd_config");
    config << "MaxStartups 100\n"; // of this one the last wins, of all others the first
    for (const std::string &line : options.config)
        config << line << '\n';
    config << "ListenAddress 127.0.0.1\nPort " << m_port << "\nHostKey " << (seenAs / "host_key").string()
           << "\nAuthorizedKeysFile " << (seenAs / "authorized_keys").string()
           << "\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
              "PermitRootLogin prohibit-password\nPidFile none\nUseDNS no\nLogLevel VERBOSE\n";
    if (punishes()) // failed logins are what many tests are about
        config << "PerSourcePenalties no\n";
}

void TestSshd::awaitListening() const
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
        if (log().find("Server listening on") != std::string::npos)
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("/usr/sbin/sshd does not listen after 20 s; its log: " + log());
}

domain::Node TestSshd::node(const std::string &name) const
{
    domain::Node node;
    node.id = domain::NodeId(name);
    node.address = "127.0.0.1";
    const passwd *user = getpwuid(geteuid());
    node.ssh.user = user != nullptr ? user->pw_name : "root";
    node.ssh.port = m_port;
    node.ssh.identity = identity();
    node.ssh.knownHosts = knownHosts();
    return node;
}

std::string TestSshd::hostKey() const
{
    const std::string text = read(m_folder / "host_key.pub");
    return text.substr(0, text.find(' ', text.find(' ') + 1));
}

std::string TestSshd::log() const
{
    return read(m_ownFolders ? "/proc/" + std::to_string(m_pid) + "/root/mnt/log" : (m_folder / "log").string());
}

std::vector<pid_t> TestSshd::sessions() const
{
    std::vector<pid_t> all = childrenOf(m_pid);
    for (std::size_t i = 0; i < all.size() && i < 1000; ++i) {
        for (const pid_t child : childrenOf(all[i]))
            all.push_back(child);
    }
    return all;
}

std::string TestSshd::inside(const std::string &script) const
{
    std::vector<std::string> command{"/bin/sh", "-c", script};
    if (m_ownFolders)
        command.insert(command.begin(), {"nsenter", "--target", std::to_string(m_pid), "--mount"});
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return {};
    const pid_t pid = spawn(command, ends[1]);
    close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t count; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(count));
    close(ends[0]);
    finish(pid);
    return text;
}

std::string TestSshd::makeKey(const std::filesystem::path &file, const std::string &passphrase)
{
    if (finish(spawn({"ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", file.string()})) != 0)
        throw std::runtime_error("ssh-keygen failed");
    return read(file.string() + ".pub");
}

std::string TestSshd::read(const std::filesystem::path &file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

SilentServer::SilentServer(int backlog) : m_descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    m_port = bindToFreePort(m_descriptor);
    listen(m_descriptor, backlog);
}

SilentServer::~SilentServer()
{
    close(m_descriptor);
}

int connectLoopback(std::uint16_t port, bool wait)
{
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
    const auto address = loopback(port);
    if (connect(descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 && wait) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

} // namespace seatrial::tests
