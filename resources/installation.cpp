// SPDX-License-Identifier: GPL-3.0-or-later
#include "resources/installation.h"

#include <algorithm>
#include <cstdlib>
#include <pwd.h>
#include <unistd.h>

namespace seatrial::resources {

namespace fs = std::filesystem;
using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

std::string environment(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

} // namespace

Installation::Installation()
{
    std::error_code error;
    m_program = fs::read_symlink("/proc/self/exe", error).parent_path();
    m_data = (m_program / "../share/seatrial").lexically_normal();
    if (!fs::exists(m_data, error)) // a test lies one folder deeper than the programs
        m_data = (m_program / "../../share/seatrial").lexically_normal();
}

std::vector<std::string> Installation::planNames() const
{
    std::vector<std::string> names;
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(m_data / "plans", error)) {
        if (entry.path().extension() == ".yaml")
            names.push_back(entry.path().stem());
    }
    // Those for every day first.
    const auto rank = [](const std::string &name) { return name == "quick" ? 0 : name == "standard" ? 1 : 2; };
    std::ranges::sort(names, {}, [&](const std::string &name) { return std::pair(rank(name), name); });
    return names;
}

domain::Result<fs::path> Installation::plan(const std::string &nameOrFile) const
{
    std::error_code error;
    const auto builtIn = m_data / "plans" / (nameOrFile + ".yaml");
    if (nameOrFile.find('/') == std::string::npos && fs::is_regular_file(builtIn, error))
        return builtIn;
    if (fs::is_regular_file(nameOrFile, error))
        return fs::path(nameOrFile);
    std::string known;
    for (const auto &name : planNames())
        known += (known.empty() ? "" : ", ") + name;
    return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "no plan named \"" + nameOrFile + "\" and no such file",
                                   "built-in plans in " + (m_data / "plans").string(),
                                   known.empty() ? "is the program installed as a whole?" : "built-in plans: " + known});
}

domain::Result<fs::path> Installation::criteria(const std::string &file) const
{
    std::error_code error;
    const fs::path path = file.empty() ? m_data / "criteria/host.yaml" : fs::path(file);
    if (fs::is_regular_file(path, error))
        return path;
    return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "no criteria in " + path.string(), {},
                                   file.empty() ? "is the program installed as a whole?" : "give a file of criteria (docs/criteria.md)"});
}

domain::Result<fs::path> Installation::engine() const
{
    std::error_code error;
    std::string tried;
    for (const char *place : {"seatrial-engine", "../lib/seatrial/seatrial-engine", "../bin/seatrial-engine"}) {
        const auto path = (m_program / place).lexically_normal();
        if (fs::is_regular_file(path, error))
            return path;
        tried += (tried.empty() ? "" : ", ") + path.string();
    }
    return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "the engine seatrial-engine is missing", "looked at " + tried,
                                   "build or install the whole program"});
}

fs::path Installation::defaultStore()
{
    fs::path folder = environment("XDG_DATA_HOME");
    if (folder.empty())
        folder = fs::path(environment("HOME").empty() ? "/tmp" : environment("HOME")) / ".local/share";
    return folder / "seatrial/seatrial.db";
}

void Installation::makeRoomFor(const fs::path &store)
{
    std::error_code error;
    if (store == defaultStore())
        fs::create_directories(store.parent_path(), error); // opening the store says what is wrong if this did not work
}

std::string Installation::operatorName()
{
    if (const passwd *entry = getpwuid(getuid()))
        return entry->pw_name;
    return "uid " + std::to_string(getuid());
}

} // namespace seatrial::resources
