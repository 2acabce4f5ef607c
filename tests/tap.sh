#!/usr/bin/env bash
# tap.sh FOLDER NAME COMMAND…: runs one test program and keeps what it printed in FOLDER/NAME.tap and how many of
# its tests passed, failed and were skipped in FOLDER/NAME.count. A program that prints no TAP is one test. One
# that promised more tests than it ran, or ended badly after none had failed, has failed once more.
set -u
folder=$1 name=$2
shift 2
out=$folder/$name.tap
limit=${NX_TEST_LIMIT:-300}

CMOCKA_MESSAGE_OUTPUT=TAP timeout --kill-after=10 "$limit" "$@" >"$out" 2>&1 </dev/null
status=$?

awk -v status="$status" '
    /^ok /     { if ($0 ~ /# *[Ss][Kk][Ii][Pp]/) skipped++; else passed++; seen++ }
    /^not ok / { failed++; seen++ }
    /^1\.\.[0-9]+/ { split($0, plan, /\.\./); planned += plan[2] }
    END {
        if (seen == 0 && planned == 0) { if (status == 0) passed++; else failed++ }
        else if (seen < planned || (status != 0 && failed == 0)) failed++
        printf "%d %d %d\n", passed, failed, skipped
    }' "$out" >"$folder/$name.count"

read -r _ failed _ <"$folder/$name.count"
if [ "$failed" -gt 0 ]; then
    {
        if [ "$status" = 124 ]; then echo "--- $name: not done after $limit s"; else echo "--- $name (exit $status)"; fi
        grep -A 12 '^not ok' "$out" | head -n 60
        if [ "$status" = 124 ] || ! grep -qE '^not ok' "$out"; then tail -n 40 "$out"; fi
    } >&2
fi
grep -E '^ok .*# *[Ss][Kk][Ii][Pp]' "$out" | sed "s/^/    $name: /" >&2
exit 0
