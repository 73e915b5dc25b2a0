# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A lab without root: inside a user namespace the caller is root over networks and mounts of its own. A process that
# sleeps there keeps it; later commands go in through that process, and so does a client (lab run).

# Is this the inside of a rootless lab? Then root is the caller, under another number.
is_rootless() { [[ -n ${SEATRIAL_LAB_USER_NUMBER:-} ]]; }

# Who logs in to a node.
node_user() { if is_rootless; then echo lab; else echo root; fi; }

user_namespaces_work() { unshare --user --map-root-user --net --mount true 2>/dev/null; }

holder_pid() {
    local pid
    read -r pid 2>/dev/null <"$LAB_DIR/holder" || return 1
    [[ $pid =~ ^[0-9]+$ && $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == "sleep infinity "* ]] || return 1
    echo "$pid"
}

start_holder() {
    mkdir -p -- "$LAB_DIR"
    # The inner shell tells its own number: that of unshare is another one where it forks.
    setsid unshare --user --map-root-user --net --mount /bin/sh -c '
        mount -t tmpfs tmpfs /run && ip link set lo up && echo $$ >"$1/holder.new" && mv "$1/holder.new" "$1/holder"
        exec sleep infinity' holder "$LAB_DIR" </dev/null >/dev/null 2>&1 &
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        ! holder_pid >/dev/null || return 0
        sleep 0.02
    done
    fail "the user namespace of the lab did not come up within 4 s"
}

inside() { # CMD...
    nsenter --target "$(holder_pid)" --user --preserve-credentials --net --mount --wd="$PWD" \
        env "SEATRIAL_LAB_USER_NUMBER=$(id -u)" "$@"
}

# The whole command once more, inside. Does not come back.
go_inside() { # COMMAND LINE
    local pid status=0
    if [[ $command == up ]] && ! holder_pid >/dev/null; then
        [[ ! -f $LAB_DIR/state ]] || rm -f -- "$LAB_DIR/holder"
        require_free_folder
        start_holder
        tell_losses
    fi
    pid=$(holder_pid) || {
        [[ ! -f $LAB_DIR/holder ]] || rm -f -- "$LAB_DIR/holder"
        [[ $command != down ]] || { remove_folder; say "down: $LAB_DIR"; exit 0; }
        [[ $command != status ]] || { say "the rootless lab in $LAB_DIR is not running"; exit 3; }
        fail "the rootless lab in $LAB_DIR is not running (a reboot?). Remove it (lab down --dir $LAB_DIR), then up."
    }
    inside "$LAB_HOME/lab" "$@" || status=$?
    if [[ $command == down && $status == 0 ]] || [[ $command == up && ! -f $LAB_DIR/state ]]; then
        kill "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
        rm -f -- "$LAB_DIR/holder"
        rmdir -- "$LAB_DIR" 2>/dev/null || true
    fi
    exit "$status"
}

tell_losses() {
    say "without root, in a user namespace. Lost: nodes can be reached only from inside (lab run --dir $LAB_DIR -- CMD);" \
        "one logs in as the ordinary user 'lab'; no slow-cpu and no hangs, unless control groups are yours to make."
}

# What a node needs besides: the ordinary user in its own list, who may take port 22.
make_rootless_files() { # NODE
    local folder=$LAB_DIR/$1/etc number=$SEATRIAL_LAB_USER_NUMBER
    ((number != 0)) || number=1000
    printf '%s\n' 'root:x:0:0:root:/:/bin/sh' "lab:x:$number:$number:lab:/root:/bin/bash" >"$folder/passwd"
    printf '%s\n' 'root:x:0:' "lab:x:$number:" >"$folder/group"
    echo "$number" >"$LAB_DIR/$1/user-number"
}
