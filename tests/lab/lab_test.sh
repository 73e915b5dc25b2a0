#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Does the lab make what it promises, and does nothing stay behind? Exit 77: skipped, needs root and an sshd.
set -uo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

lab=$(dirname "$(readlink -f "$0")")/lab

skip() { echo "skipped: $*"; exit 77; }
((EUID == 0)) || skip "a lab needs root"
for tool in ip tc ss sshd ssh ssh-keygen unshare nsenter flock; do
    command -v "$tool" >/dev/null || skip "'$tool' is not installed"
done
unshare --net --mount --pid --uts --fork true 2>/dev/null || skip "namespaces are not permitted here"

work=$(mktemp -d /var/tmp/lab_test.XXXXXX)
first="$work/first lab"    # a space on purpose
second=$work/second
output=$work/output
# shellcheck source=checks.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/checks.sh"

clean_up() {
    "$lab" down --dir "$first" >/dev/null
    "$lab" down --dir "$second" >/dev/null
    rm -rf -- "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

address() { sed -n "s/.*name: $2, address: \([0-9.]*\),.*/\1/p" "$1/inventory.yaml"; }

on() { # LAB NODE CMD: over SSH, as a client would
    ssh -F /dev/null -i "$1/id_ed25519" -o "UserKnownHostsFile=\"$1/known_hosts\"" \
        -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o BatchMode=yes \
        -o ConnectTimeout=2 "root@$(address "$1" "$2")" "${@:3}"
}

in_lab() { "$lab" exec "$2" --dir "$1" -- "${@:3}"; }

tag_of() { printf '%s' "$1" | sha256sum | cut -c1-7; }

nothing_left_of() { # LAB
    local tag left
    tag=$(tag_of "$1")
    left=$(ip netns list | grep "$tag"
        ip -o link show | grep "$tag"
        # A process inside a node, and a mount of one, both show in a mount table.
        grep -l "/${1##*/}/n[0-9]" /proc/[0-9]*/mountinfo 2>/dev/null
        ls -d -- "$1" 2>/dev/null)
    echo "left: $left"
    [[ -z $left ]]
}

# Megabit/s of 6 MB through SSH; measured where the data arrive, from the first byte on, so that the login is not in it.
# shellcheck disable=SC2016 # it is the receiving shell that expands it
readonly CLOCK='IFS= read -rN1; s=${EPOCHREALTIME/./}; cat >/dev/null; e=${EPOCHREALTIME/./}; echo $((48000000 / (e - s)))'
xs() { head -c 6000000 /dev/zero | tr '\0' x; }
rate_to() { xs | on "$1" "$2" "bash -c '$CLOCK'"; }
rate_from() { on "$1" "$2" "head -c 6000000 /dev/zero | tr '\\0' x" | bash -c "$CLOCK"; }
below() { echo "$1 Mbit/s, expected below $2"; (($1 > 0 && $1 < $2)); }
above() { echo "$1 Mbit/s, expected above $2"; (($1 > $2)); }

sees_itself_only() { # LAB NODE OTHER
    in_lab "$1" "$2" sh -c "
        set -e
        [ \$(hostname) = $2 ]
        [ \"\$(cat /etc/hostname)\" = $2 ]
        touch /root/of-$2 /tmp/of-$2 /var/tmp/of-$2 /dev/shm/of-$2" || return
    in_lab "$1" "$3" sh -c "! ls /root/of-$2 /tmp/of-$2 /var/tmp/of-$2 /dev/shm/of-$2 2>/dev/null | grep ." || return
    in_lab "$1" "$2" sh -c "! ls -d '$1/$3' 2>/dev/null" || return
    [[ ! -e /dev/shm/of-$2 && ! -e /tmp/of-$2 && ! -e /root/of-$2 ]]
}

own_processes() { (($(in_lab "$1" "$2" sh -c 'ls -d /proc/[0-9]* | wc -l') < 10)); }
own_network() { [[ $(in_lab "$1" "$2" sh -c 'echo /sys/class/net/*; cat /sys/class/net/eth0/speed') == $'/sys/class/net/eth0 /sys/class/net/lo\n10000' ]]; }
direct_io() { in_lab "$1" "$2" dd if=/dev/zero of=/var/tmp/direct bs=1M count=2 oflag=direct; }
boot_id() { in_lab "$1" "$2" cat /proc/sys/kernel/random/boot_id; }
differ() { echo "'$1' and '$2'"; [[ -n $1 && -n $2 && $1 != "$2" ]]; }
logs_in() { [[ $(on "$1" "$2" hostname) == "$2" ]]; }

interrupted_up() {
    # --default-signal: a script's background processes ignore Ctrl-C otherwise.
    env --default-signal=INT "$lab" up --nodes 8 --dir "$second" >"$output.up" 2>&1 &
    local up=$!
    sleep 0.2
    kill -INT $up
    wait $up
    local status=$?
    echo "status $status: $(cat "$output.up")"
    ((status == 130))
}

# --- the command line ------------------------------------------------------------------------------
check "--help"                        says 0 "slow-link" "$lab" --help
check "no --dir"                      says 2 "--dir D is missing" "$lab" up
check "unknown command"               says 2 "unknown command" "$lab" rise
check "a fault that does not exist"   says 2 "changed-key" "$lab" up --dir "$first" --fault flood:n01
check "a fault on a node beyond"      says 2 "n01 to n04" "$lab" up --dir "$first" --nodes 4 --fault dead:n05
check "a quota that is none"          says 2 "not a PERCENT" "$lab" up --dir "$first" --fault slow-cpu=200:n01
check "two bastions"                  says 2 "one node can be the bastion" "$lab" up --dir "$first" --fault bastion:n01 --fault bastion:n02
check "a rate that is none"           says 2 "not a RATE" "$lab" up --dir "$first" --fault slow-link=fast:n01
check "more racks than nodes"         says 2 "would be empty" "$lab" up --dir "$first" --nodes 1 --racks 2
check "zero nodes"                    says 2 "from 1 to 99" "$lab" up --dir "$first" --nodes 0
check "status of nothing"             says 3 "no lab" "$lab" status --dir "$first"
check "down of nothing"               says 0 "nothing to remove" "$lab" down --dir "$first"
check "a folder of somebody else's"   says 1 "not empty" "$lab" up --dir "$work"

# --- two labs side by side ---------------------------------------------------------------------------
planted=(--fault slow-link=50mbit:n02 --fault dead:n03 --fault changed-key:n04)
"$lab" up --nodes 2 --racks 1 --dir "$second" >"$output.second" 2>&1 &
check "up"                            "$lab" up --nodes 5 --racks 2 --dir "$first" "${planted[@]}"
wait $!
check "a second one at the same time" says 0 "up in" "$lab" status --dir "$second"
if ((failures)); then
    cat "$output.second"
    echo "no lab: the rest was not tried"
    exit 1
fi
check "up again, the same"            says 0 "already up" "$lab" up --nodes 5 --racks 2 --dir "$first" "${planted[@]}"
check "up again, another"             says 1 "another lab" "$lab" up --nodes 5 --racks 2 --dir "$first"
check "truth.json names the faults"   grep -c '"kind": "slow-link", "node": "n02", "value": "50mbit"' "$first/truth.json"
check "status"                        says 0 "changed-key" "$lab" status --dir "$first"

# --- the nodes -----------------------------------------------------------------------------------------
for node in n01 n02 n05; do
    check "$node: login by key"       logs_in "$first" $node
done
check "second lab's n02: login"       logs_in "$second" n02
check "the labs' addresses differ"    differ "$(address "$first" n01)" "$(address "$second" n01)"
check "dead: a time-out, no refusal"  says 255 "timed out" on "$first" n03 true
check "changed key: refused"          says 255 "HAS CHANGED" on "$first" n04 true
check "own name and files"            sees_itself_only "$first" n01 n05
check "own processes"                 own_processes "$first" n01
check "own network, speed readable"   own_network "$first" n01
check "O_DIRECT in the work folder"   direct_io "$first" n01
check "boot ids differ"               differ "$(boot_id "$first" n01)" "$(boot_id "$first" n05)"
check "nodes reach nodes, by name"    in_lab "$first" n01 timeout 3 bash -c '</dev/tcp/n05/22'
check "labs do not reach each other"  says 1 "" in_lab "$first" n01 timeout 2 bash -c "</dev/tcp/$(address "$second" n01)/22"
check "healthy link is fast, to"      above "$(rate_to "$first" n01)" 100
check "healthy link is fast, from"    above "$(rate_from "$first" n01)" 100
check "slow link is slow, to"         below "$(rate_to "$first" n02)" 60
check "slow link is slow, from"       below "$(rate_from "$first" n02)" 60

# --- losing and regaining nodes -----------------------------------------------------------------------------
check "cut"                           "$lab" cut n01 --dir "$first"
check "cut: silence"                  says 255 "timed out" on "$first" n01 true
check "up again refuses a changed lab" says 1 "not as it was made: n01" "$lab" up --nodes 5 --racks 2 --dir "$first" "${planted[@]}"
check "mend"                          "$lab" mend n01 --dir "$first"
check "mend: back"                    logs_in "$first" n01
before=$(boot_id "$first" n01)
check "kill"                          "$lab" kill n01 --dir "$first"
check "kill: silence"                 says 255 "timed out" on "$first" n01 true
check "exec on a node that is off"    says 1 "is off" "$lab" exec n01 --dir "$first" -- true
check "boot"                          "$lab" boot n01 --dir "$first"
check "boot: back, same key"          logs_in "$first" n01
check "boot: a new boot id"           differ "$before" "$(boot_id "$first" n01)"

# --- the end -------------------------------------------------------------------------------------------------
something_left_of() { ! nothing_left_of "$1"; }
check "a standing lab is seen"        something_left_of "$first"
touch "$first/mine"
on "$first" n05 'setsid sleep 1000 </dev/null >/dev/null 2>&1 &'
check "down"                          "$lab" down --dir "$first"
check "down keeps others' files only" test "$(ls -A "$first")" = mine
rm -rf -- "$first"
check "nothing is left"               nothing_left_of "$first"
check "the second lab still stands"   logs_in "$second" n01
rm -rf -- "$second"
check "down without its folder"       says 0 "down:" "$lab" down --dir "$second"
check "nothing is left"               nothing_left_of "$second"
check "Ctrl-C during up"              interrupted_up
check "nothing is left"               nothing_left_of "$second"
check "down twice"                    says 0 "nothing to remove" "$lab" down --dir "$second"

((failures == 0)) || { echo "$failures checks failed"; exit 1; }
echo "all checks passed"
