// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/attach.h"

#include "core/protocol/codec.h"
#include "core/protocol/line_cutter.h"
#include "core/protocol/version.h"
#include "engine/supervise/control_pump.h"
#include "engine/supervise/launch_supervisor.h"
#include "engine/supervise/node_clock.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr int kOpenPatienceMilliseconds = 60'000;
constexpr int kConnectAttempts = 250; ///< of 20 ms: another attach is just starting the supervisor

int say(int exitCode, const std::string &sentence)
{
    std::fprintf(stderr, "seatrial-engine: %s\n", sentence.c_str());
    return exitCode;
}

/// The first line of @p input and no byte more, so that the rest can be passed on as it comes. Nothing if it does not
/// come whole.
std::optional<std::string> firstLine(int input)
{
    std::string line;
    while (line.size() < LineCutter::kMaxLineBytes) {
        pollfd waiting{input, POLLIN, 0};
        if (::poll(&waiting, 1, kOpenPatienceMilliseconds) == 0)
            return std::nullopt;
        char byte = 0;
        const ssize_t count = ::read(input, &byte, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return std::nullopt;
        if (byte == '\n')
            return line;
        line += byte;
    }
    return std::nullopt;
}

/// The Open that must come first, or why there is none.
std::optional<Open> readOpen(int input, std::string &refusal)
{
    const std::optional<std::string> line = firstLine(input);
    if (!line) {
        refusal = "no whole control line came on standard input; the first must be \"open\"";
        return std::nullopt;
    }
    const auto read = decodeControl(*line);
    if (const auto *tooNew = std::get_if<TooNew>(&read))
        refusal = "the desktop speaks protocol " + std::to_string(tooNew->protocol) + ", this engine "
            + std::to_string(kProtocolVersion) + "; deploy the desktop's own engine";
    else if (const auto *malformed = std::get_if<Malformed>(&read))
        refusal = "the first control line cannot be read: " + malformed->reason + " (" + malformed->excerpt + ')';
    else if (const auto *open = std::get_if<Open>(&std::get<Control>(read)))
        return *open;
    else
        refusal = "the first control line must be \"open\"";
    return std::nullopt;
}

/// Makes the folder of the run, or sees that it is ours. "" or what is in the way.
std::string prepareFolder(const std::filesystem::path &folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (error && !std::filesystem::is_directory(folder.parent_path()))
        return "cannot create " + folder.parent_path().string() + ": " + error.message();
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return "cannot create " + folder.string() + ": " + errnoText(errno);
    struct stat status {};
    if (::lstat(folder.c_str(), &status) != 0)
        return "cannot look at " + folder.string() + ": " + errnoText(errno);
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid())
        return folder.string() + " is not a folder of this user: " + errnoText(EPERM);
    return {};
}

/// Whether the journal of @p folder, if there is one, is of the run that @p open means. "" or why not.
std::string runConflict(const std::filesystem::path &folder, const Open &open)
{
    const std::string beginning = readSmallFile(folder / Journal::kFileName, LineCutter::kMaxLineBytes);
    const std::size_t end = beginning.find('\n');
    if (end == std::string::npos)
        return {};
    const auto read = decodeRecord(std::string_view(beginning).substr(0, end));
    if (const auto *tooNew = std::get_if<TooNew>(&read))
        return "the journal in " + folder.string() + " speaks protocol " + std::to_string(tooNew->protocol)
            + ", this engine " + std::to_string(kProtocolVersion);
    const auto *record = std::get_if<Record>(&read);
    const auto *hello = record ? std::get_if<Hello>(&record->body) : nullptr;
    if (!hello || (hello->run == open.run && hello->node == open.node))
        return {};
    return folder.string() + " holds run \"" + hello->run + "\" of node \"" + hello->node + "\", not \"" + open.run
        + "\" of \"" + open.node + '"';
}

/// The last whole line of the journal, "" if there is none.
std::string lastLine(const std::filesystem::path &folder)
{
    const Fd file(::open((folder / Journal::kFileName).c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file.isOpen() || ::fstat(file.get(), &status) != 0)
        return {};
    std::string tail(std::min<off_t>(status.st_size, LineCutter::kMaxLineBytes), '\0');
    const ssize_t count = ::pread(file.get(), tail.data(), tail.size(), status.st_size - static_cast<off_t>(tail.size()));
    if (count != static_cast<ssize_t>(tail.size()))
        return {};
    tail.resize(tail.rfind('\n') + 1); // a torn end is no line; npos + 1 is 0
    if (tail.empty())
        return {};
    tail.pop_back();
    return tail.substr(tail.rfind('\n') + 1);
}

/// Whether the supervisor of @p folder is gone without a goodbye, although the node runs on: what ended the login has
/// ended it too.
bool diedWithItsLogin(const std::filesystem::path &folder)
{
    const auto read = decodeRecord(lastLine(folder));
    const auto *record = std::get_if<Record>(&read);
    return record && record->stamp.bootId == bootId() && !std::holds_alternative<Goodbye>(record->body) && livingSupervisor(folder) == 0;
}

struct Connection {
    Fd stream;          ///< to the supervisor; not open if the journal has ended
    int exitCode = 0;   ///< not 0: there is no way
    pid_t bound = 0;    ///< supervisor that ends with us
};

/// Reaches the supervisor, whoever starts it.
Connection reachSupervisor(const AttachOptions &options, const Open &open)
{
    const Fd folder = openFolder(options.folder);
    RunTerms terms{options.folder, options.sysroot, options.simulate, open, options.attachedBecause};
    if (!terms.attachedBecause && options.attachedIfDied && diedWithItsLogin(options.folder))
        terms.attachedBecause = "the supervisor had ended with the last login";
    const Lifetime lifetime = options.foreground || terms.attachedBecause ? Lifetime::Foreground : Lifetime::Detached;
    pid_t bound = 0;
    for (int attempt = 0; attempt < kConnectAttempts; ++attempt) {
        if (Fd stream = connectLocal(folder, ControlServer::kSocketName); stream.isOpen())
            return {std::move(stream), 0, bound};
        if (isGoodbye(lastLine(options.folder)))
            return {};
        const Launch launch = launchSupervisor(terms, options.from, lifetime);
        if (launch.outcome == LaunchOutcome::Failed)
            return {Fd(), say(kAttachFailed, launch.error)};
        if (launch.process != 0 && !options.foreground)
            bound = launch.process;
        if (launch.outcome == LaunchOutcome::Taken)
            ::usleep(20'000);
    }
    return {Fd(), say(kAttachFailed, "a supervisor holds " + (options.folder / kLockName).string()
                          + " but does not answer at " + (options.folder / ControlServer::kSocketName).string())};
}

} // namespace

int attach(const AttachOptions &options)
{
    ::signal(SIGPIPE, SIG_IGN);
    ::umask(077);
    std::string refusal;
    const std::optional<Open> open = readOpen(options.input, refusal);
    if (!open)
        return say(kAttachRefused, refusal);
    if (const std::string obstacle = prepareFolder(options.folder); !obstacle.empty())
        return say(kAttachFailed, obstacle);
    if (const std::string conflict = runConflict(options.folder, *open); !conflict.empty())
        return say(kAttachRefused, conflict);

    Connection connection = reachSupervisor(options, *open);
    if (connection.exitCode != 0)
        return connection.exitCode;
    ControlPump pump(options, std::move(connection.stream), connection.bound);
    return pump.run(*open);
}

} // namespace seatrial::engine
