# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Nodes whose engine simulates GPUs (docs/simulation.md): a profile for each node, which its sshd tells every login of, and
# faults of it, named or drawn by a seed. The state file keeps: simulate, speedup, simulated (KIND=VALUE@PART:NODE ...).

# The words and bounds are those of the engine; what each part is called, and a value to draw from (lowest highest).
declare -A SIMULATED_PART=(
    [slow-hbm]=gpu [half-width-pcie]=gpu [dead-nvlink]=link [throttles]=gpu [slow-rail]=nic [ecc-storm]=gpu [xid79]=gpu
    [wrong-arithmetic]=sm [wrong-memory]=gpu [hung-rank]=gpu [slow-node]=node)
declare -A SIMULATED_DRAW=(
    [slow-hbm]="8 25" [half-width-pcie]="8 8" [dead-nvlink]="1 3" [throttles]="12 35" [slow-rail]="15 50" [ecc-storm]="20 200" [xid79]="2 8"
    [wrong-arithmetic]="100 100" [wrong-memory]="1 5" [hung-rank]="0 0" [slow-node]="10 20")
declare -a SIMULATED_KINDS=(half-width-pcie slow-hbm dead-nvlink throttles slow-rail ecc-storm xid79 wrong-arithmetic wrong-memory hung-rank slow-node)

readonly SIMULATED_PROFILES="a100x8 h100x8 h200x8 b200x8 gb200-nvl72-tray"

is_simulated() { [[ -n ${LAB[simulate]:-} ]]; }

gpus_of_profile() { case $1 in gb200-nvl72-tray) echo 4 ;; *) echo 8 ;; esac; }
links_of_profile() { case $1 in a100x8) echo 12 ;; *) echo 18 ;; esac; }
sms_of_profile() { case $1 in a100x8) echo 108 ;; h?00x8) echo 132 ;; b200x8) echo 148 ;; *) echo 152 ;; esac; }

