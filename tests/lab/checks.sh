# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the tests of the lab tell results by. Sourced with the file for a command's output in $output; counts in $failures.
# shellcheck disable=SC2154

failures=0

check() { # WHAT CMD...
    if "${@:2}" >"$output" 2>&1; then
        echo "ok    $1"
        return
    fi
    echo "FAIL  $1"
    sed 's/^/        /' "$output"
    failures=$((failures + 1))
}

says() { # EXPECTED-STATUS TEXT CMD...
    local text status
    text=$("${@:3}" 2>&1)
    status=$?
    echo "status $status: $text"
    [[ $status == "$1" && $text == *"$2"* ]]
}
