// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/shell_quote.h"

#include <cstdio>

namespace seatrial::remote {

std::string shellQuote(std::string_view text)
{
    std::string quoted = "'";
    for (const char character : text) {
        if (character == '\'')
            quoted += "'\\''";
        else if (character == '\0')
            quoted += "\xEF\xBF\xBD";
        else
            quoted += character;
    }
    return quoted + "'";
}

namespace {

/// Characters that some shell treats specially even between single quotes: csh stops at a newline and replaces '!',
/// fish reads "\'" and "\\". They travel as the octal escapes of printf's %b.
bool mustBeEscaped(char character)
{
    const auto code = static_cast<unsigned char>(character);
    return code < 0x20 || code == 0x7F || character == '\'' || character == '\\' || character == '!';
}

} // namespace

domain::Result<std::string> loginShellCommand(std::string_view script)
{
    using namespace domain;
    if (script.find('\0') != std::string_view::npos) {
        return std::unexpected(Failure{Stage::Internal, FailureKind::Invalid, "a script for a node holds a NUL byte",
                                       "quoting the script for the login shell", {}});
    }
    std::string command = "exec /bin/sh -c 'LC_ALL=C; export LC_ALL; eval \"$(printf %b \"$1\")\"' sh '";
    for (const char character : script) {
        if (!mustBeEscaped(character)) {
            command += character;
            continue;
        }
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\0%03o", static_cast<unsigned>(static_cast<unsigned char>(character)));
        command += escape;
    }
    command += '\'';
    if (command.size() > kMaxCommandBytes) {
        return std::unexpected(Failure{Stage::Internal, FailureKind::Invalid,
                                       "a script for a node is " + std::to_string(script.size())
                                           + " bytes long, too long for one command line",
                                       "quoting the script for the login shell", {}});
    }
    return command;
}

} // namespace seatrial::remote
