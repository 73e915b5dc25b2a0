#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Does the lab make simulated nodes as told, and does no node see what was planted in the others? Exit 77: skipped.
set -uo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

lab=$(dirname "$(readlink -f "$0")")/lab
skip() { echo "skipped: $*"; exit 77; }
((EUID == 0)) || skip "a lab needs root"
for tool in ip sshd ssh ssh-keygen unshare nsenter; do
    command -v "$tool" >/dev/null || skip "'$tool' is not installed"
done
unshare --net --mount --pid --uts --fork true 2>/dev/null || skip "namespaces are not permitted here"

work=$(mktemp -d /var/tmp/lab_simulate.XXXXXX)
output=$work/output
# shellcheck source=checks.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/checks.sh"
clean_up() {
    "$lab" down --dir "$work/lab" >/dev/null
    rm -rf -- "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

up() { "$lab" up --dir "$work/lab" --nodes 6 --racks 2 "$@"; }
on() { ssh -F "$work/lab/ssh_config" -o BatchMode=yes -o ConnectTimeout=5 "$@"; }
truth() { cat "$work/lab/truth.json"; }

check "an unknown profile" says 2 "--simulate takes one of" up --simulate v100x8
check "faults of nodes that are not simulated" says 2 "are for --simulate" up --faults seed:7
check "a seed that is none" says 2 "takes seed:NUMBER" up --simulate h100x8 --faults 7
check "an unknown fault" says 2 "there is no fault 'fire'" up --simulate h100x8 --simulate-fault fire:n01
check "a node beyond" says 2 "n01 to n06" up --simulate h100x8 --simulate-fault xid79:n07
check "a part that is none" says 2 "is no part" up --simulate h100x8 --simulate-fault xid79@disk/0:n01

check "it comes up" up --simulate h100x8 --faults seed:7:3 --simulate-fault slow-hbm=12.5@gpu/3:n02
check "again is the same" says 0 "already up" up --simulate h100x8 --faults seed:7:3 --simulate-fault slow-hbm=12.5@gpu/3:n02
check "another seed is another lab" says 1 "another lab is already up" up --simulate h100x8 --faults seed:8:3 --simulate-fault slow-hbm=12.5@gpu/3:n02
check "a login is told" says 0 /run/node/simulated.yaml on n02 'echo $SEATRIAL_SIMULATE'
check "of its own profile" says 0 "{ kind: slow-hbm, part: gpu/3, value: 12.5 }" on n02 'cat $SEATRIAL_SIMULATE'
check "each has a seed of its own" says 0 "seed: 7003" on n03 'cat $SEATRIAL_SIMULATE'
check "and does not see the truth" on n02 "! ls '$work/lab/truth.json' 2>/dev/null"
check "the truth names it" says 0 '"kind": "slow-hbm", "node": "n02", "part": "gpu/3", "value": 12.5' truth
check "and as many as were drawn" says 0 4 grep -c '"kind"' "$work/lab/truth.json"
check "they share nothing" says 1 "" grep -q shared "$work/lab/inventory.yaml"
truth >"$work/first"
check "it goes down" "$lab" down --dir "$work/lab"
check "it comes up anew" up --simulate h100x8 --faults seed:7:3 --simulate-fault slow-hbm=12.5@gpu/3:n02
check "and the same seed has drawn the same" cmp "$work/first" "$work/lab/truth.json"
exit $((failures > 0))
