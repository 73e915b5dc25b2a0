# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Faults that can be planted in a lab. A fault is one entry in FAULT_TEXT and one function fault_KIND NODE VALUE (with
# _ for -), called when network, folders and known_hosts are there and no node has been started yet. A fault that takes
# a value also has an entry in FAULT_DEFAULT and FAULT_PATTERN. One that can be planted on a node that runs has a
# function live_KIND NODE VALUE, and heal_KIND NODE if it can be taken away again. The kinds are in parts/faults_*.sh.

declare -A FAULT_TEXT=() FAULT_DEFAULT=() FAULT_PATTERN=() FAULT_VALUE_NAME=()

declare -A NOT_STARTED=()    # nodes that a fault keeps from starting

# What a node does at each boot, as its first process, in its folder, when its own files are in their places.
at_boot() { # NODE KIND, the lines on standard input
    mkdir -p "$LAB_DIR/$1/boot.d"
    cat >"$LAB_DIR/$1/boot.d/$2"
}

# --- reading and writing them ---------------------------------------------------------------------

describe_faults() {
    local kind shown
    for kind in $(printf '%s\n' "${!FAULT_TEXT[@]}" | sort); do
        shown=$kind:NODE
        [[ -z ${FAULT_VALUE_NAME[$kind]:-} ]] || shown="${kind}[=${FAULT_VALUE_NAME[$kind]}]:NODE"
        printf '  %-27s %s\n' "$shown" "${FAULT_TEXT[$kind]}"
    done
}

live_kinds() { # PREFIX
    declare -F | sed -n "s/^declare -f $1\(.*\)/\1/p" | grep -vxE "function|kinds" | tr _ - | paste -sd ' '
}

# Splits KIND[=VALUE]:NODE into fault_kind, fault_value and fault_node.
split_fault() {
    fault_node=${1##*:}
    fault_kind=${1%:*}
    fault_value=""
    if [[ $fault_kind == *=* ]]; then
        fault_value=${fault_kind#*=}
        fault_kind=${fault_kind%%=*}
    fi
    [[ -n $fault_value ]] || fault_value=${FAULT_DEFAULT[$fault_kind]:-}
}

check_faults() { # NODE-COUNT FAULT...
    local last fault bastions=0
    last=$(printf 'n%02d' "$1")
    for fault in "${@:2}"; do
        [[ $fault == *?:?* ]] ||
            usage_error "--fault takes KIND:NODE, not '$fault'. Kinds:" "$(describe_faults)"
        split_fault "$fault"
        [[ -n ${FAULT_TEXT[$fault_kind]:-} ]] ||
            usage_error "--fault $fault: there is no fault '$fault_kind'. Kinds:" "$(describe_faults)"
        [[ $fault_node =~ ^n[0-9][0-9]$ && ! $fault_node < n01 && ! $fault_node > $last ]] ||
            usage_error "--fault $fault: there is no node '$fault_node': this lab has n01 to $last. Kinds:" "$(describe_faults)"
        [[ -n ${FAULT_PATTERN[$fault_kind]:-} || ${fault%:*} != *=* ]] ||
            usage_error "--fault $fault: '$fault_kind' takes no value"
        [[ -z ${FAULT_PATTERN[$fault_kind]:-} || $fault_value =~ ${FAULT_PATTERN[$fault_kind]} ]] ||
            usage_error "--fault $fault: '$fault_value' is not a ${FAULT_VALUE_NAME[$fault_kind]}; an example is ${FAULT_DEFAULT[$fault_kind]}"
        [[ $fault_kind != bastion ]] || bastions=$((bastions + 1))
    done
    ((bastions == 0 || (bastions == 1 && $1 > 1))) ||
        usage_error "one node can be the bastion, and it needs a second one behind it"
}

# One spelling for the state file, so that two command lines can be compared: with value, sorted, each once.
canonical_faults() {
    local fault
    for fault in "$@"; do
        split_fault "$fault"
        echo "$fault_kind${fault_value:+=$fault_value}:$fault_node"
    done | sort -u | paste -sd ' '
}

plant_faults() { # CANONICAL-FAULT...
    local fault
    for fault in "$@"; do
        split_fault "$fault"
        "fault_${fault_kind//-/_}" "$fault_node" "$fault_value"
    done
}

# On a lab that runs: KIND[=VALUE]:NODE
lab_fault() {
    split_fault "$1"
    require_running_fabric "$fault_node"
    node_pid "$fault_node" >/dev/null || fail "$fault_node is off; 'lab boot $fault_node --dir $LAB_DIR' starts it"
    live_function "live_" "plant on a node that runs; plant it with 'lab up --fault $1'"
    "live_${fault_kind//-/_}" "$fault_node" "$fault_value"
    say "$fault_node: $fault_kind${fault_value:+=$fault_value}"
}

lab_heal() { # KIND:NODE
    split_fault "$1"
    require_running_fabric "$fault_node"
    live_function "heal_" "take away; make the lab anew without it"
    "heal_${fault_kind//-/_}" "$fault_node"
    say "$fault_node: $fault_kind is gone"
}

live_function() { # PREFIX WHAT
    declare -F "$1${fault_kind//-/_}" >/dev/null || fail "'$fault_kind' is no fault that the lab can $2"
}

faults_of() { # NODE
    local fault
    local -a found=()
    for fault in ${LAB[faults]:-} ${LAB[simulated]:-}; do
        [[ ${fault##*:} != "$1" ]] || found+=("${fault%:*}")
    done
    echo "${found[*]:--}"
}

# What was planted, for tests to compare a verdict with. No client may read it.
write_truth() {
    local fault comma=""
    {
        printf '{\n  "nodes": %d,\n  "racks": %d,\n  "faults": [' "${LAB[nodes]}" "${LAB[racks]}"
        for fault in ${LAB[faults]:-}; do
            split_fault "$fault"
            printf '%s\n    { "kind": "%s", "node": "%s"%s }' "$comma" "$fault_kind" "$fault_node" \
                "${fault_value:+, \"value\": \"$fault_value\"}"
            comma=,
        done
        printf '%s]%s\n}\n' "${comma:+$'\n'  }" "$(simulated_truth)"
    } >"$LAB_DIR/truth.json"
}
