// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace seatrial::engine {

/// Why a device did not do what it was asked.
enum class DeviceTrouble {
    NotPresent,   ///< no such device, library or function on this node
    NotSupported, ///< this model or this driver cannot do it
    NotPermitted, ///< it is there, and we may not
    OutOfMemory,
    Unclear,      ///< nothing was measured, and whether the device or its set-up is to blame is open
    Lost,         ///< it was there and answers no more: it fell off the bus, or its driver hangs
    Broken,       ///< it answered with an error of its own: an illegal instruction, an uncorrectable memory error
};

struct DeviceProblem {
    DeviceTrouble trouble = DeviceTrouble::Broken;
    std::string text; ///< one sentence for a person, with the name and number of the error as the library gave it
};

/// What was asked for, or why it could not be had.
template <class T>
class Outcome
{
public:
    Outcome(T value) : m_content(std::in_place_index<0>, std::move(value)) {}
    Outcome(DeviceProblem problem) : m_content(std::in_place_index<1>, std::move(problem)) {}

    bool ok() const { return m_content.index() == 0; }
    explicit operator bool() const { return ok(); }
    const T &value() const { return std::get<0>(m_content); }
    T &value() { return std::get<0>(m_content); }
    const T &operator*() const { return value(); }
    T &operator*() { return value(); }
    const T *operator->() const { return &value(); }
    T *operator->() { return &value(); }
    const DeviceProblem &problem() const { return std::get<1>(m_content); }

private:
    std::variant<T, DeviceProblem> m_content;
};

/// Nothing but that it worked.
struct Done {};

} // namespace seatrial::engine
