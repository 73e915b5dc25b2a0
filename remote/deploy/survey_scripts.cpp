// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/deploy/survey_scripts.h"

#include "remote/shell_quote.h"

namespace seatrial::remote {

namespace {

constexpr const char *kSay = "umask 077\nsay() { printf '%s\\n' \"$*\"; }\n";

/// Where the user's own systemd listens, for sessions that were not told.
constexpr const char *kUserBus = R"sh(
: "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
export XDG_RUNTIME_DIR
)sh";

/// limit SECONDS COMMAND…: where timeout is there; scripts have a deadline of their own besides.
/// started PID: state and start time of a process, nothing if there is none.
constexpr const char *kProcesses = R"sh(
limit() {
    if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi
}
started() {
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    set -- ${stat##*) }
    [ "$1" != Z ] && say "${20}"
}
)sh";

constexpr const char *kLeaveInSession = R"sh(
if command -v setsid >/dev/null 2>&1; then setsid sleep "$seconds" </dev/null >/dev/null 2>&1 &
else nohup sleep "$seconds" </dev/null >/dev/null 2>&1 &
fi
say "marker $! $(started $!)"
)sh";

constexpr const char *kLeaveInScope = R"sh(
none() { say "none $*"; exit 0; }
command -v systemd-run >/dev/null 2>&1 || none 'a user scope cannot be had: there is no systemd-run'
user=$(id -un)
if [ ! -e "/var/lib/systemd/linger/$user" ]; then
    said=$(limit 5 loginctl --no-ask-password enable-linger </dev/null 2>&1) || none "a user scope cannot be had: lingering is not allowed ($said)"
    [ -z "$base" ] || : >"$base/lingering"
fi
log=${base:-/tmp}/scope.$$
setsid systemd-run --user --scope --quiet -- sleep "$seconds" </dev/null >/dev/null 2>"$log" &
pid=$!
sleep 1
said=$(dd if="$log" bs=300 count=1 2>/dev/null)
rm -f -- "$log"
name=$(cat "/proc/$pid/comm" 2>/dev/null)
if [ "$name" != sleep ]; then
    kill "$pid" 2>/dev/null
    [ ! -f "$base/lingering" ] || { limit 5 loginctl --no-ask-password disable-linger </dev/null >/dev/null 2>&1; rm -f -- "$base/lingering"; }
    none "a user scope cannot be had: ${said:-systemd-run did not start it within 1 s}"
fi
say "marker $pid $(started "$pid")"
)sh";

/// A login that ends may take a moment to take its processes with it.
constexpr const char *kMarker = R"sh(
lives() { [ "$(started "$pid")" = "$start" ]; }
round=0
while lives && [ "$round" -lt 2 ]; do sleep 1; round=$((round + 1)); done
if lives; then
    say 'marker lives'
    kill "$pid"
else
    say 'marker gone'
    if [ "$scope" = yes ] && [ -f "$base/lingering" ]; then
        limit 5 loginctl --no-ask-password disable-linger </dev/null >/dev/null 2>&1
        rm -f -- "$base/lingering"
    fi
fi
)sh";

constexpr const char *kRemember = R"sh(
# That nothing is wrong needs to be written down only where something else stands.
[ "$word" != lives ] || [ -f "$base/survival" ] || exit 0
boot=$(cat /proc/sys/kernel/random/boot_id) || exit 0
say "$boot $word $reason" >"$base/survival.$$" && mv -f -- "$base/survival.$$" "$base/survival"
)sh";

/// What was found and what was switched on is for runs: where none ever was, nothing of it stays.
constexpr const char *kTidy = R"sh(
rmdir -- "$base/runs" "$base/bundles" 2>/dev/null
if [ ! -e "$base/runs" ] && [ ! -e "$base/bundles" ]; then
    [ ! -f "$base/lingering" ] || limit 5 loginctl --no-ask-password disable-linger </dev/null >/dev/null 2>&1
    rm -f -- "$base/lingering" "$base/survival"
    rmdir -- "$base" 2>/dev/null
fi
exit 0
)sh";

/// nvidia-smi can hang in the kernel, where nobody can end it: it is waited for, never longer than said, and left.
constexpr const char *kDriver = R"sh(
onbus=0
for device in /sys/bus/pci/devices/*; do
    { read -r vendor <"$device/vendor"; read -r class <"$device/class"; } 2>/dev/null || continue
    case $vendor,$class in 0x10de,0x03*) onbus=$((onbus + 1)) ;; esac
done
say "onbus $onbus"
{ read -r version </proc/driver/nvidia/version; } 2>/dev/null || exit 0
say "version $version"
devices=0
for device in /proc/driver/nvidia/gpus/*; do [ ! -d "$device" ] || devices=$((devices + 1)); done
say "devices $devices"
command -v nvidia-smi >/dev/null 2>&1 && [ -n "$base" ] || exit 0
answer=$base/smi.$$
nvidia-smi -L </dev/null >"$answer" 2>&1 &
smi=$!
round=0
while kill -0 "$smi" 2>/dev/null && [ "$round" -lt "$((seconds * 5))" ]; do sleep 0.2 2>/dev/null || sleep 1; round=$((round + 1)); done
if kill -0 "$smi" 2>/dev/null; then
    kill -9 "$smi" 2>/dev/null
    say "trouble nvidia-smi did not answer for $seconds s"
elif ! wait "$smi"; then
    say "trouble nvidia-smi says: $(dd if="$answer" bs=300 count=1 2>/dev/null | tr '\n' ' ')"
fi
rm -f -- "$answer"
)sh";

std::string assignment(const std::string &name, const std::string &value)
{
    return name + "=" + shellQuote(value) + "\n";
}

} // namespace

std::string machineScript()
{
    return std::string(kSay) + R"sh(
say "machine $(uname -m)"
say "kernel $(uname -sr)"
say "libc $(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | { read -r first; say "$first"; })"
)sh";
}

std::string inodesScript(const std::string &base)
{
    return kSay + assignment("base", base) + R"sh(
say "inodes $(df -Pi -- "$base" 2>/dev/null | { read -r _; read -r _ all _ left _; [ "$all" = 0 ] || say "$left"; })"
)sh";
}

std::string driverScript(const std::string &base)
{
    return kSay + assignment("base", base) + assignment("seconds", std::to_string(kDriverSeconds)) + kDriver;
}

std::string clockScript()
{
    return "date +%s.%N 2>/dev/null || date +%s\n";
}

std::string tidyScript(const std::string &base)
{
    return kSay + assignment("base", base) + kProcesses + kTidy;
}

std::string leaveMarkerScript(const std::string &base, campaign::Shelter shelter)
{
    const std::string head = kSay + assignment("base", base) + assignment("seconds", std::to_string(kMarkerSeconds)) + kProcesses;
    return shelter == campaign::Shelter::Session ? head + kLeaveInSession : head + kUserBus + kLeaveInScope;
}

std::string markerScript(const std::string &base, const campaign::Marker &marker)
{
    return kSay + assignment("base", base) + assignment("pid", std::to_string(marker.process)) + assignment("start", marker.startTime)
        + assignment("scope", marker.shelter == campaign::Shelter::UserScope ? "yes" : "no") + kProcesses + kMarker;
}

std::string rememberScript(const std::string &base, const std::string &word, const std::string &reason)
{
    return kSay + assignment("base", base) + assignment("word", word) + assignment("reason", reason) + kRemember;
}

std::string inUserScope(const std::string &command)
{
    return kUserBus + ("exec systemd-run --user --scope --quiet -- " + command);
}

} // namespace seatrial::remote
