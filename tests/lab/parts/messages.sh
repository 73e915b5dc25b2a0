# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the lab says to the person in front of it.

say() { printf 'lab: %s\n' "$*"; }

fail() {
    printf 'lab: %s\n' "$@" >&2
    exit 1
}

usage_error() {
    printf 'lab: %s\n' "$@" "'lab --help' lists the commands, options and faults." >&2
    exit 2
}
