# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The folder of a lab: what is written into it, and how a later command finds the lab again.
#
# Everything outside the folder carries a short hash of the folder's path in its name, so that a lab
# can be found, and removed, even when its folder was deleted by hand.

declare LAB_DIR=""     # absolute path
declare LAB_TAG=""     # the short hash
declare -A LAB=()      # the state file: version, dir, number, nodes, racks, faults, complete
declare -a NODES=()    # n01 n02 ...

find_folder() {
    LAB_DIR=$(realpath -m -- "$1")
    [[ $LAB_DIR != / ]] || usage_error "--dir / cannot be the folder of a lab"
    [[ $LAB_DIR != *[[:cntrl:]]* ]] || usage_error "--dir: a path with control characters cannot be used"
    LAB_TAG=$(printf '%s' "$LAB_DIR" | sha256sum)
    LAB_TAG=${LAB_TAG:0:7}
}

open_folder() {
    find_folder "$1"
    read_state
}

read_state() {
    LAB=()
    [[ -f $LAB_DIR/state ]] || return 0
    local key value
    while IFS='=' read -r key value; do
        [[ -z $key ]] || LAB[$key]=$value
    done <"$LAB_DIR/state"
    [[ ${LAB[version]:-} == 1 && ${LAB[nodes]:-} =~ ^[1-9][0-9]?$ && ${LAB[racks]:-} =~ ^[1-9][0-9]?$ &&
        ${LAB[number]:-} =~ ^[0-9]{1,3}$ ]] ||
        fail "$LAB_DIR/state is not the state file of a lab, or a damaged one." \
            "Was --dir right? If so, remove that file; 'lab down' then removes the namespaces, and the rest of the folder is yours to delete."
    [[ ${LAB[dir]:-} == "$LAB_DIR" ]] ||
        fail "this folder was moved: the lab in it was made as ${LAB[dir]:-?}." \
            "Move it back, then: lab down --dir ${LAB[dir]:-?}"
    name_nodes "${LAB[nodes]}"
}

name_nodes() {
    NODES=()
    local i
    for ((i = 1; i <= $1; i++)); do
        NODES+=("$(printf 'n%02d' "$i")")
    done
}

write_state() { # NUMBER NODES RACKS FAULTS SIMULATED
    printf '%s\n' version=1 "dir=$LAB_DIR" "number=$1" "nodes=$2" "racks=$3" "faults=$4" "mode=$(is_loopback && echo loopback || echo namespaces)" \
        ${simulate:+"simulate=$simulate" "simulated=$5" "speedup=$speedup" "seed=$(seed_of "$faults_drawn")"} >"$LAB_DIR/state"
    read_state
}

mark_complete() {
    echo complete=yes >>"$LAB_DIR/state"
    LAB[complete]=yes
}

address_of() { echo "10.77.${LAB[number]}.$((10 + 10#${1#n}))"; }
host_address() { echo "10.77.${LAB[number]}.1"; }

