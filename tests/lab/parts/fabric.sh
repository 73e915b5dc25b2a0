# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The network of a lab: node -- leaf (one bridge a rack) -- spine (one bridge) -- this machine.
#
# All bridges live in a network namespace of their own. So a firewall on this machine (Docker sets
# one up for bridges) cannot come between the nodes, and deleting that namespace deletes them all.
# This machine keeps a single interface of the lab: the one through which a client reaches the nodes.

netns_of() { echo "seatrial-lab-$LAB_TAG-$1"; }
netns_file() { echo "/run/netns/$(netns_of "$1")"; }
host_interface() { echo "stlab-$LAB_TAG"; }     # 13 characters; the kernel allows 15
in_fabric() { ip -n "$(netns_of fabric)" "$@"; }

fabric_exists() { in_fabric link show spine &>/dev/null; }

# Own namespaces, by name, also those that no state file knows about.
own_netns_names() {
    local file
    for file in "/run/netns/seatrial-lab-$LAB_TAG-"*; do
        [[ ! -e $file ]] || echo "${file##*/}"
    done
}

# The first 10.77.x.0/24 that this machine has no route into yet.
free_lab_number() {
    local taken number
    taken=$(ip -4 route show root 10.77.0.0/16)
    for ((number = 0; number < 256; number++)); do
        [[ $taken == *"10.77.$number."* ]] || { echo "$number"; return; }
    done
    fail "all of 10.77.0.0/24 to 10.77.255.0/24 are in use on this machine ('ip route')." \
        "Stop a lab that nobody needs: lab down --dir ..."
}

mac_of() { printf '02:77:%02x:00:00:%02x' "${LAB[number]}" "$((10 + 10#${1#n}))"; }

build_fabric() {
    local node rack
    {
        echo "netns add $(netns_of fabric)"
        for node in "${NODES[@]}"; do
            echo "netns add $(netns_of "$node")"
        done
    } | ip -batch -
    {
        echo "link add spine up type bridge"
        for ((rack = 1; rack <= LAB[racks]; rack++)); do
            echo "link add leaf$rack up type bridge"
            echo "link add leaf$rack-up up master leaf$rack type veth peer name spine-$rack"
            echo "link set spine-$rack up master spine"
        done
        for node in "${NODES[@]}"; do
            echo "link add $node up master leaf$(rack_of "$node") type veth" \
                "peer name eth0 address $(mac_of "$node") netns $(netns_of "$node")"
        done
    } | in_fabric -batch -
    for node in "${NODES[@]}"; do
        ip -n "$(netns_of "$node")" -batch - <<TEXT
link set lo up
addr add $(address_of "$node")/24 dev eth0
link set eth0 up
TEXT
    done
    connect_host
}

connect_host() {
    local interface node
    interface=$(host_interface)
    {
        echo "link add $interface type veth peer name host netns $(netns_of fabric)"
        echo "link set $interface addrgenmode none up"
        echo "addr add $(host_address)/24 dev $interface"
        # Clients are usually not on the segment of their nodes, and a node that is off is then silence
        # until the client's own deadline. Without these lines ARP would say 'no route to host' after 3 s.
        for node in "${NODES[@]}"; do
            echo "neigh replace $(address_of "$node") lladdr $(mac_of "$node") dev $interface nud permanent"
        done
    } | ip -batch -
    in_fabric link set host up master spine
}

cut_link() { in_fabric link set "$1" down; }
mend_link() { in_fabric link set "$1" up; }
link_is_cut() { [[ $(in_fabric -o link show "$1") != *[\<,]UP[,\>]* ]]; }

remove_fabric() {
    local name
    ip link delete "$(host_interface)" 2>/dev/null || true
    for name in $(own_netns_names); do
        ip netns delete "$name"
    done
}
