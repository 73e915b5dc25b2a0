// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/shell_quote.h"
#include "tests/fuzz/targets.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace seatrial::fuzz {

namespace {

/// What `sh -c COMMAND` prints. A real shell: a reading of our own would share our mistakes.
std::string outputOf(const std::string &command)
{
    int ends[2];
    promise(pipe(ends) == 0, "a pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    const char *const arguments[] = {"sh", "-c", command.c_str(), nullptr};
    const char *const environment[] = {"LC_ALL=C", "PATH=/nowhere", nullptr};
    pid_t child = -1;
    const int failed = posix_spawn(&child, "/bin/sh", &actions, nullptr, const_cast<char *const *>(arguments), const_cast<char *const *>(environment));
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    promise(failed == 0, "a shell");
    std::string output;
    char buffer[4096];
    for (;;) {
        const ssize_t bytes = read(ends[0], buffer, sizeof buffer);
        if (bytes < 0 && errno == EINTR)
            continue; // libFuzzer looks at the clock by a signal
        if (bytes <= 0)
            break;
        output.append(buffer, static_cast<std::size_t>(bytes));
    }
    close(ends[0]);
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return output;
}

} // namespace

/// A word survives the shell, and a script that travels quoted prints it again.
void shellQuote(const std::string &input)
{
    const std::string word = input.substr(0, 2000);
    std::string expected;
    for (const char character : word)
        expected += character == '\0' ? std::string("\xEF\xBF\xBD") : std::string(1, character);
    const std::string quoted = remote::shellQuote(word);
    promise(outputOf("printf %s " + quoted) == expected, "a quoted word is the word");

    const auto command = remote::loginShellCommand("printf %s " + quoted);
    if (!command)
        return promise(word.find('\0') != std::string::npos, "only a NUL or a long script cannot travel");
    promise(outputOf(*command) == expected, "a script travels through a login shell as it is");
}

} // namespace seatrial::fuzz
