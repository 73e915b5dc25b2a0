# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Faults on the way to a node: its cable, its key, its sshd, and the one way in.

FAULT_TEXT[slow-link]="the node's cable carries only RATE (1gbit unless told) each way, and does not say so"
FAULT_DEFAULT[slow-link]=1gbit
FAULT_PATTERN[slow-link]='^[1-9][0-9]*[kmg]bit$'
FAULT_VALUE_NAME[slow-link]=RATE
FAULT_TEXT[dead]="no sshd and no link: a connection is never answered"
FAULT_TEXT[changed-key]="another host key than the one in known_hosts"
FAULT_TEXT[drops-logins]="sshd takes one login at a time, and somebody holds that place until COUNT were dropped (2)"
FAULT_DEFAULT[drops-logins]=2
FAULT_PATTERN[drops-logins]='^[1-9][0-9]{0,3}$'
FAULT_VALUE_NAME[drops-logins]=COUNT
FAULT_TEXT[bastion]="this node is the only way to the others; it is no node of the inventory then"

fault_slow_link() {
    # Both ends of the cable, because a queue shapes only what leaves through it. The burst is small, so that
    # a short transfer is slow as well.
    local shape="root tbf rate $2 burst 128kb latency 25ms"
    # shellcheck disable=SC2086
    tc -n "$(netns_of fabric)" qdisc replace dev "$1" $shape
    # shellcheck disable=SC2086
    tc -n "$(netns_of "$1")" qdisc replace dev eth0 $shape
}
live_slow_link() { fault_slow_link "$@"; }
heal_slow_link() {
    tc -n "$(netns_of fabric)" qdisc delete dev "$1" root 2>/dev/null || true
    tc -n "$(netns_of "$1")" qdisc delete dev eth0 root 2>/dev/null || true
}

fault_dead() {
    cut_link "$1"
    # shellcheck disable=SC2034 # read when the nodes are started
    NOT_STARTED[$1]=yes
}

fault_changed_key() {
    make_host_key "$1"
}

# MaxStartups 1:100:1 refuses everybody while one connection has not logged in. Such a connection is made from within
# the node, and let go when sshd has noted enough refusals.
fault_drops_logins() {
    sed -i 's/^MaxStartups .*/MaxStartups 1:100:1/' "$LAB_DIR/$1/sshd_config"
    printf 'LogLevel VERBOSE\nLoginGraceTime 0\n' >>"$LAB_DIR/$1/sshd_config"
    at_boot "$1" drops-logins <<TEXT
: >/run/node/log
(
    until exec 3<>/dev/tcp/$(address_of "$1")/22; do sleep 0.02; done 2>/dev/null
    until [ "\$(grep -c 'past MaxStartups' /run/node/log)" -ge $2 ]; do sleep 0.05; done
) </dev/null >/dev/null 2>&1 &
TEXT
}

# Behind one bridge more, whose ports do not speak with each other, except with the bastion's:
#   this machine -- edge -- spine (all others);  bastion -- edge
fault_bastion() {
    {
        echo "link add edge up type bridge"
        echo "link set host master edge"
        echo "link add edge-spine up master edge type veth peer name spine-edge"
        echo "link set spine-edge up master spine"
        echo "link set $1 master edge"
    } | in_fabric -batch -
    in_fabric link set host type bridge_slave isolated on
    in_fabric link set edge-spine type bridge_slave isolated on
}
