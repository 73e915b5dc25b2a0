# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The commands: a lab comes up, is looked at, loses and regains nodes, and goes down.

lab_up() { # NODES RACKS FAULT...
    local faults number simulated
    faults=$(canonical_faults "${@:3}")
    simulated=$(canonical_simulated "$simulate" "$1" "$faults_drawn" "${simulated_wanted[@]}")
    if [[ -n ${LAB[complete]:-} ]] && fabric_exists; then
        reuse_lab "$1" "$2" "$faults" "$simulated"
        return
    fi
    require_free_folder
    trap 'abandon_up' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    tear_down    # what a reboot or an unfinished 'up' may have left
    mkdir -p -- "$LAB_DIR"
    number=$(free_lab_number)
    write_state "$number" "$1" "$2" "$faults" "$simulated"
    build_lab
    mark_complete
    trap - EXIT INT TERM HUP
    say "up: ${LAB[nodes]} nodes in ${LAB[racks]} racks, $(address_of "${NODES[0]}") to $(address_of "${NODES[-1]}")," \
        "planted: $(planted)"
    say "inventory: $LAB_DIR/inventory.yaml"
}

build_lab() {
    local node
    ssh-keygen -q -t ed25519 -N '' -C "lab $LAB_TAG" -f "$LAB_DIR/id_ed25519"
    write_hosts
    for node in "${NODES[@]}"; do
        make_node_folder "$node"
    done
    write_known_hosts
    write_inventory
    write_truth
    hand_over_client_files
    build_fabric
    write_ssh_config
    # shellcheck disable=SC2086
    plant_faults ${LAB[faults]}
    for node in "${NODES[@]}"; do
        [[ -n ${NOT_STARTED[$node]:-} ]] || start_node "$node"
    done
    for node in "${NODES[@]}"; do
        [[ -n ${NOT_STARTED[$node]:-} ]] || await_node "$node"
    done
}

require_free_folder() {
    [[ ! -e $LAB_DIR || -d $LAB_DIR ]] || usage_error "--dir $LAB_DIR is not a folder"
    [[ -d $LAB_DIR && ! -f $LAB_DIR/state ]] || return 0
    # What earlier runs stored next to the lab outlives it: 'down' leaves it, and 'up' must not be kept from it.
    [[ -n $(find "$LAB_DIR" -mindepth 1 -maxdepth 1 ! -name 'seatrial.db*' ! -name holder -print -quit) ]] || return 0
    fail "$LAB_DIR is not empty and holds no lab: files there could be overwritten." \
        "Choose a new or empty folder for --dir."
}

planted() { local all="${LAB[faults]} ${LAB[simulated]:-}"; echo "${all:+${all# }}" | sed 's/^ *$/nothing/; s/ $//'; }

reuse_lab() { # NODES RACKS CANONICAL-FAULTS CANONICAL-SIMULATED
    [[ "${LAB[nodes]} ${LAB[racks]} ${LAB[faults]}" == "$1 $2 $3" &&
        "${LAB[simulate]:-} ${LAB[simulated]:-}" == "$simulate $4" && (-z $simulate || ${LAB[speedup]:-} == "$speedup") ]] ||
        fail "another lab is already up in $LAB_DIR: ${LAB[nodes]} nodes, ${LAB[racks]} racks, planted: $(planted)." \
            "Asked for: $1 nodes, $2 racks, planted: ${3:-nothing}." \
            "Stop it first (lab down --dir $LAB_DIR) or choose another --dir."
    local node
    local -a changed=()
    for node in "${NODES[@]}"; do
        [[ $(node_condition "$node") == "$(condition_as_made "$node")" ]] || changed+=("$node")
    done
    ((${#changed[@]} == 0)) ||
        fail "this lab is already up in $LAB_DIR, but not as it was made: ${changed[*]} ('lab status' shows how)." \
            "Use 'lab boot' and 'lab mend', or make it anew: lab down --dir $LAB_DIR, then up."
    say "already up, as asked for: $LAB_DIR/inventory.yaml"
}

abandon_up() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    say "it did not come up; removing what was made" >&2
    tear_down
    exit "$status"
}

tear_down() {
    local -a names
    mapfile -t names < <(own_netns_names)
    thaw_groups
    ((${#names[@]} == 0)) || end_processes_in "${names[@]}"
    remove_groups
    remove_fabric
    remove_folder
}

lab_down() {
    local there
    there=${LAB[version]:-}$(own_netns_names)
    tear_down
    if [[ -n $there ]]; then say "down: $LAB_DIR"; else say "nothing to remove: no lab in $LAB_DIR"; fi
}

node_condition() { # running, cut (running, without link) or off
    if ! node_pid "$1" >/dev/null; then
        echo off
    elif link_is_cut "$1"; then
        echo cut
    else
        echo running
    fi
}

condition_as_made() {
    if [[ " ${LAB[faults]} " == *" dead:$1 "* ]]; then echo off; else echo running; fi
}

lab_status() {
    if [[ -z ${LAB[version]:-} ]]; then
        say "no lab in $LAB_DIR"
        [[ -z $(own_netns_names) ]] || say "but namespaces of one are left; 'lab down --dir $LAB_DIR' removes them"
        exit 3
    fi
    if [[ -z ${LAB[complete]:-} ]] || ! fabric_exists; then
        say "the lab in $LAB_DIR is not running (a reboot, or an 'up' that did not end)." \
            "'lab up' makes it anew, 'lab down' removes what is left."
        exit 3
    fi
    say "up in $LAB_DIR: ${LAB[nodes]} nodes, ${LAB[racks]} racks, $(address_of "${NODES[0]}") to $(address_of "${NODES[-1]}"), this machine is $(host_address)"
    local node
    printf '%-6s%-6s%-16s%-9s%s\n' node rack address state planted
    for node in "${NODES[@]}"; do
        printf '%-6s%-6s%-16s%-9s%s\n' "$node" "R$(rack_of "$node")" "$(address_of "$node")" \
            "$(node_condition "$node")" "$(faults_of "$node")"
    done
}

require_running_fabric() {
    require_node "$1"
    fabric_exists || fail "the lab in $LAB_DIR is not running (a reboot?); 'lab up' makes it anew"
}

lab_kill() {
    require_running_fabric "$1"
    # The order of a power cut: silence first. Else the kernel would say goodbye for every dying connection,
    # and again, when the node is back, for those that could not be told.
    cut_link "$1"
    thaw_groups "$1"    # a power cut ends what SIGKILL cannot
    end_processes_in "$(netns_of "$1")"
    nsenter --net="$(netns_file "$1")" ss --kill --tcp --all >/dev/null 2>&1 || true
    say "$1 is off"
}

lab_boot() {
    require_running_fabric "$1"
    ! node_pid "$1" >/dev/null || fail "$1 is running already"
    mend_link "$1"
    start_node "$1"
    await_node "$1"
    say "$1 is running"
}

lab_reboot() {
    lab_kill "$1"
    sleep 1
    lab_boot "$1"
}

lab_cut() {
    require_running_fabric "$1"
    cut_link "$1"
    say "the link of $1 is down"
}

lab_mend() {
    require_running_fabric "$1"
    mend_link "$1"
    say "the link of $1 is up"
}

lab_exec() { # NODE CMD...
    require_running_fabric "$1"
    local pid
    pid=$(node_pid "$1") || fail "$1 is off; 'lab boot $1 --dir $LAB_DIR' starts it"
    in_node "$1" "$pid" "${@:2}"
}
