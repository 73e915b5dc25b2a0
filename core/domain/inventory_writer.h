// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::domain {

/// @p fleet as an inventory that parseFleet() reads into the same fleet. Paths below the folder of @p target become
/// relative to it. What all nodes share is written once.
std::string writeFleet(const Fleet &fleet, const std::filesystem::path &target);

/// An inventory with a name and, so far, no nodes: addEntry() makes it whole.
std::string emptyInventory(const std::string &name);

/// A node, or a folded row of them, as a person types it. Empty: not given.
struct NodeEntry {
    std::string name;
    std::string address;
    std::string rack;
    std::string unit;
    std::string height;
    std::string user;
    std::string port;
    std::string identity;
    std::string jump;
};

enum class EntryField { Name, Address, Rack, Unit, Height, User, Port, Identity, Jump, File };

/// What is wrong, and where a person can put it right.
struct EntryProblem {
    EntryField field = EntryField::File;
    Failure failure;
};

struct Addition {
    std::string yaml; ///< the whole file
    Fleet fleet;      ///< what it says
    std::vector<NodeId> added;
};

/// @p yaml with @p entry in its rack, or among the nodes without a place; every other byte stays as it is. The result
/// is read again, by the same reader as any inventory, and has to say what it said before and the new nodes.
std::expected<Addition, EntryProblem> addEntry(const std::string &yaml, const std::filesystem::path &source, const NodeEntry &entry);

} // namespace seatrial::domain
