# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Faults that can be planted in a lab. A fault is one entry in FAULT_TEXT and one function
# fault_KIND NODE VALUE (with _ for -), called when network, folders and known_hosts are there and no node
# has been started yet. A fault that takes a value also has an entry in FAULT_DEFAULT and FAULT_PATTERN.

declare -A FAULT_TEXT=(
    [slow-link]="the node's cable carries only RATE (1gbit unless told) each way, and does not say so"
    [dead]="no sshd and no link: a connection is never answered"
    [changed-key]="another host key than the one in known_hosts"
)
declare -A FAULT_DEFAULT=([slow-link]=1gbit)
declare -A FAULT_PATTERN=([slow-link]='^[1-9][0-9]*[kmg]bit$')
declare -A FAULT_VALUE_NAME=([slow-link]=RATE)

declare -A NOT_STARTED=()    # nodes that a fault keeps from starting

# What a node does at each boot, as its first process, in its folder, when its own files are in their places.
at_boot() { # NODE KIND, the lines on standard input
    mkdir -p "$LAB_DIR/$1/boot.d"
    cat >"$LAB_DIR/$1/boot.d/$2"
}

fault_slow_link() {
    # Both ends of the cable, because a queue shapes only what leaves through it. The burst is small, so that
    # a short transfer is slow as well.
    local shape="root tbf rate $2 burst 128kb latency 25ms"
    # shellcheck disable=SC2086
    tc -n "$(netns_of fabric)" qdisc add dev "$1" $shape
    # shellcheck disable=SC2086
    tc -n "$(netns_of "$1")" qdisc add dev eth0 $shape
}

fault_dead() {
    cut_link "$1"
    # shellcheck disable=SC2034 # read when the nodes are started
    NOT_STARTED[$1]=yes
}

fault_changed_key() {
    make_host_key "$1"
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
    local last fault
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
    done
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

faults_of() { # NODE
    local fault
    local -a found=()
    for fault in ${LAB[faults]:-}; do
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
        printf '%s]\n}\n' "${comma:+$'\n'  }"
    } >"$LAB_DIR/truth.json"
}