# Racks are filled in order and evenly: 8 nodes in 3 racks are 3, 3 and 2.
rack_of() {
    local index=$((10#${1#n} - 1)) share=$((LAB[nodes] / LAB[racks])) rest=$((LAB[nodes] % LAB[racks]))
    local in_larger=$((rest * (share + 1)))
    if ((index < in_larger)); then
        echo $((index / (share + 1) + 1))
    else
        echo $((rest + (index - in_larger) / share + 1))
    fi
}

require_node() {
    [[ -n ${LAB[complete]:-} ]] || fail "there is no lab in $LAB_DIR; 'lab up --dir $LAB_DIR' makes one"
    local node
    for node in "${NODES[@]}"; do
        [[ $node != "$1" ]] || return 0
    done
    usage_error "this lab has no node '$1': it has ${NODES[0]} to ${NODES[-1]}"
}

write_known_hosts() {
    local node type key
    for node in "${NODES[@]}"; do
        read -r type key _ <"$LAB_DIR/$node/ssh_host_ed25519_key.pub"
        if is_loopback; then
            echo "[$(address_of "$node")]:$(node_port) $type $key"
        else
            echo "$(address_of "$node") $type $key"
        fi
    done >"$LAB_DIR/known_hosts"
}

# The node that is the way to all others, or nothing.
bastion() {
    local fault
    for fault in ${LAB[faults]:-}; do
        [[ $fault != bastion:* ]] || echo "${fault##*:}"
    done
}

# For a person, and for OpenSSH: ssh -F ssh_config n01
write_ssh_config() {
    local node bastion
    bastion=$(bastion)
    for node in "${NODES[@]}"; do
        printf 'Host %s\n    HostName %s\n' "$node" "$(address_of "$node")"
        [[ -z $bastion || $node == "$bastion" ]] || printf '    ProxyJump %s\n' "$bastion"
    done >"$LAB_DIR/ssh_config"
    cat >>"$LAB_DIR/ssh_config" <<TEXT
Host *
    User $(node_user)
    Port $(node_port)
    IdentityFile "$LAB_DIR/id_ed25519"
    IdentitiesOnly yes
    UserKnownHostsFile "$LAB_DIR/known_hosts"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    HostKeyAlgorithms ssh-ed25519
TEXT
}

write_inventory() {
    local bastion all node
    local -a listed=()
    bastion=$(bastion)
    for node in "${NODES[@]}"; do
        [[ $node == "$bastion" ]] || listed+=("${node#n}")
    done
    all="n[$(IFS=,; echo "${listed[*]}")]"
    if [[ -z $bastion ]]; then
        all=${NODES[0]}
        ((${#NODES[@]} == 1)) || all="n[${NODES[0]#n}-${NODES[-1]#n}]"
    fi
    {
        cat <<TEXT
# Written by tests/lab/lab
version: 1
name: lab-${LAB[nodes]}
ssh:
  user: $(node_user)
  port: $(node_port)
  identity: id_ed25519        # paths are relative to this file
  known_hosts: known_hosts
${bastion:+  config: ssh_config          # a jump host gets its key and known_hosts from there
  jump: $(node_user)@$(address_of "$bastion")    # $bastion: the only way to the others
}$(is_simulated || cat <<SHARED
shared:                       # nodes named together share a resource: never measured at the same time
  - name: lab-host            # all lab nodes share one physical host
    kind: physical-host
    nodes: $all
SHARED
)
racks:
TEXT
        write_inventory_racks
    } >"$LAB_DIR/inventory.yaml"
}

write_inventory_racks() {
    local unit_height=2 largest=$(((LAB[nodes] + LAB[racks] - 1) / LAB[racks]))
    local rack_height=$((largest * unit_height + 2)) # two units left free, as in a real rack
    local node rack current=0 unit
    for node in "${NODES[@]}"; do
        [[ $node != "$(bastion)" ]] || continue    # a way to nodes, not a node
        rack=$(rack_of "$node")
        if ((rack != current)); then
            printf '  - name: R%d\n    height: %d\n    nodes:\n' "$rack" "$rack_height"
            current=$rack
            unit=1
        fi
        printf '      - { name: %s, address: %s, unit: %d, height: %d }\n' \
            "$node" "$(address_of "$node")" "$unit" "$unit_height"
        unit=$((unit + unit_height))
    done
}

# With sudo the lab belongs to root, but the client's files belong to the person who will use them.
hand_over_client_files() {
    [[ -n ${SUDO_UID:-} && -n ${SUDO_GID:-} ]] || return 0
    chown "$SUDO_UID:$SUDO_GID" "$LAB_DIR" "$LAB_DIR"/{inventory.yaml,known_hosts,truth.json,id_ed25519,id_ed25519.pub,ssh_config}
}

# Removes what 'up' put into the folder, nothing else; the folder itself goes when it is empty then.
remove_folder() {
    [[ -f $LAB_DIR/state ]] || return 0
    local node
    for node in "${NODES[@]}"; do
        rm -rf --one-file-system -- "${LAB_DIR:?}/$node"
    done
    rm -f -- "$LAB_DIR"/{inventory.yaml,known_hosts,truth.json,id_ed25519,id_ed25519.pub,ssh_config,hosts,state}
    rmdir -- "$LAB_DIR" 2>/dev/null || true
}
