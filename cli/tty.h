// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <optional>
#include <string>

namespace seatrial::cli {

/// The terminal that the program was started from, whatever its standard streams are: for questions whose answers nobody
/// else shall see. It is as it was again after each line, also when a signal ends the program meanwhile.
class Tty
{
public:
    /// Nothing if there is none, or if the program runs in its background.
    static std::optional<Tty> open();
    Tty(Tty &&other) noexcept;
    ~Tty();

    void say(const std::string &text) const;
    /// A line without its end; nothing at its end, or once @p stop is set (seen within 100 ms).
    std::optional<std::string> line(bool echo, const std::atomic<bool> &stop) const;

private:
    explicit Tty(int descriptor) : m_descriptor(descriptor) {}
    std::optional<std::string> read(const std::atomic<bool> &stop) const;

    int m_descriptor;
};

} // namespace seatrial::cli