check_simulation() { # PROFILE SPEEDUP NODES SEED-WORD FAULT...
    [[ -n $1 || ($# == 4 && -z $4) ]] || usage_error "--simulate-fault and --faults are for --simulate PROFILE"
    [[ -n $1 ]] || return 0
    [[ " $SIMULATED_PROFILES " == *" $1 "* ]] || usage_error "--simulate takes one of $SIMULATED_PROFILES, not '$1'"
    [[ $2 =~ ^[1-9][0-9]{0,9}$ ]] || usage_error "--speedup takes a whole number from 1, not '$2'"
    [[ -z $4 || $4 =~ ^seed:[0-9]{1,9}(:[0-9]{1,2})?$ ]] || usage_error "--faults takes seed:NUMBER or seed:NUMBER:COUNT, not '$4'"
    local fault last
    last=$(printf 'n%02d' "$3")
    for fault in "${@:5}"; do
        split_simulated "$fault"
        [[ -n ${SIMULATED_PART[$fault_kind]:-} ]] ||
            usage_error "--simulate-fault $fault: there is no fault '$fault_kind'. Kinds: ${SIMULATED_KINDS[*]}"
        [[ $fault_node =~ ^n[0-9][0-9]$ && ! $fault_node < n01 && ! $fault_node > $last ]] ||
            usage_error "--simulate-fault $fault: there is no node '$fault_node': this lab has n01 to $last"
        [[ $fault_value =~ ^[0-9]*(\.[0-9]+)?$ ]] || usage_error "--simulate-fault $fault: '$fault_value' is no number"
        [[ $fault_part =~ ^(gpu/[0-9]+(/(link|sm)/[0-9]+)?|nic/[a-z0-9_]+|node)$ ]] ||
            usage_error "--simulate-fault $fault: '$fault_part' is no part; examples are gpu/3, gpu/3/link/7, gpu/3/sm/17, nic/mlx5_0, node"
    done
}

# Splits KIND[=VALUE][@PART]:NODE into fault_kind, fault_value, fault_part and fault_node.
split_simulated() {
    fault_node=${1##*:}
    fault_kind=${1%:*}
    fault_part="" fault_value=""
    if [[ $fault_kind == *@* ]]; then
        fault_part=${fault_kind#*@}
        fault_kind=${fault_kind%%@*}
    fi
    if [[ $fault_kind == *=* ]]; then
        fault_value=${fault_kind#*=}
        fault_kind=${fault_kind%%=*}
    fi
    [[ -n $fault_part ]] || case ${SIMULATED_PART[$fault_kind]:-} in
        nic) fault_part=nic/mlx5_0 ;;
        node) fault_part=node ;;
        *) fault_part=gpu/0 ;;
    esac
}

# A generator of our own: what a seed gives must not depend on the version of a tool.
draw() { # LOWEST HIGHEST: a whole number into $drawn
    draw_state=$((draw_state * 6364136223846793005 + 1442695040888963407))
    drawn=$(($1 + (draw_state >> 33 & 0x3fffffff) % ($2 - $1 + 1)))
}

# Faults of different kinds on different nodes, one a line.
drawn_faults() { # PROFILE NODES seed:NUMBER[:COUNT]
    local -a words kinds=("${SIMULATED_KINDS[@]}") nodes=()
    local count i other gpu kind part value lowest highest
    IFS=: read -ra words <<<"$3"
    draw_state=${words[1]} drawn=0
    draw 0 1
    count=${words[2]:-$((($2 * 6 + 15) / 16))}
    ((count <= $2)) || count=$2
    for ((i = 1; i <= $2; i++)); do nodes+=("$(printf 'n%02d' "$i")"); done
    for ((i = 0; i < $2 - 1; i++)); do
        draw "$i" $(($2 - 1))
        other=${nodes[drawn]} nodes[drawn]=${nodes[i]} nodes[i]=$other
    done
    for ((i = 0; i < ${#kinds[@]} - 1; i++)); do
        draw "$i" $((${#kinds[@]} - 1))
        other=${kinds[drawn]} kinds[drawn]=${kinds[i]} kinds[i]=$other
    done
    for ((i = 0; i < count; i++)); do
        kind=${kinds[i % ${#kinds[@]}]}
        read -r lowest highest <<<"${SIMULATED_DRAW[$kind]}"
        draw "$lowest" "$highest"
        value=$drawn
        draw 0 $(($(gpus_of_profile "$1") - 1))
        gpu=$drawn
        case ${SIMULATED_PART[$kind]} in
            gpu) part=gpu/$gpu ;;
            link) draw 0 $(($(links_of_profile "$1") - value)); part=gpu/$gpu/link/$drawn ;;
            sm) draw 0 $(($(sms_of_profile "$1") - 1)); part=gpu/$gpu/sm/$drawn ;;
            nic) part=nic/mlx5_$gpu ;;
            node) part=node ;;
        esac
        echo "$kind=$value@$part:${nodes[i]}"
    done
}

# One spelling for the state file: the drawn ones and the named ones, sorted.
canonical_simulated() { # PROFILE NODES SEED-WORD FAULT...
    local fault
    [[ -n $1 ]] || return 0
    {
        [[ -z $3 ]] || drawn_faults "$1" "$2" "$3"
        for fault in "${@:4}"; do
            split_simulated "$fault"
            echo "$fault_kind${fault_value:+=$fault_value}@$fault_part:$fault_node"
        done
    } | sort -u | paste -sd ' '
}

seed_of() { local word=${1#seed:}; echo "${word%%:*}"; } # seed:7:3 → 7; nothing of nothing

simulated_faults_of() { # NODE
    local fault
    for fault in ${LAB[simulated]:-}; do
        [[ ${fault##*:} != "$1" ]] || echo "${fault%:*}"
    done
}

# Where the node sees its profile.
simulation_path() { if is_loopback; then echo "$LAB_DIR/$1/simulated.yaml"; else echo /run/node/simulated.yaml; fi; }

write_profile() { # NODE
    local fault
    {
        cat <<TEXT
# Written by tests/lab/lab
version: 1
like: ${LAB[simulate]}
seed: $((10#0${LAB[seed]:-} * 1000 + 10#${1#n}))
speedup: ${LAB[speedup]}
faults:
TEXT
        for fault in $(simulated_faults_of "$1"); do
            split_simulated "$fault:$1"
            echo "  - { kind: $fault_kind, part: $fault_part${fault_value:+, value: $fault_value} }"
        done
    } >"$LAB_DIR/$1/simulated.yaml"
}

# For write_truth: what was planted, with its part.
simulated_truth() {
    local fault comma=""
    is_simulated || return 0
    printf ',\n  "simulate": "%s",\n  "simulated_faults": [' "${LAB[simulate]}"
    for fault in ${LAB[simulated]:-}; do
        split_simulated "$fault"
        printf '%s\n    { "kind": "%s", "node": "%s", "part": "%s"%s }' "$comma" "$fault_kind" "$fault_node" "$fault_part" \
            "${fault_value:+, \"value\": $fault_value}"
        comma=,
    done
    printf '%s]' "${comma:+$'\n'  }"
}
