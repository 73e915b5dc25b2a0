# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A lab where neither root nor user namespaces are to be had: one sshd of the caller's own for each node, on an address
# of 127.77.x.y. What belongs to networks and mounts is replaced here; the rest of the lab stays as it is.

LOOPBACK_PORT=2222
LOOPBACK_FAULTS="changed-key dead"

wants_loopback() { [[ -n $loopback ]] || grep -qsx mode=loopback "$LAB_DIR/state"; }

tell_loopback_losses() {
    say "on loopback addresses. Lost: nodes share name, home, boot id, processes and all folders but their own;" \
        "no shaping, no cable, no power: of the faults only $LOOPBACK_FAULTS; a dead node refuses instead of being silent."
}

check_loopback_faults() {
    local fault
    for fault in "$@"; do
        split_fault "$fault"
        [[ " $LOOPBACK_FAULTS " == *" $fault_kind "* ]] ||
            fail "$fault_kind needs namespaces: on loopback addresses there are only: $LOOPBACK_FAULTS." \
                "Use sudo, or --rootless where user namespaces are allowed."
    done
}

use_loopback() {
    node_user() { id -un; }
    node_port() { echo "$LOOPBACK_PORT"; }
    is_loopback() { true; }
    address_of() { echo "127.77.${LAB[number]}.$((10 + 10#${1#n}))"; }
    host_address() { echo 127.0.0.1; }
    fabric_exists() { [[ -n ${LAB[complete]:-} ]]; }
    build_fabric() { :; }
    link_is_cut() { false; }
    cut_link() { :; }
    mend_link() { :; }
    own_netns_names() { :; }

    free_lab_number() {
        local number
        for ((number = 0; number < 256; number++)); do
            # 127.77.x.11 in the kernel's byte order, and the port
            grep -qi " $(printf '0B%02X4D7F:%04X' "$number" "$LOOPBACK_PORT") 00000000:0000 0A" /proc/net/tcp ||
                { echo "$number"; return; }
        done
        fail "all of 127.77.0.11 to 127.77.255.11 listen on port $LOOPBACK_PORT. Stop a lab that nobody needs."
    }

    write_sshd_config() {
        cat <<TEXT
ListenAddress $(address_of "$1")
Port $LOOPBACK_PORT
HostKey "$LAB_DIR/$1/ssh_host_ed25519_key"
AuthorizedKeysFile "$LAB_DIR/$1/authorized_keys"
SetEnv "SEATRIAL_BASE=$LAB_DIR/$1/home"$(! is_simulated || echo " \"SEATRIAL_SIMULATE=$(simulation_path "$1")\"")
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 64:30:128
PidFile none
Subsystem sftp internal-sftp
TEXT
    }

    node_pid() {
        local pid
        read -r pid 2>/dev/null <"$LAB_DIR/$1/pid" || return 1
        [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *"$LAB_DIR/$1/sshd_config"* ]] || return 1
        echo "$pid"
    }

    start_node() {
        ((EUID != 0)) || mkdir -p /run/sshd
        (
            [[ -z $lock_fd ]] || exec {lock_fd}<&-
            exec setsid "$(command -v sshd)" -D -e -f "$LAB_DIR/$1/sshd_config" </dev/null >>"$LAB_DIR/$1/log" 2>&1
        ) &
        echo $! >"$LAB_DIR/$1/pid"
        disown
    }

    listens_on_ssh() { (exec 3<>"/dev/tcp/$waited_for/$LOOPBACK_PORT") 2>/dev/null; }
    await_node() {
        waited_for=$(address_of "$1")
        local tries
        for ((tries = 0; tries < 200; tries++)); do
            ! { node_pid "$1" >/dev/null && listens_on_ssh; } || return 0
            sleep 0.05
        done
        fail "$1 did not start its sshd within 10 s. Its log says:" "$(tail -n 20 "$LAB_DIR/$1/log")"
    }

    # What runs on a node has its folder in its environment; the sshd itself is known by its number.
    end_node() {
        local pid environ
        ! pid=$(node_pid "$1") || kill -KILL "$pid"
        for environ in /proc/[0-9]*/environ; do
            pid=${environ#/proc/}
            ! grep -qsz "^SEATRIAL_BASE=$LAB_DIR/$1/home\$" "$environ" || kill -KILL "${pid%/environ}" 2>/dev/null || true
        done
    }
    tear_down() {
        local node
        for node in "${NODES[@]}"; do
            end_node "$node"
        done
        remove_folder
    }
    lab_kill() {
        require_running_fabric "$1"
        end_node "$1"
        say "$1 is off"
    }
    lab_exec() {
        require_running_fabric "$1"
        node_pid "$1" >/dev/null || fail "$1 is off; 'lab boot $1 --dir $LAB_DIR' starts it"
        env "SEATRIAL_BASE=$LAB_DIR/$1/home" "${@:2}"
    }
    local command_lost
    for command_lost in cut mend fault heal; do
        eval "lab_$command_lost() { fail \"'lab $command_lost' needs namespaces; this lab is on loopback addresses\"; }"
    done
}

is_loopback() { false; }
node_port() { echo 22; }
