#!/usr/bin/env bash
# The test runner behind ./nixa test. The last line is "N passed, N failed, N skipped"; the exit code is 0 only if
# none failed. Every stage says how long it took.
set -u -o pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$here" || exit 1
export here

jobs=$(nproc)
tap=$here/build/tap
passed=0 failed=0 skipped=0

usage() {
    cat <<'TEXT'
usage: ./nixa test [STAGE…]

  units        units, contracts, flows, fuzz corpora and a part of torture, with AddressSanitizer and
               UndefinedBehaviorSanitizer
  threads      the units that start threads, with ThreadSanitizer
  checks       scripts, banned functions, arrows, what must not be in the tree
  web          the browser's code and the pages, by node and Chromium
  integration  real servers: the supervisor, HAProxy, Apache with mod_auth_openidc
  e2e          the whole scene in Chromium

Longer, and not run unless they are named:

  valgrind     the units, contracts and flows once more, compiled by gcc, under valgrind
  fuzz         each fuzz target for NX_FUZZ_SECONDS (60); what it finds stays in build/findings
  torture      the n-th failure of everything, and kill -9 in a longer loop
  coverage     what the tests reach, in build/coverage/report.txt
  mutants      each security check weakened in turn: a test must notice (NX_MUTANTS=PATTERN: only those)
  deep         these five

Without a stage: all but the longer ones. NX_TEST_ONLY=PATTERN keeps to programs whose names match.
TEXT
}

say() { printf '%s\n' "$*" >&2; }

# --- building ---------------------------------------------------------------------------------------------

# build PRESET TARGET…
build() {
    local preset=$1 folder=$here/build/$1
    shift
    mkdir -p "$folder"
    sh idp/web/fetch.sh || { say "the wallet's libraries could not be fetched"; return 1; }
    if [ ! -f "$folder/build.ninja" ]; then
        cmake -S . --preset "$preset" >"$folder/configure.log" 2>&1 || { tail -n 20 "$folder/configure.log" >&2; return 1; }
    fi
    if ! NINJA_STATUS='[%f/%t] ' ninja -j "$jobs" -C "$folder" "$@" >"$folder/build.log" 2>&1; then
        grep -vE '^\[[0-9]+/[0-9]+\]' "$folder/build.log" | head -n 60 >&2
        say "the build failed: build/$preset/build.log"
        return 1
    fi
}

# A build that fails is a failed test: nothing after it can be believed.
need_build() {
    local began=$SECONDS
    if ! build "$@"; then
        failed=$((failed + 1))
        return 1
    fi
    say "  build $1: $((SECONDS - began)) s"
}

need_node_modules() {
    cmp -s tests/e2e/package-lock.json tests/e2e/node_modules/.fetched && return
    (cd tests/e2e && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 &&
        cp package-lock.json node_modules/.fetched) || { say "npm ci failed in tests/e2e"; failed=$((failed + 1)); return 1; }
}

# --- running ----------------------------------------------------------------------------------------------

wanted() { [[ -z ${NX_TEST_ONLY:-} || $1 =~ $NX_TEST_ONLY ]]; }

# Reads lines "NAME COMMAND…" and runs them, $1 at a time.
run_programs() {
    local at_once=$1 list
    list=$(while read -r name command; do if wanted "$name"; then printf '%s %s\n' "$name" "$command"; fi; done)
    [ -n "$list" ] || return 0
    printf '%s\n' "$list" | xargs -P "$at_once" -L 1 bash "$here/tests/tap.sh" "$tap"
}

