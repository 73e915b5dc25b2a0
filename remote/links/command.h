// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "core/domain/failure.h"

#include <poll.h>

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace seatrial::remote {

/// A command that runs, here or elsewhere, seen through reads and writes that never block. One thread owns it.
/// Destroying it hangs up.
class Command
{
public:
    enum class Stream { Output, Errors };
    static constexpr std::size_t kMaxDescriptors = 4;

    virtual ~Command() = default;

    /// Fills in what to poll for before more can be done; returns how many.
    virtual std::size_t descriptors(std::span<pollfd, kMaxDescriptors> fds, bool toWrite) const = 0;
    /// Takes bytes that came. 0: nothing now.
    virtual domain::Result<std::size_t> read(Stream stream, std::span<char> buffer) = 0;
    /// Whether anything came in since the last call, be it by a read of the other stream or by a write. Then a read
    /// that had nothing may have something now, and no descriptor will tell.
    virtual bool stirred() = 0;
    /// Takes a part of @p bytes. 0: not now. Once the command stopped reading it takes all and drops them.
    virtual domain::Result<std::size_t> write(std::string_view bytes) = 0;
    /// End of standard input.
    virtual void closeInput() = 0;
    /// The exit status once the command has ended and all it said has been read; 128 + N if signal N ended it.
    virtual domain::Result<std::optional<int>> ended() = 0;
    /// What was said before the command had its turn, and was left out.
    virtual campaign::Noise noise() const { return {}; }
};

} // namespace seatrial::remote
