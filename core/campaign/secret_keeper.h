// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <optional>
#include <string>

namespace seatrial::campaign {

/// A place that keeps secrets beyond this program: the keychain of the desktop. Called from worker threads. Nothing is
/// ever written there that a person did not ask to be kept.
class SecretKeeper
{
public:
    virtual ~SecretKeeper() = default;
    /// Nothing: it keeps no such secret, or cannot be asked. @p cancelled ends the wait within 200 ms.
    virtual std::optional<std::string> read(const std::string &name, const std::atomic<bool> &cancelled) = 0;
    virtual void write(const std::string &name, const std::string &secret) = 0;
    virtual void forget(const std::string &name) = 0;
    /// Why nothing can be kept, for the person; empty if it can. Known once read() was called.
    virtual std::string unavailable() const = 0;
};

} // namespace seatrial::campaign
