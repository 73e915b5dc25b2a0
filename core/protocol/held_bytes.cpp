// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/held_bytes.h"

#include <type_traits>

namespace seatrial::protocol {

namespace {

// With the place of the record in the run, and of its texts that are short.
constexpr std::uint64_t kMeasurementBytes = 800; ///< and with the figure and the finding that are made of it
constexpr std::uint64_t kOtherBytes = 400;
constexpr std::uint64_t kParameterBytes = 120;

std::uint64_t bytesOf(const Parameters &parameters)
{
    std::uint64_t bytes = 0;
    for (const auto &[name, value] : parameters)
        bytes += kParameterBytes + name.size() + value.size();
    return bytes;
}

template<typename... Texts>
std::uint64_t bytesOf(const Texts &...texts)
{
    return (std::uint64_t{0} + ... + texts.size());
}

} // namespace

std::uint64_t heldBytes(const Body &body)
{
    return std::visit(
        [](const auto &said) -> std::uint64_t {
            using Said = std::decay_t<decltype(said)>;
            if constexpr (std::is_same_v<Said, Measurement>)
                return kMeasurementBytes + bytesOf(said.step, said.check, said.metric, said.subject) + bytesOf(said.parameters);
            else if constexpr (std::is_same_v<Said, StepStarted>)
                return kOtherBytes + bytesOf(said.step, said.check) + bytesOf(said.parameters);
            else if constexpr (std::is_same_v<Said, StepFinished>)
                return kOtherBytes + bytesOf(said.step, said.check, said.reason);
            else if constexpr (std::is_same_v<Said, Event>)
                return kOtherBytes + bytesOf(said.code, said.step, said.subject, said.text) + bytesOf(said.parameters);
            else if constexpr (std::is_same_v<Said, Part>)
                return kOtherBytes + bytesOf(said.kind, said.place, said.identity, said.model, said.firmware) + bytesOf(said.attributes);
            else if constexpr (std::is_same_v<Said, Heartbeat>)
                return 0;
            else
                return kOtherBytes; // a greeting or a goodbye
        },
        body);
}

} // namespace seatrial::protocol
