# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Faults of the folders in which programs can be put: small, full, or closed to programs.

FAULT_TEXT[small-disk]="home, /var/tmp, /tmp and /dev/shm hold SIZE each (4m unless told)"
FAULT_DEFAULT[small-disk]=4m
FAULT_PATTERN[small-disk]='^[1-9][0-9]{0,3}[km]$'
FAULT_VALUE_NAME[small-disk]=SIZE
FAULT_TEXT[quota]="like small-disk, but df tells of the disk around it, as with a quota of the user (2m unless told)"
FAULT_DEFAULT[quota]=2m
FAULT_PATTERN[quota]=${FAULT_PATTERN[small-disk]}
FAULT_VALUE_NAME[quota]=SIZE
FAULT_TEXT[full-disk]="home, /var/tmp, /tmp and /dev/shm of a small-disk node are filled to the last byte (only 'lab fault')"
FAULT_TEXT[noexec]="programs run in FOLDER only (/dev/shm unless told; none: nowhere) of the folders that anybody may write to"
FAULT_DEFAULT[noexec]=/dev/shm
FAULT_PATTERN[noexec]='^(none|/root|/var/tmp|/tmp|/dev/shm)$'
FAULT_VALUE_NAME[noexec]=FOLDER

WORK_FOLDERS="/root /var/tmp /tmp /dev/shm"

fault_small_disk() {
    at_boot "$1" small-disk <<TEXT
for folder in $WORK_FOLDERS; do
    mount -t tmpfs -o "size=$2,mode=\$(stat -c %a "\$folder")" tmpfs "\$folder"
done
TEXT
}

fault_quota() {
    fault_small_disk "$1" "$2"
    at_boot "$1" zz-quota <<TEXT
cp "\$(command -v df)" /run/node/df.real
printf '%s\n' '#!/bin/sh' 'for word; do [ "\${word#/}" = "\$word" ] || set -- -Pk /; done' 'exec /run/node/df.real "\$@"' >/run/node/df.fake
chmod 755 /run/node/df.fake
mount --bind /run/node/df.fake "\$(readlink -f "\$(command -v df)")"
TEXT
}

fault_full_disk() {
    fail "full-disk: a node whose disk is full from the start is small-disk:$1; this one is for a running node:" \
        "  lab up ... --fault small-disk=96m:$1    and then    lab fault full-disk:$1 --dir $LAB_DIR"
}
live_full_disk() {
    [[ " ${LAB[faults]} " == *" small-disk="*":$1 "* ]] ||
        fail "full-disk:$1 would fill this machine's own disk: the node has none of its own." \
            "Make the lab with --fault small-disk=96m:$1"
    # shellcheck disable=SC2016
    in_node "$1" "$(node_pid "$1")" /bin/sh -c \
        'for folder; do cat /dev/zero >"$folder/filled-by-the-lab" 2>/dev/null; done; true' fill $WORK_FOLDERS
}
heal_full_disk() {
    in_node "$1" "$(node_pid "$1")" rm -f /root/filled-by-the-lab /var/tmp/filled-by-the-lab \
        /tmp/filled-by-the-lab /dev/shm/filled-by-the-lab
}

fault_noexec() {
    at_boot "$1" noexec <<TEXT
for folder in $WORK_FOLDERS; do
    [ "\$folder" = "$2" ] || mount -o remount,bind,noexec "\$folder"
done
TEXT
}
