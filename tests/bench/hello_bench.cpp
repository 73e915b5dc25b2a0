// SPDX-License-Identifier: GPL-3.0-or-later
// From the start of `seatrial-engine attach` to the first record of its journal, without SSH: the run's folder, a detached
// supervisor, its journal and socket. Beside it, in turn with it, what starting any program costs: fork, exec and exit of
// one that does nothing and is as large, and of the engine asked for its version.
//   bench_hello [--rounds N] [--simulate PROFILE]
#include "tests/bench/ssh_io/measure.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace seatrial;

namespace {

const std::string kEngine = SEATRIAL_BINARY_DIR "/bin/seatrial-engine";

[[noreturn]] void die(const std::string &what)
{
    std::fprintf(stderr, "bench_hello: %s\n", what.c_str());
    std::exit(1);
}

struct Child {
    pid_t process = 0;
    int input = -1;
    int output = -1;
};

Child start(const std::vector<std::string> &words)
{
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
        die("no pipe");
    const pid_t process = ::fork();
    if (process < 0)
        die("no process");
    if (process == 0) {
        ::dup2(in[0], 0);
        ::dup2(out[1], 1);
        std::vector<char *> arguments;
        for (const std::string &word : words)
            arguments.push_back(const_cast<char *>(word.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    return {process, in[1], out[0]};
}

/// What comes, up to a line end or all of it; the program's exit status if it is waited for.
std::string read(const Child &child, bool line)
{
    std::string text;
    char byte = 0;
    while (::read(child.output, &byte, 1) == 1) {
        text += byte;
        if (line && byte == '\n')
            break;
    }
    return text;
}

void end(const Child &child, bool mustSucceed)
{
    ::close(child.input);
    read(child, false);
    ::close(child.output);
    int status = 0;
    ::waitpid(child.process, &status, 0);
    if (mustSucceed && status != 0)
        die("a program ended with status " + std::to_string(status));
}

double millisecondsSince(std::int64_t begin)
{
    return static_cast<double>(bench::wallNow() - begin) / 1e6;
}

double untilExit(const std::vector<std::string> &words)
{
    const auto begin = bench::wallNow();
    end(start(words), true);
    return millisecondsSince(begin);
}

double untilHello(const std::filesystem::path &folder, const std::string &profile)
{
    std::vector<std::string> words{kEngine, "attach", "--dir", folder.string()};
    if (!profile.empty())
        words.insert(words.end(), {"--simulate", profile});
    const std::string open = R"({"type":"open","protocol":1,"run":"bench","node":"here","lease_seconds":60,"grace_seconds":1,"allow_busy":false})" "\n";
    const std::string over = R"({"type":"no-more-steps"})" "\n";
    const auto begin = bench::wallNow();
    const Child engine = start(words);
    if (::write(engine.input, open.data(), open.size()) != static_cast<ssize_t>(open.size()))
        die("the engine does not read");
    const std::string first = read(engine, true);
    const double took = millisecondsSince(begin);
    if (first.find("\"hello\"") == std::string::npos)
        die("the first line is no hello: " + first);
    if (::write(engine.input, over.data(), over.size()) != static_cast<ssize_t>(over.size()))
        die("the engine does not read");
    read(engine, false); // to the goodbye: the next round begins on a machine that is as quiet
    end(engine, false);
    return took;
}

double tell(const char *what, std::vector<double> milliseconds)
{
    std::ranges::sort(milliseconds);
    const double median = milliseconds[milliseconds.size() / 2];
    std::printf("%-42s least %6.2f ms, median %6.2f ms, 95 %% %6.2f ms, most %6.2f ms\n", what, milliseconds.front(), median,
                milliseconds[milliseconds.size() * 95 / 100], milliseconds.back());
    return median;
}

} // namespace

int main(int argc, char **argv)
{
    int rounds = 50;
    std::string profile;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--rounds") == 0)
            rounds = std::max(1, std::atoi(argv[i + 1]));
        else if (std::strcmp(argv[i], "--simulate") == 0)
            profile = argv[i + 1];
        else
            die(std::string("what is ") + argv[i] + "?");
    }
    char name[] = "/tmp/seatrial-bench-XXXXXX";
    if (!::mkdtemp(name))
        die("no folder in /tmp");
    const std::filesystem::path folder(name);
    const std::filesystem::path nothing = folder / "nothing";
    std::filesystem::copy_file("/bin/true", nothing);
    std::filesystem::resize_file(nothing, std::max(std::filesystem::file_size(nothing), std::filesystem::file_size(kEngine)));

    std::vector<double> floor, version, hello;
    for (int round = 0; round < rounds; ++round) {
        floor.push_back(untilExit({nothing.string()}));
        version.push_back(untilExit({kEngine, "--version"}));
        hello.push_back(untilHello(folder / ("run" + std::to_string(round)), profile));
    }
    std::filesystem::remove_all(folder);
    std::printf("%d rounds, in turn\n", rounds);
    const double program = tell("a program as large that does nothing", floor);
    const double asked = tell("seatrial-engine --version", version);
    const double engine = tell("seatrial-engine attach, to its hello", hello);
    std::printf("hello / program that does nothing: %.1f; hello / version: %.1f (goal for hello: 50 ms)\n", engine / program, engine / asked);
    return 0;
}
