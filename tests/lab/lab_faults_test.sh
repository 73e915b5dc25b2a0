#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Faults that are planted on a lab that runs, the bastion, and labs without root: in a user namespace and on loopback
# addresses. Exit 77: skipped. A part that cannot be had here is skipped with its reason.
set -uo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

lab=$(dirname "$(readlink -f "$0")")/lab

skip() { echo "skipped: $*"; exit 77; }
((EUID == 0)) || skip "a lab with root is tried too, and needs it"
for tool in ip tc ss sshd ssh ssh-keygen unshare nsenter flock setpriv; do
    command -v "$tool" >/dev/null || skip "'$tool' is not installed"
done
unshare --net --mount --pid --uts --fork true 2>/dev/null || skip "namespaces are not permitted here"

work=$(mktemp -d /var/tmp/lab_faults_test.XXXXXX)
chmod 755 "$work"
dir=$work/lab
output=$work/output
# shellcheck source=checks.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/checks.sh"
readonly USER_NUMBER=54321    # nobody's

clean_up() {
    "$lab" down --dir "$dir" >/dev/null
    as_user "$lab" down --dir "$work/user/lab" >/dev/null 2>&1
    rm -rf -- "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

on() { ssh -F "$dir/ssh_config" -o BatchMode=yes -o ConnectTimeout=2 "$@"; }
in_lab() { "$lab" exec "$1" --dir "$dir" -- "${@:2}"; }

# An ordinary user with a name, for the time of the command, in a list of users that only it sees.
as_user() {
    # shellcheck disable=SC2016
    unshare --mount --propagation private bash -c '
        mount --bind "$1" /etc/passwd && exec setpriv --reuid "$2" --regid "$2" --clear-groups \
            env -i "PATH=$PATH" "HOME=$3" LC_ALL=C "${@:4}"' as_user "$work/passwd" "$USER_NUMBER" "$work/user" "$@"
}
{ cat /etc/passwd; echo "labtester:x:$USER_NUMBER:$USER_NUMBER::$work/user:/bin/bash"; } >"$work/passwd"
chmod 644 "$work/passwd"
mkdir "$work/user"
chown "$USER_NUMBER:$USER_NUMBER" "$work/user"

# --- on a lab that runs ------------------------------------------------------------------------------------------
check "up"                            "$lab" up --nodes 3 --racks 1 --dir "$dir" --fault small-disk=8m:n02
check "noisy-shell is planted"        "$lab" fault noisy-shell:n01 --dir "$dir"
noise() { [[ $(on n01 true 2>&1 | wc -c) -gt 2000000 ]]; }
check "noisy-shell: two megabytes"    noise
check "noisy-shell goes"              "$lab" heal noisy-shell:n01 --dir "$dir"
check "noisy-shell: silence"          test -z "$(on n01 true 2>&1)"
check "full-disk of a whole machine"  says 1 "own disk" "$lab" fault full-disk:n01 --dir "$dir"
check "full-disk"                     "$lab" fault full-disk:n02 --dir "$dir"
check "full-disk: nothing fits"       says 1 "No space left" on n02 "head -c 9000 /dev/zero >/var/tmp/more"
check "full-disk goes"                "$lab" heal full-disk:n02 --dir "$dir"
check "full-disk: it fits again"      on n02 "head -c 9000 /dev/zero >/var/tmp/more"
check "a fault for 'up' only"         says 1 "plant it with 'lab up" "$lab" fault noexec:n01 --dir "$dir"
if "$lab" fault slow-cpu:n03 --dir "$dir" >"$output" 2>&1; then
    in_its_group() { on n03 'grep -q n03-cpu /proc/self/cgroup'; }
    check "slow-cpu: sshd is in it"   in_its_group
    check "slow-cpu goes"             "$lab" heal slow-cpu:n03 --dir "$dir"
else
    echo "skip  slow-cpu: $(cat "$output")"
fi
before=$(in_lab n03 cat /proc/sys/kernel/random/boot_id)
check "reboot"                        "$lab" reboot n03 --dir "$dir"
check "reboot: another boot id"       test "$before" != "$(in_lab n03 cat /proc/sys/kernel/random/boot_id)"
check "down"                          "$lab" down --dir "$dir"

# --- a bastion -----------------------------------------------------------------------------------------------------
check "up with a bastion"             "$lab" up --nodes 3 --racks 1 --dir "$dir" --fault bastion:n02
check "the bastion is reached"        on n02 true
check "a node is not, directly"       says 255 "timed out" on -o ProxyJump=none n01 true
check "it is through the bastion"     test "$(on n03 hostname)" = n03
check "nodes reach each other"        in_lab n01 timeout 3 bash -c '</dev/tcp/n03/22'
check "the inventory says so"         grep -q 'jump: root@10.77' "$dir/inventory.yaml"
listed() { grep -q 'name: n02' "$dir/inventory.yaml"; }
not_listed() { ! listed; }
check "and does not list it"          not_listed
check "down"                          "$lab" down --dir "$dir"

# --- without root ------------------------------------------------------------------------------------------------------
user_dir=$work/user/lab
user_on() { as_user "$lab" run --dir "$user_dir" -- ssh -F "$user_dir/ssh_config" -o BatchMode=yes -o ConnectTimeout=3 "$@"; }
prints() { # TEXT CMD...
    local text
    text=$("${@:2}" 2>&1)
    echo "it says: $text"
    [[ $text == *"$1"* ]]
}
if as_user unshare --user --map-root-user --net --mount true 2>/dev/null; then
    check "rootless: what is lost"    says 0 "Lost:" as_user "$lab" up --rootless --nodes 2 --racks 1 --dir "$user_dir" --fault slow-link=50mbit:n02
    check "rootless: login"           prints "lab n01 /root" user_on n01 'echo $(id -un) $(hostname) $PWD'
    check "rootless: not from here"   says 255 "" timeout 5 ssh -F "$user_dir/ssh_config" -o ConnectTimeout=2 n01 true
    check "rootless: status"          says 0 "slow-link=50mbit" as_user "$lab" status --dir "$user_dir"
    check "rootless: kill"            as_user "$lab" kill n01 --dir "$user_dir"
    check "rootless: silence"         says 255 "timed out" user_on n01 true
    check "rootless: boot"            as_user "$lab" boot n01 --dir "$user_dir"
    check "rootless: back"            prints n01 user_on n01 hostname
    check "rootless: down"            as_user "$lab" down --dir "$user_dir"
    check "rootless: nothing is left" test ! -e "$user_dir"
else
    echo "skip  rootless: this system forbids user namespaces"
fi
check "loopback: what is lost"        says 0 "Lost:" as_user "$lab" up --loopback --nodes 2 --racks 1 --dir "$user_dir" --fault changed-key:n02
check "loopback: login, own folder"   prints "$user_dir/n01/home" user_on n01 'echo $SEATRIAL_BASE'
check "loopback: changed key"         says 255 "HAS CHANGED" user_on n02 true
check "loopback: kill"                as_user "$lab" kill n01 --dir "$user_dir"
check "loopback: off"                 says 255 "refused" user_on n01 true
check "loopback: boot"                as_user "$lab" boot n01 --dir "$user_dir"
check "loopback: back"                user_on n01 true
check "loopback: no such fault"       says 1 "namespaces" as_user "$lab" fault noisy-shell:n01 --dir "$user_dir"
check "loopback: down"                as_user "$lab" down --dir "$user_dir"
check "loopback: nothing is left"     test ! -e "$user_dir"

((failures == 0)) || { echo "$failures checks failed"; exit 1; }
echo "all checks passed"
