# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# One node: its folder, its keys, its life.

make_host_key() {
    rm -f -- "$LAB_DIR/$1/ssh_host_ed25519_key" "$LAB_DIR/$1/ssh_host_ed25519_key.pub"
    ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$LAB_DIR/$1/ssh_host_ed25519_key"
}

make_node_folder() {
    local node=$1 folder=$LAB_DIR/$1
    mkdir -p "$folder"/{home,tmp,var-tmp,etc}
    chmod 700 "$folder/home"
    chmod 1777 "$folder/tmp" "$folder/var-tmp"
    make_host_key "$node"
    cp "$LAB_DIR/id_ed25519.pub" "$folder/authorized_keys"
    echo "$node" >"$folder/etc/hostname"
    cp "$LAB_DIR/hosts" "$folder/etc/hosts"
    new_uuid | tr -d - >"$folder/etc/machine-id"
    # Where root's password is locked with '!' sshd without PAM would refuse even a key. Nothing but a key
    # opens this account either.
    echo 'root:*:19000:0:99999:7:::' >"$folder/etc/shadow"
    chmod 600 "$folder/etc/shadow"
    write_sshd_config "$node" >"$folder/sshd_config"
    ! is_simulated || write_profile "$node"
    ! is_rootless || make_rootless_files "$node"
}

write_hosts() {
    local node
    {
        echo "127.0.0.1 localhost"
        for node in "${NODES[@]}"; do
            echo "$(address_of "$node") $node"
        done
    } >"$LAB_DIR/hosts"
}

# The paths are those that the node sees: its own folder is /run/node there.
write_sshd_config() {
    cat <<TEXT
ListenAddress $(address_of "$1")
Port 22
HostKey /run/node/ssh_host_ed25519_key
AuthorizedKeysFile /run/node/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 64:30:128
UseDNS no
PrintMotd no
PrintLastLog no
X11Forwarding no
PidFile none
Subsystem sftp internal-sftp
TEXT
    ! is_simulated || echo "SetEnv SEATRIAL_SIMULATE=$(simulation_path "$1")"
    # From 9.8 on sshd shuts out an address after a few failed logins, which tests of failing logins do on purpose.
    [[ $(sshd -V 2>&1) =~ OpenSSH_([0-9]+)\.([0-9]+) ]] || return 0
    ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] < 908)) || echo "PerSourcePenalties no"
}

new_uuid() { cat /proc/sys/kernel/random/uuid; }

# The node's first process as this machine sees it; fails when the node is off. The number in the file
# is believed only as long as that process lives in the node's network namespace.
node_pid() {
    local pid
    read -r pid 2>/dev/null <"$LAB_DIR/$1/pid" || return 1
    [[ -n $pid && /proc/$pid/ns/net -ef $(netns_file "$1") ]] || return 1
    echo "$pid"
}

start_node() {
    local node=$1 folder=$LAB_DIR/$1
    rm -f -- "$folder/pid"
    new_uuid >"$folder/etc/boot_id"
    # A session of its own: Ctrl-C in the terminal that made the lab must not reach the nodes.
    (
        cd "$folder" || exit
        [[ -z $lock_fd ]] || exec {lock_fd}<&-    # a node must not hold the lock of the command that started it
        enter_groups "$node"
        exec setsid nsenter --net="$(netns_file "$node")" \
            unshare --mount --uts --ipc --pid --fork \
            env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            "$LAB_HOME/parts/node_init" "$node" "$LAB_DIR" "$(command -v sshd)" \
            </dev/null >>"$folder/log" 2>&1
    ) &
    disown    # else bash would report its end when an unfinished 'up' is undone
}

await_node() {
    local node=$1 deadline=$((SECONDS + 10)) pid
    while ((SECONDS < deadline)); do
        if pid=$(node_pid "$node") && listens_on_ssh "$pid"; then
            return 0
        fi
        sleep 0.01
    done
    fail "$node did not start its sshd within 10 s. Its log says:" \
        "$(tail -n 20 "$LAB_DIR/$node/log" 2>/dev/null || echo '(no log)')"
}

# Looks into the kernel's socket table (0016 is port 22, 0A is LISTEN): no connection, so no line in sshd's log.
listens_on_ssh() {
    local local_address state
    while read -r _ local_address _ state _; do
        [[ $local_address == *:0016 && $state == 0A ]] && return 0
    done 2>/dev/null <"/proc/$1/net/tcp"
    return 1
}

# Every process in these namespaces is the lab's own: a process gets there only through the lab.
end_processes_in() { # NETNS-NAME...
    local name pids deadline=$((SECONDS + 10))
    while ((SECONDS < deadline)); do
        pids=""
        for name in "$@"; do
            pids+=" $(ip netns pids "$name" 2>/dev/null | tr '\n' ' ')"
        done
        [[ -n ${pids// /} ]] || return 0
        # shellcheck disable=SC2086
        kill -KILL $pids 2>/dev/null || true
        sleep 0.01
    done
    fail "these processes of the lab survived SIGKILL for 10 s:" "$(ps -o pid,stat,wchan,args -p "${pids// /,}" 2>&1)" \
        "Nothing was removed. Find out what they wait for, then run 'lab down' again."
}

in_node() { # NODE PID CMD...
    nsenter --target "$2" --mount --uts --ipc --net --pid \
        env -C /root -i HOME=/root USER=root LOGNAME=root SHELL=/bin/sh "TERM=${TERM:-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${@:3}"
}
