// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/deploy/scripts.h"

#include "remote/shell_quote.h"

namespace seatrial::remote {

namespace {

/// Functions that all three scripts share.
constexpr const char *kCommon = R"sh(
umask 077
uid=$(id -u)
say() { printf '%s\n' "$*"; }

# digest FILE: its SHA-256, or "unknown" where nothing can compute it.
digest() {
    if command -v sha256sum >/dev/null 2>&1; then set -- $(sha256sum <"$1")
    elif command -v openssl >/dev/null 2>&1; then set -- $(openssl dgst -sha256 -r <"$1")
    else set -- unknown
    fi
    say "$1"
}

# private FOLDER: a real folder of ours that nobody else can enter. Else $why says what it is.
private() {
    if [ -h "$1" ]; then why='it is a symbolic link'; return 1; fi
    if [ ! -d "$1" ]; then why='it is not a folder'; return 1; fi
    set -- $(ls -ldn -- "$1" 2>/dev/null)
    if [ "$3" != "$uid" ]; then why="it belongs to the user with number $3"; return 1; fi
    case $1 in
    drwx--[-S]---*) return 0 ;;
    *) why="others may enter it ($1)"; return 1 ;;
    esac
}

# named_place FUNCTION, usual_places FUNCTION: call it with PLACE NAME for every folder that may hold ours, until it
# succeeds. A home can be shared by all nodes, so the folder there bears the node's name.
named_place() {
    [ -n "${SEATRIAL_BASE-}" ] && "$1" "$SEATRIAL_BASE" "seatrial-$uid"
}
usual_places() {
    "$1" /var/tmp "seatrial-$uid" && return 0
    { [ -n "${HOME-}" ] && "$1" "$HOME/.cache" "seatrial-$uid-$(uname -n)"; } && return 0
    "$1" /tmp "seatrial-$uid" && return 0
    "$1" /dev/shm "seatrial-$uid" && return 0
    { [ -n "${XDG_RUNTIME_DIR-}" ] && "$1" "$XDG_RUNTIME_DIR" "seatrial-$uid"; } && return 0
    return 1
}
)sh";

constexpr const char *kProbe = R"sh(
quiet=
refuse() { [ -n "$quiet" ] || say "refused $place: $1"; return 1; }

# The engine in $bundle is whole: finished once, and unchanged since.
whole() {
    engine=$bundle/seatrial-engine
    [ -f "$bundle/ok" ] && [ -f "$engine" ] && [ ! -h "$engine" ] && [ -x "$engine" ] || return 1
    content=$(digest "$engine")
    [ "$content" = "$sha" ] && return 0
    [ "$content" = unknown ] && [ "$(wc -c <"$engine")" -eq "$size" ]
}

# keeps FOLDER: nobody but root and us may put another folder in the place of one in it. Else $why says who.
keeps() {
    folder=$1
    set -- $(ls -ldn -- "$folder/." 2>/dev/null)
    if [ "${3:-0}" != 0 ] && [ "$3" != "$uid" ]; then
        why="the user with number $3 may replace folders in $folder"
        return 1
    fi
    case ${1:-unknown} in
    unknown) why="$folder cannot be looked at"; return 1 ;;
    ?????????[tT]*) return 0 ;;
    ????????w*) why="anybody may replace folders in $folder"; return 1 ;;
    ?????w????+*) why="those in its access list may replace folders in $folder"; return 1 ;;
    ?????w*) [ "$4" = "$alone" ] || { why="group $4 may replace folders in $folder"; return 1; } ;;
    esac
}

