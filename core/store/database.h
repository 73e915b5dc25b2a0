// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace seatrial::store {

enum class Access { Read, Write };

/// Something in the store contradicts itself; becomes a failure at the doorway below.
struct DamagedStore : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Opens a connection to a store that exists and is migrated. Throws.
std::unique_ptr<SQLite::Database> connect(const std::string &file, Access access);

/// Opens @p file for writing, creating and migrating it. What is no store of ours is refused and left as it is.
domain::Result<std::unique_ptr<SQLite::Database>> openForWriting(const std::string &file);

/// @p exception of the store in @p file as a failure for a person. @p attempted says what was being done.
domain::Failure failureOf(const std::exception &exception, const std::string &file, const std::string &attempted);

/// The one doorway between exceptions of SQLite, JSON and memory, and failures as values.
template<typename Function>
auto guarded(const std::string &file, const std::string &attempted, Function function) -> domain::Result<decltype(function())>
{
    try {
        if constexpr (std::is_void_v<decltype(function())>) {
            function();
            return {};
        } else {
            return function();
        }
    } catch (const std::exception &exception) {
        return std::unexpected(failureOf(exception, file, attempted));
    }
}

} // namespace seatrial::store
