// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace seatrial::fuzz {

/// One parser under fuzzing: takes any bytes, and aborts where a promise of the parser is broken.
using Target = void (*)(const std::string &input);

/// The target of that name, or nullptr.
Target targetNamed(std::string_view name);
std::string targetNames();

/// Ends the program, as an assertion does, with what was promised.
void promise(bool kept, const char *what);

void streamReader(const std::string &input);
void control(const std::string &input);
void nodeSet(const std::string &input);
void inventory(const std::string &input);
void plan(const std::string &input);
void hostList(const std::string &input);
void sshConfigHosts(const std::string &input);
void shellQuote(const std::string &input);

} // namespace seatrial::fuzz
