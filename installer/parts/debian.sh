# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What comes from Debian besides packages of this machine: where it is kept, and where it is looked for.

# Folders for what was fetched, the best first. One line each.
caches() {
    local home=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
    [[ $home != /* ]] || echo "$home/seatrial"
    readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../build/cache" || true
}

find_in_cache() { # NAME
    local cache
    while read -r cache; do
        if [[ -d $cache/$1 ]]; then
            readlink -f "$cache/$1"
            return 0
        fi
    done < <(caches)
    return 1
}

writable_cache() {
    local cache
    while read -r cache; do
        if mkdir -p -- "$cache" 2>/dev/null && [[ -w $cache ]]; then
            readlink -f "$cache"
            return 0
        fi
    done < <(caches)
    return 1
}

# Mirrors of Debian, one a line: those that this machine's apt uses, then the public ones, for releases that the others
# have dropped.
mirrors() {
    if [[ -n ${SEATRIAL_DEBIAN_MIRRORS:-} ]]; then
        # shellcheck disable=SC2086
        printf '%s\n' $SEATRIAL_DEBIAN_MIRRORS
        return
    fi
    {
        apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 2>/dev/null | grep -v security || true
        echo http://deb.debian.org/debian
        echo http://archive.debian.org/debian
        echo http://snapshot.debian.org/archive/debian/20240901T000000Z
    } | sed 's,/*$,,' | awk '!seen[$0]++'
}
