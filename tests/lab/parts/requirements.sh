# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What this machine must offer before a lab can stand on it: root and a handful of tools.

become_root() { # the command line, to run it again
    ((EUID != 0)) || return 0
    local need
    need="network namespaces, mounts and an sshd on port 22 need root, and you are $(id -un)."
    command -v sudo >/dev/null ||
        fail "$need" "There is no 'sudo' here. Become root (su -) and run:" "  $LAB_HOME/lab $(printf '%q ' "$@")"
    sudo -n true 2>/dev/null ||
        fail "$need" "'sudo -n' was tried and wants a password. Run:" "  sudo $LAB_HOME/lab $(printf '%q ' "$@")"
    exec sudo -n -- "$LAB_HOME/lab" "$@"
}

require_user_namespaces() {
    user_namespaces_work ||
        fail "--rootless: this system forbids user namespaces to you (tried: unshare --user --net --mount)." \
            "Look at: sysctl kernel.unprivileged_userns_clone user.max_user_namespaces kernel.apparmor_restrict_unprivileged_userns." \
            "Without them, and without root, there is the loopback lab: lab up --loopback"
}

require_tools() {
    local -A package_of=([ip]=iproute2 [tc]=iproute2 [ss]=iproute2 [sshd]=openssh-server
        [ssh-keygen]=openssh-client [unshare]=util-linux [nsenter]=util-linux [setsid]=util-linux
        [flock]=util-linux [mount]=mount [sha256sum]=coreutils)
    local -A missing=()
    local tool
    for tool in "${!package_of[@]}"; do
        command -v "$tool" >/dev/null || missing[${package_of[$tool]}]+="$tool "
    done
    ((${#missing[@]})) || return 0
    local package
    for package in "${!missing[@]}"; do
        printf 'lab: missing: %s(package %s)\n' "${missing[$package]}" "$package" >&2
    done
    fail "Install with: sudo apt-get install ${!missing[*]}"
}

# Only one lab on this machine is made or removed at a time, so that two never take the same
# addresses. The lock is held on the folder /run itself: no lock file is left anywhere.
declare lock_fd=""

with_lock() {
    exec {lock_fd}</run
    flock --wait 60 "$lock_fd" ||
        fail "another lab has been starting or stopping for 60 s; look with: ps -ef | grep lab"
    "$@"
}