# all_keep PATH: so do all folders above it.
all_keep() {
    rest=$1
    while [ -n "$rest" ]; do
        rest=${rest%/*}
        keeps "${rest:-/}" || return 1
    done
}

# Nobody may put another folder in the place of ours. What lies above is looked at where it is not the system's own.
trusted_place() {
    keeps "$place" || return 1
    case $place in
    /var/tmp | /tmp | /dev/shm) return 0 ;;
    /*) ;;
    *) why='not an absolute path'; return 1 ;;
    esac
    all_keep "$place" && all_keep "$(cd -P -- "$place" 2>/dev/null && pwd -P)"
}

# $base is ours, has space, and programs in it run.
suits() {
    need=$full
    private "$base" || { refuse "$base cannot be used: $why"; return 1; }
    ! whole || need=8192
    free=$(df -Pk -- "$base" 2>/dev/null | { read -r _; read -r _ _ _ kb _; say "$kb"; })
    case $free in '' | *[!0-9]*) refuse 'its free space is not known'; return 1 ;; esac
    [ "$free" -ge "$need" ] || { refuse "$((free / 1024)) MB free, $((need / 1024)) MB needed"; return 1; }
    try=$base/try.$$
    { printf '#!/bin/sh\nexit 0\n' >"$try" && chmod 700 "$try"; } 2>/dev/null || {
        rm -f -- "$try"; refuse 'nothing can be written there'; return 1; }
    "$try" >/dev/null 2>&1
    ran=$?
    rm -f -- "$try"
    [ "$ran" -eq 0 ] || { refuse 'programs cannot run there (mounted noexec?)'; return 1; }
}

# A folder that was chosen before: runs may live there.
again() {
    place=$1 base=$1/$2 bundle=$1/$2/bundles/$sha
    [ -d "$base" ] && trusted_place && suits
}

fresh() {
    place=$1 base=$1/$2 bundle=$1/$2/bundles/$sha
    case $place in /*) ;; *) refuse 'not an absolute path'; return 1 ;; esac
    [ "$place" != "${HOME-}/.cache" ] || [ -d "$place" ] || mkdir -- "$place" 2>/dev/null
    [ -d "$place" ] || { refuse 'no such folder'; return 1; }
    trusted_place || { refuse "$why"; return 1; }
    made=
    if [ ! -e "$base" ] && [ ! -h "$base" ]; then
        mkdir -- "$base" 2>/dev/null || { refuse 'no folder can be made there'; return 1; }
        made=1
    fi
    suits && return 0
    [ -z "$made" ] || rmdir -- "$base"
    return 1
}

# signs: why detached processes may end with their login here; nothing where nothing speaks for it.
signs() {
    sign=
    # logind spares root unless it is told otherwise.
    if [ "$uid" -ne 0 ]; then
        for file in /usr/lib/systemd/logind.conf /etc/systemd/logind.conf /usr/lib/systemd/logind.conf.d/*.conf \
            /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf; do
            [ -r "$file" ] || continue
            while read -r line || [ -n "$line" ]; do
                case $line in
                KillUserProcesses*=*[yY]es* | KillUserProcesses*=*true* | KillUserProcesses*=*1* | KillUserProcesses*=*on)
                    sign="KillUserProcesses=yes in $file" ;;
                KillUserProcesses*=*) sign= ;;
                esac
            done <"$file"
        done
    fi
    for file in /etc/pam.d/sshd /etc/pam.d/system-auth /etc/pam.d/password-auth /etc/pam.d/common-session; do
        [ -r "$file" ] || continue
        while read -r line || [ -n "$line" ]; do
            case $line in \#*) ;; *pam_slurm_adopt*) sign="pam_slurm_adopt in $file" ;; esac
        done <"$file"
    done
    [ -z "$sign" ] || say "survival doubted $sign"
}

# remembered: what was tried since the node was booted.
remembered() {
    [ -f "$base/survival" ] && [ ! -h "$base/survival" ] || return 1
    read -r boot how why <"$base/survival"
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ] && say "survival $how $why"
}

# The group that nobody else is in, where each user has one.
alone=none
[ "$(id -gn 2>/dev/null)" != "$(id -un)" ] || alone=$(id -g)

say "machine $(uname -m)"
say "kernel $(uname -sr)"
say "libc $(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | { read -r first; say "$first"; })"
say "user $(id -un)"
named_place fresh || { quiet=1; usual_places again; } || { quiet=; usual_places fresh; } || exit 0
mkdir -p -- "$base/bundles" "$base/runs"
# What an upload that broke off has left behind; one that goes on is younger.
for file in "$bundle"/*.tmp; do
    [ ! -f "$file" ] || find "$bundle" -name '*.tmp' -type f -mmin +60 -exec rm -f -- {} + 2>/dev/null
done
say "free $free"
say "base $base"
remembered || signs
if whole; then say 'deployed yes'; else say 'deployed no'; fi
)sh";

constexpr const char *kUpload = R"sh(
trap 'rm -f -- "$tmp" "$tmp.log"' EXIT
trap 'exit 1' HUP INT TERM PIPE
fail() { say "failed $*"; exit 1; }
mkdir -p -- "$bundle" || fail 'the folder cannot be made'
cat >"$tmp" || fail 'it cannot be written'
got=$(wc -c <"$tmp")
[ "$got" -eq "$size" ] || fail "only $got of $size bytes arrived"
content=$(digest "$tmp")
case $content in
"$sha") how='by SHA-256' ;;
unknown) how='by size and self-test only (no sha256sum there)' ;;
*) fail "what arrived has another SHA-256: $content" ;;
esac
chmod 700 "$tmp" || fail 'it cannot be made executable'
"$tmp" --selftest </dev/null >"$tmp.log" 2>&1 || {
    status=$?
    fail "self-test $status $(dd if="$tmp.log" bs=2000 count=1 2>/dev/null)"
}
mv -f -- "$tmp" "$bundle/seatrial-engine" && : >"$bundle/ok" || fail 'it cannot be renamed into its place'
say "verified $how"
)sh";

constexpr const char *kClean = R"sh(
# held: somebody holds the lock of a run below $base. Else $lock says of which.
held() {
    for lock in "$base"/runs/*/lock; do
        [ -f "$lock" ] && [ ! -h "$lock" ] && read -r owner <"$lock" || continue
        set -- $(ls -i -- "$lock")
        while read -r _ _ _ _ holder file _; do
            case $holder,$file in "$owner",*:"$1") return 0 ;; esac
        done </proc/locks
    done 2>/dev/null
    return 1
}

