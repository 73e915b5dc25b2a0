// SPDX-License-Identifier: GPL-3.0-or-later
#include "resources/ask_engine.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::resources {

using std::chrono::steady_clock;

namespace {

constexpr auto kPatience = std::chrono::seconds(10); ///< it answers within milliseconds, if not everything here stands still
constexpr std::size_t kMostBytes = 4 << 20;

/// A descriptor that closes itself.
class Descriptor
{
public:
    explicit Descriptor(int number = -1) : m_number(number) {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    void close()
    {
        if (m_number >= 0)
            ::close(m_number);
        m_number = -1;
    }
    int number() const { return m_number; }

private:
    int m_number;
};

/// A file without a name that holds @p text: whoever reads it need not be waited for.
bool fill(const Descriptor &file, const std::string &text)
{
    for (std::size_t at = 0; at < text.size();) {
        const ssize_t count = ::write(file.number(), text.data() + at, text.size() - at);
        if (count < 0 && errno != EINTR)
            return false;
        at += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    return ::lseek(file.number(), 0, SEEK_SET) == 0;
}

/// 0, or what errno would say.
int start(pid_t &process, const std::filesystem::path &engine, const std::vector<std::string> &words, int input, int output)
{
    std::vector<std::string> texts{engine.string()};
    texts.insert(texts.end(), words.begin(), words.end());
    std::vector<char *> arguments;
    for (auto &text : texts)
        arguments.push_back(text.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none); // what this program waits for itself, the engine must not hold back
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const int error = ::posix_spawn(&process, texts.front().c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// All that comes until the end; nothing if that takes too long or is too much.
std::optional<std::string> readToTheEnd(const Descriptor &pipe)
{
    const auto until = steady_clock::now() + kPatience;
    std::string text;
    char buffer[16384];
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
        pollfd waiting{pipe.number(), POLLIN, 0};
        if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) == 0)
            return std::nullopt;
        const ssize_t count = ::read(pipe.number(), buffer, sizeof buffer);
        if (count == 0)
            return text;
        if (count < 0 && errno != EINTR)
            return std::nullopt;
        text.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (text.size() > kMostBytes)
            return std::nullopt;
    }
}

} // namespace

domain::Result<EngineAnswer> askEngine(const std::filesystem::path &engine, const std::vector<std::string> &words, const std::string &input)
{
    std::string command = engine.string();
    for (const auto &word : words)
        command += ' ' + word;
    const auto failed = [&](std::string what) {
        return std::unexpected(domain::Failure{domain::Stage::Input, domain::FailureKind::Unsupported, std::move(what), command, "build or install Seatrial anew"});
    };
    int ends[2] = {-1, -1};
    const Descriptor file(::memfd_create("seatrial-plan", MFD_CLOEXEC));
    const bool piped = ::pipe2(ends, O_CLOEXEC) == 0;
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    if (file.number() < 0 || !piped || !fill(file, input))
        return failed(std::string("the engine cannot be asked: ") + std::strerror(errno));
    pid_t process = -1;
    if (const int error = start(process, engine, words, file.number(), writing.number()); error != 0)
        return failed(std::string("the engine cannot be started here: ") + std::strerror(error));
    writing.close();
    auto output = readToTheEnd(reading);
    if (!output)
        ::kill(process, SIGKILL);
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (!output)
        return failed("the engine did not answer as an engine does");
    if (!WIFEXITED(status))
        return failed("the engine ended by a signal");
    return EngineAnswer{WEXITSTATUS(status), std::move(*output)};
}

} // namespace seatrial::resources
