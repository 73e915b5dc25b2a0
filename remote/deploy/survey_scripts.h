// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/survey.h"

#include <string>

namespace seatrial::remote {

/// Scripts of single questions to a node, by /bin/sh, as plain as those of scripts.h. They answer lines of "key value".
std::string machineScript();
std::string inodesScript(const std::string &base);
std::string driverScript(const std::string &base);
std::string clockScript();
/// Takes away the folder of the engine, and what was noted or switched on, if no engine and no run is in it.
std::string tidyScript(const std::string &base);

/// Answers "marker PID START" or "none WHY".
std::string leaveMarkerScript(const std::string &base, campaign::Shelter shelter);
/// Answers "marker lives" or "marker gone", and ends it.
std::string markerScript(const std::string &base, const campaign::Marker &marker);
std::string rememberScript(const std::string &base, const std::string &word, const std::string &reason);

/// @p command in a scope of the user's own systemd, in place of the shell.
std::string inUserScope(const std::string &command);

/// Seconds that a marker sleeps before it ends by itself, and that nvidia-smi is waited for.
inline constexpr int kMarkerSeconds = 61;
inline constexpr int kDriverSeconds = 8;

} // namespace seatrial::remote
