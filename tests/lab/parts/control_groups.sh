# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Control groups of nodes, of version 1 or 2: what a slow processor and a process that nothing ends are made with.
# A group is called seatrial-lab-<tag>-<node>-<what>, so that it is found again without a state file.

GROUPS_ROOT=/sys/fs/cgroup

# The folder below which a group for this controller can be made, for version 1 of control groups; fails without one.
version1_of() { # CONTROLLER
    local mount
    for mount in "$GROUPS_ROOT/$1" "$GROUPS_ROOT/cpu,cpuacct"; do
        [[ $mount != */cpu,cpuacct || $1 == cpu ]] || continue
        [[ -f $mount/cgroup.procs && -w $mount/cgroup.procs ]] && echo "$mount" && return 0
    done
    return 1
}

# The same for version 2, where the root must hand the controller on first. 'freezer' is in every group there.
version2_of() { # CONTROLLER
    local mount
    for mount in "$GROUPS_ROOT" "$GROUPS_ROOT/unified"; do
        [[ -f $mount/cgroup.controllers && -w $mount/cgroup.procs ]] || continue
        [[ $1 != freezer ]] || { echo "$mount"; return 0; }
        [[ " $(<"$mount/cgroup.controllers") " == *" $1 "* ]] || continue
        [[ " $(<"$mount/cgroup.subtree_control") " == *" $1 "* ]] ||
            echo "+$1" >"$mount/cgroup.subtree_control" 2>/dev/null || continue
        echo "$mount"
        return 0
    done
    return 1
}

group_name() { echo "seatrial-lab-$LAB_TAG-$1-$2"; } # NODE WHAT

own_groups() { # [NODE]
    local group
    for group in "$GROUPS_ROOT"/{,*/}"seatrial-lab-$LAB_TAG-${1:-}"*; do
        [[ ! -d $group ]] || echo "$group"
    done
}

# A CPU quota: PERCENT of all processors of this machine together. Prints the group's folder.
make_slow_group() { # NODE PERCENT
    local mount group period=100000 quota
    quota=$((period * $(nproc) * $2 / 100))
    if mount=$(version1_of cpu); then
        group=$mount/$(group_name "$1" cpu)
        mkdir -p "$group"
        echo "$period" >"$group/cpu.cfs_period_us" && echo "$quota" >"$group/cpu.cfs_quota_us"
    elif mount=$(version2_of cpu); then
        group=$mount/$(group_name "$1" cpu)
        mkdir -p "$group"
        echo "$quota $period" >"$group/cpu.max"
    else
        fail "slow-cpu: this machine lets nobody make a control group with a CPU quota." \
            "Tried: $GROUPS_ROOT/cpu (version 1) and $GROUPS_ROOT with 'cpu' in cgroup.controllers (version 2)." \
            "In a container, mount the control groups writable; else leave this fault out."
    fi
    echo "$group"
}

# A group in which processes stand still and, with version 1, do not even die of SIGKILL. Prints the group's folder.
make_frozen_group() { # NODE
    local mount group
    if mount=$(version1_of freezer); then
        group=$mount/$(group_name "$1" freezer)
        mkdir -p "$group"
        echo FROZEN >"$group/freezer.state"
    elif mount=$(version2_of freezer); then
        group=$mount/$(group_name "$1" freezer)
        mkdir -p "$group"
        echo 1 >"$group/cgroup.freeze"
        say "hangs: only version 2 of control groups is here: the process stands still, but SIGKILL still ends it" >&2
    else
        fail "hangs: this machine lets nobody make a control group that freezes." \
            "Tried: $GROUPS_ROOT/freezer (version 1) and cgroup.freeze below $GROUPS_ROOT (version 2)." \
            "In a container, mount the control groups writable; else leave this fault out."
    fi
    echo "$group"
}

# The node's first process joins its groups before it is the node; what it starts is then in them.
enter_groups() { # NODE
    local group
    for group in $(own_groups "$1-cpu"); do
        echo "$BASHPID" >"$group/cgroup.procs"
    done
}

thaw_groups() { # [NODE]
    local group
    for group in $(own_groups "${1:-}"); do
        [[ ! -f $group/freezer.state ]] || echo THAWED >"$group/freezer.state"
        [[ $group != *-freezer || ! -f $group/cgroup.freeze ]] || echo 0 >"$group/cgroup.freeze"
    done
}

remove_groups() { # [NODE]
    local group deadline=$((SECONDS + 5))
    for group in $(own_groups "${1:-}"); do
        until rmdir "$group" 2>/dev/null || ((SECONDS > deadline)); do
            sleep 0.02    # the dead leave it a moment later
        done
    done
}
