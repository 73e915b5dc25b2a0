#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# installer/engine-sysroot takes nothing but what has the right hash, and leaves nothing behind when it fails. Needs no
# network.
set -uo pipefail
export LC_ALL=C
home=$(readlink -f "$(dirname "$(readlink -f "$0")")/../../..")
tool=$home/installer/engine-sysroot
command -v dpkg-deb >/dev/null || { echo "skipped: dpkg-deb is missing"; exit 77; }
# The second place is looked into as well: what a build without a home folder keeps.
! compgen -G "$home/build/cache/engine-sysroot-*" >/dev/null || { echo "skipped: build/cache holds one"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
failures=0
check() { # WHAT EXPECTED-STATUS TEXT CMD...
    local said status=0
    said=$("${@:4}" 2>&1) || status=$?
    if [[ $status == "$2" && $said == *"$3"* ]]; then
        echo "ok    $1"
    else
        echo "FAIL  $1: status $status: $said"
        failures=$((failures + 1))
    fi
}
nothing_is_left() { [[ -z $(find "$work/cache" -mindepth 2) ]]; }

export XDG_CACHE_HOME=$work/cache
check "no mirror has it" 1 "could not be had" env SEATRIAL_DEBIAN_MIRRORS="file://$work/nowhere" "$tool" --arch amd64
check "nothing is left" 0 "" nothing_is_left
mkdir -p "$work/mirror/pool/main/g/glibc"
echo "something else" >"$work/mirror/pool/main/g/glibc/libc6_2.31-13+deb11u11_amd64.deb"
check "a mirror has something else" 1 "could not be had with the SHA-256" env SEATRIAL_DEBIAN_MIRRORS="file://$work/mirror" "$tool" --arch amd64
check "nothing of it is left" 0 "" nothing_is_left
check "an unknown architecture" 1 "no list of packages for the architecture riscv64" "$tool" --arch riscv64
check "a wrong word" 2 "Usage:" "$tool" --frobnicate
unset XDG_CACHE_HOME

# The one in use, if there is one: no link leads out of it to this computer's own libraries.
if root=$("$tool" --path); then
    stray() { find "$root" -type l -lname '/*'; find -L "$root" -type l; }
    check "no link leads out of it" 0 "" test -z "$(stray)"
fi
exit $((failures > 0))
