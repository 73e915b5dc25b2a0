// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/control.h"
#include "core/protocol/line_cutter.h"
#include "engine/supervise/attach.h"
#include "engine/supervise/posix.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace seatrial::engine {

/// Carries control lines to a supervisor and its journal back, one block at a time in each direction, so that neither
/// side can make it grow.
class ControlPump
{
public:
    /// A @p stream that is not open means: the journal has ended, there is only its file.
    /// @p bound: a supervisor that ends with us, 0 if it lives on.
    ControlPump(const AttachOptions &options, Fd stream, pid_t bound = 0);

    /// Returns an AttachExit.
    int run(const protocol::Open &open);

private:
    void readInput();
    void checkPlanLines(std::string_view bytes);
    void inputEnded();
    void readJournal();
    void writeOut();
    void sendControl();
    void handleSignals();
    void cancel(const std::string &reason);
    void note(std::string_view delivered);
    int finishFromFile();
    void endBound(double graceSeconds);

    AttachOptions m_options;
    Fd m_stream;
    pid_t m_bound;
    Fd m_signals;              ///< in the foreground only
    bool m_inputOpen = true;
    std::string m_toSupervisor;
    std::string m_toOutput;
    protocol::LineCutter m_delivered;  ///< tells where the output stands
    std::uint64_t m_partBytes = 0;     ///< of a line of which the rest is not yet written
    std::uint64_t m_lastSequence = 0;  ///< written out whole
    bool m_goodbye = false;
    bool m_left = false;               ///< who was attached went away
    bool m_streamEnded = false;
    protocol::LineCutter m_plan;
    int m_planLine = 1;                ///< the Open was the first
    bool m_planBad = false;
};

} // namespace seatrial::engine