# Adds up what the stage left in its folder.
count_stage() {
    local p f s file
    for file in "$tap"/*.count; do
        [ -e "$file" ] || continue
        read -r p f s <"$file"
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done
    rm -rf "${tap:?}.$stage"
    mv "$tap" "$tap.$stage"
}

# The programs of a preset's ctest list, as run_programs wants them. $2: which families.
programs() {
    local preset=$1 families=$2 name
    ctest --test-dir "build/$preset" -N | sed -n 's/^ *Test *#[0-9]*: //p' | grep -E "^($families)_" |
        while read -r name; do
            case $name in
            fuzz_*) echo "$name build/$preset/tests/$name tests/fuzz/corpus/${name#fuzz_}" ;;
            *) echo "$name build/$preset/tests/$name" ;;
            esac
        done
}

stage_units() {
    need_build asan || return
    programs asan 'unit|contract|flow|fuzz|torture' | run_programs "$jobs"
}

# Threads in a test's own source are the sign: its target is built and run under ThreadSanitizer.
threaded() {
    local source folder
    grep -lE 'pthread_create' tests/unit/*/test_*.c tests/contract/test_*.c 2>/dev/null | while read -r source; do
        folder=$(basename "$(dirname "$source")")
        case $source in
        tests/unit/*) echo "unit_${folder}_$(basename "$source" .c)" ;;
        *) echo "${folder}_$(basename "$source" .c)" ;;
        esac
    done
}

stage_threads() {
    local targets name
    mapfile -t targets < <(threaded)
    need_build tsan "${targets[@]}" || return
    # Without address randomisation: the sanitizer's own map of memory and a kernel's do not always agree.
    for name in "${targets[@]}"; do
        echo "$name setarch $(uname -m) -R build/tsan/tests/$name"
    done | TSAN_OPTIONS=halt_on_error=1 run_programs "$jobs"
}

stage_checks() {
    bash tests/checks.sh list | while read -r name; do echo "check_$name bash tests/checks.sh $name"; done |
        run_programs "$jobs"
}

scripts() {
    local file
    for file in "$1"/$2; do
        if [ -e "$file" ]; then echo "$(basename "$1")_$(basename "$file" .mjs) node $file"; fi
    done
}

stage_web() {
    need_node_modules || return
    sh idp/web/fetch.sh || return
    scripts tests/web 'test_*.mjs' | run_programs "$jobs"
}

stage_integration() {
    need_build asan nixad nixactl || return
    scripts tests/integration 'test_*.mjs' | NIXA_BIN=$here/build/asan NX_TEST_LIMIT=600 run_programs 1
}

stage_e2e() {
    need_build asan nixad nixactl || return
    need_node_modules || return
    export NIXA_BIN=$here/build/asan
    scripts tests/e2e 'scene*.mjs' | NX_TEST_LIMIT=900 run_programs 1
}

# --- deep -------------------------------------------------------------------------------------------------

stage_valgrind() {
    need_build dev || return
    programs dev 'unit|contract|flow' | sed 's/^\([^ ]*\) /\1 valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite /' |
        NX_TEST_LIMIT=3600 run_programs "$jobs"
}

# Each target for NX_FUZZ_SECONDS on a copy of its corpus; what it finds stays in build/findings.
stage_fuzz() {
    local seconds=${NX_FUZZ_SECONDS:-60} target corpus
    need_build fuzz || return
    mkdir -p build/findings
    for target in build/fuzz/tests/fuzz_*; do
        if [ ! -x "$target" ] || [ ! -f "$target" ]; then continue; fi
        corpus=build/corpus/$(basename "$target")
        mkdir -p "$corpus"
        cp -n "tests/fuzz/corpus/$(basename "${target/fuzz_/}")"/* "$corpus"/ 2>/dev/null
        echo "long_$(basename "$target") $target -max_total_time=$seconds -artifact_prefix=build/findings/ $corpus"
    done | NX_TEST_LIMIT=$((seconds + 300)) run_programs "$jobs"
}

stage_torture() {
    need_build asan || return
    programs asan torture | NX_TORTURE_RUNS=0 NX_TEST_LIMIT=3600 run_programs "$jobs"
    if [ -e tests/integration/test_kill.mjs ]; then echo "kill_loop node tests/integration/test_kill.mjs"; fi |
        NIXA_BIN=$here/build/asan NX_KILL_ROUNDS=${NX_KILL_ROUNDS:-60} NX_TEST_LIMIT=3600 run_programs 1
}

stage_coverage() {
    need_build coverage || return
    programs coverage 'unit|contract|flow|fuzz' | run_programs "$jobs"
    gcovr -r . build/coverage --exclude tests --exclude build -s -o build/coverage/report.txt >build/coverage/summary.txt 2>&1
    grep -E '^(lines|branches|functions)' build/coverage/summary.txt >&2
}

stage_mutants() {
    echo "mutants bash tests/mutants/run.sh" | NX_TEST_LIMIT=7200 run_programs 1
}

# --- all --------------------------------------------------------------------------------------------------

run_stage() {
    stage=$1
    local began=$SECONDS p=$passed f=$failed s=$skipped
    rm -rf "$tap"
    mkdir -p "$tap"
    say "stage $stage"
    "stage_$stage"
    count_stage
    say "  $stage: $((passed - p)) passed, $((failed - f)) failed, $((skipped - s)) skipped, $((SECONDS - began)) s"
}

stages=("$@")
[ "${1:-}" != deep ] || stages=(valgrind fuzz torture coverage mutants)
[ ${#stages[@]} -gt 0 ] || stages=(units threads checks web integration e2e)
for stage in "${stages[@]}"; do
    case $stage in
    units|threads|checks|web|integration|e2e|valgrind|fuzz|torture|coverage|mutants) ;;
    help|-h|--help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done
for stage in "${stages[@]}"; do run_stage "$stage"; done
say "all: $SECONDS s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