# ended: no run lives below $base any more. Else $why says which. What says that it ended them need not be an engine.
ended() {
    for engine in "$base"/bundles/*/seatrial-engine; do
        [ -f "$engine" ] && [ ! -h "$engine" ] && [ -x "$engine" ] || continue
        why=$("$engine" quit --base "$base" </dev/null 2>&1)
        status=$?
        # An engine that does not even start cannot have runs of its own.
        [ "$status" -eq 0 ] || [ "$status" -ge 126 ] || return 1
    done
    round=0
    while held; do
        [ "$round" -lt 3 ] || { why="process $owner still holds $lock"; return 1; }
        sleep 1
        round=$((round + 1))
    done
    return 0
}

remove() {
    base=$1/$2
    [ -e "$base" ] || [ -h "$base" ] || return 1
    private "$base" || { say "left $base: $why"; return 1; }
    ended || { say "left $base:" $why; return 1; }
    [ ! -f "$base/lingering" ] || loginctl --no-ask-password disable-linger </dev/null >/dev/null 2>&1
    size=$(du -sk -- "$base" 2>/dev/null | { read -r kb _; say "$kb"; })
    rm -rf -- "$base"
    if [ -e "$base" ]; then say "left $base: not all of it could be removed"
    else say "removed ${size:-0} $base"
    fi
    [ "$1" != "${HOME-}/.cache" ] || rmdir -- "$1" 2>/dev/null
    return 1
}

named_place remove
usual_places remove
exit 0
)sh";

std::string assignment(const std::string &name, const std::string &value)
{
    return name + "=" + shellQuote(value) + "\n";
}

} // namespace

std::string probeScript(const EngineIdentity &engine)
{
    const std::size_t kilobytes = engine.bytes / 1024 + 1 + kSpareMegabytes * 1024;
    return assignment("sha", engine.sha256) + assignment("size", std::to_string(engine.bytes))
        + assignment("full", std::to_string(kilobytes)) + kCommon + kProbe;
}

std::string uploadScript(const EngineIdentity &engine, const std::string &bundle, const std::string &temporary)
{
    return assignment("sha", engine.sha256) + assignment("size", std::to_string(engine.bytes))
        + assignment("bundle", bundle) + assignment("tmp", temporary) + kCommon + kUpload;
}

std::string cleanScript()
{
    return std::string(kCommon) + kClean;
}

} // namespace seatrial::remote
