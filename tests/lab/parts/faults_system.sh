# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Faults of the machine and its system: processor, shell, reboots, processes that hang.

FAULT_TEXT[slow-cpu]="a CPU quota of PERCENT (25 unless told) of all processors, by control groups of version 1 or 2"
FAULT_DEFAULT[slow-cpu]=25
FAULT_PATTERN[slow-cpu]='^[1-9][0-9]?$'
FAULT_VALUE_NAME[slow-cpu]=PERCENT
FAULT_TEXT[noisy-shell]="the login shell prints banners, escapes and 1 MB of text to both streams before any command"
FAULT_TEXT[foreign-cpu]="uname says that the machine is another one: MACHINE (aarch64 unless told)"
FAULT_DEFAULT[foreign-cpu]=aarch64
FAULT_PATTERN[foreign-cpu]='^[a-z0-9_]{1,20}$'
FAULT_VALUE_NAME[foreign-cpu]=MACHINE
FAULT_TEXT[reboots]="reboots by itself, once, when worker number STEP of a run is at work (3 unless told)"
FAULT_DEFAULT[reboots]=3
FAULT_PATTERN[reboots]='^[1-9][0-9]?$'
FAULT_VALUE_NAME[reboots]=STEP
FAULT_TEXT[hangs]="worker number STEP of a run (3 unless told) stands still in the kernel; not even SIGKILL ends it"
FAULT_DEFAULT[hangs]=3
FAULT_PATTERN[hangs]='^[1-9][0-9]?$'
FAULT_VALUE_NAME[hangs]=STEP

fault_slow_cpu() {
    make_slow_group "$1" "$2" >/dev/null
}
live_slow_cpu() {
    local group pid
    group=$(make_slow_group "$1" "$2")
    for pid in $(ip netns pids "$(netns_of "$1")"); do
        echo "$pid" >"$group/cgroup.procs" 2>/dev/null || true    # it may have ended
    done
}
heal_slow_cpu() {
    local group pid
    for group in $(own_groups "$1-cpu"); do
        while read -r pid; do
            echo "$pid" >"${group%/*}/cgroup.procs" 2>/dev/null || true
        done <"$group/cgroup.procs"
    done
    remove_groups "$1-cpu"
}

# bash reads .bashrc also for a command over SSH, the others their own file; whoever writes into it forgets that.
fault_noisy_shell() {
    local home=$LAB_DIR/$1/home
    cat >"$home/.bashrc" <<'TEXT'
printf '\033[31m*** Welcome to the hall. Authorized use only! ***\033[0m\n\033]0;hall\007\033[2J\n'
printf 'seatrial-begin-\n{"type":"hello","protocol":1}\nmachine z80\n\377\376 not UTF-8\n'
head -c 1000000 /dev/zero | tr '\0' 'x'
printf '\n\033[33mquota: 93 %% of your home is used\033[0m\n' >&2
head -c 1000000 /dev/zero | tr '\0' 'y' >&2
echo >&2
TEXT
    ln -f "$home/.bashrc" "$home/.profile"
    ln -f "$home/.bashrc" "$home/.zshenv"
}
live_noisy_shell() { fault_noisy_shell "$@"; }
heal_noisy_shell() { rm -f -- "$LAB_DIR/$1/home"/.{bashrc,profile,zshenv}; }

fault_foreign_cpu() {
    at_boot "$1" foreign-cpu <<TEXT
cp "\$(command -v uname)" /run/node/uname.real
printf '%s\n' '#!/bin/sh' '[ "\$*" != -m ] || { echo $2; exit; }' 'exec /run/node/uname.real "\$@"' >/run/node/uname.fake
chmod 755 /run/node/uname.fake
mount --bind /run/node/uname.fake "\$(readlink -f "\$(command -v uname)")"
TEXT
}

# Both watch from outside of the node, beside the bridges: what happens to the node does not happen to them, and
# 'down' finds them there.
fault_reboots() { watch_worker "$1" "$2" reboot; }
fault_hangs() {
    make_frozen_group "$1" >/dev/null
    watch_worker "$1" "$2" freeze
}
live_hangs() { fault_hangs "$@"; }
heal_hangs() { thaw_groups "$1-freezer"; }

watch_worker() { # NODE STEP reboot|freeze
    (
        [[ -z $lock_fd ]] || exec {lock_fd}<&-
        exec setsid nsenter --net="$(netns_file fabric)" "$LAB_HOME/parts/watch_worker" "$LAB_HOME/lab" "$LAB_DIR" "$@" \
            "$(own_groups "$1-freezer")" </dev/null >>"$LAB_DIR/$1/log" 2>&1
    ) &
    disown
}
