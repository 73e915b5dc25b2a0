// SPDX-License-Identifier: Apache-2.0
#include "engine/emit/pipe_emitter.h"

#include "core/protocol/codec.h"
#include "core/protocol/text.h"
#include "engine/supervise/posix.h"

#include <cstdlib>

namespace seatrial::engine {

namespace {

constexpr std::size_t kMaxTextBytes = 4096;

/// Sentences may quote what a kernel or a library said at any length; the stream has its bounds.
void keepBounds(protocol::Body &body)
{
    if (auto *event = std::get_if<protocol::Event>(&body))
        event->text = protocol::clipped(event->text, kMaxTextBytes);
    if (auto *finished = std::get_if<protocol::StepFinished>(&body))
        finished->reason = protocol::clipped(finished->reason, kMaxTextBytes);
}

} // namespace

void PipeEmitter::emit(protocol::Body body)
{
    keepBounds(body);
    const std::string line = protocol::encodeBody(body);
    const std::lock_guard lock(m_mutex);
    if (!writeAll(m_fd, line))
        std::_Exit(1); // the supervisor is gone: nobody would ever learn what is measured from here on
}

} // namespace seatrial::engine
