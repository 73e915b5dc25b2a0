// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::resources {

/// Where this installation keeps what the programs need, found from where the running program lies:
/// <bin>/../share/seatrial for data; <bin>/seatrial-engine or <bin>/../lib/seatrial/seatrial-engine for the engine.
class Installation
{
public:
    Installation();

    /// Names of the built-in plans, "quick" first.
    std::vector<std::string> planNames() const;
    /// The file of a plan: a built-in name or a path. Unknown names list those that exist.
    domain::Result<std::filesystem::path> plan(const std::string &nameOrFile) const;
    /// The file of the built-in criteria, or @p file if it is not empty.
    domain::Result<std::filesystem::path> criteria(const std::string &file) const;
    domain::Result<std::filesystem::path> engine() const;
    /// The folder that says what models of GPUs promise.
    std::filesystem::path models() const { return m_data / "sku"; }

    const std::filesystem::path &dataFolder() const { return m_data; }
    /// Where a person's history lies if no store is named: $XDG_DATA_HOME/seatrial/seatrial.db. The folder may not be there yet.
    static std::filesystem::path defaultStore();
    /// Makes the folder of the default store, for who is about to make that; a folder of any other store is its owner's matter.
    static void makeRoomFor(const std::filesystem::path &store);
    /// Who runs this program: the login name.
    static std::string operatorName();

private:
    std::filesystem::path m_program; ///< folder of the running program
    std::filesystem::path m_data;
};

} // namespace seatrial::resources
