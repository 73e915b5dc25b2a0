// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/control.h"
#include "core/protocol/record.h"

#include <string>
#include <string_view>
#include <variant>

namespace seatrial::protocol {

/// A line that is no record: damaged, too long, of an unknown type, or with a value out of bounds.
struct Malformed {
    std::string reason;  ///< what is wrong, in words
    std::string excerpt; ///< at most 200 bytes of the line, unprintable bytes replaced
    bool operator==(const Malformed &) const = default;
};

/// A line from an engine that speaks a newer version than ours: the stream must be left.
struct TooNew {
    int protocol = 0;
    std::string engineVersion;
    bool operator==(const TooNew &) const = default;
};

/// @p record as one line of JSON, ending with '\n'. Non-finite numbers are written as null.
std::string encode(const Record &record);
/// @p control as one line of JSON, ending with '\n'.
std::string encode(const Control &control);

/// Reads one line (with or without its line end). Never throws; every bound of docs/protocol.md is checked.
std::variant<Record, Malformed, TooNew> decodeRecord(std::string_view line);
std::variant<Control, Malformed, TooNew> decodeControl(std::string_view line);

/// Body of a record without its stamp, as a worker hands it to its supervisor, and back.
std::string encodeBody(const Body &body);
std::variant<Body, Malformed> decodeBody(std::string_view line);

/// Stable words of enumerations, as they stand in the stream.
std::string_view statusText(StepStatus status);   ///< "completed"
std::string_view waiverText(Waiver waiver);       ///< "not present"
std::string_view severityText(Severity severity); ///< "warning"
std::string_view outcomeText(Outcome outcome);    ///< "lease expired"

} // namespace seatrial::protocol
