# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A node with the programs and the C library of another Debian release. Its kernel and its sshd stay this machine's: sshd
# puts every login into the other root file system, which installer/debian-root makes once and keeps.

FAULT_TEXT[old-libc]="programs and C library of Debian RELEASE: bullseye (11) unless told, bookworm (12), trixie (13)"
FAULT_DEFAULT[old-libc]=bullseye
FAULT_PATTERN[old-libc]='^(bullseye|bookworm|trixie)$'
FAULT_VALUE_NAME[old-libc]=RELEASE

fault_old_libc() {
    local root
    root=$("$LAB_HOME/../../installer/debian-root" "$2") ||
        fail "old-libc=$2: there is no root file system of that release; what was tried is above."
    # node_init opens it before the node's own folders cover that path.
    ln -sfn -- "$root" "$LAB_DIR/$1/user_land"
    echo "ChrootDirectory /run/user-land" >>"$LAB_DIR/$1/sshd_config"
    at_boot "$1" old-libc <<'TEXT'
mkdir /run/user-land
mount --no-canonicalize --bind "/proc/self/fd/$user_land" /run/user-land
mount -o remount,bind,ro /run/user-land    # others use it, too
exec {user_land}<&-
for folder in /proc /sys /dev; do
    mount --rbind "$folder" "/run/user-land$folder"
done
mount -t tmpfs -o mode=755 tmpfs /run/user-land/run
for folder in /root /var/tmp /tmp; do
    mount --bind "$folder" "/run/user-land$folder"
done
for file in hostname hosts machine-id; do
    [[ ! -e /run/user-land/etc/$file ]] || mount --bind "/etc/$file" "/run/user-land/etc/$file"
done
TEXT
}
