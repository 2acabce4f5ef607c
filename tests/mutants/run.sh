#!/usr/bin/env bash
# Mutation testing of the security checks (list.txt beside this). The tree is copied, the test programs that the list
# names are built there once, and each must pass. Then for every mutant the change is made in the copy, what it
# touches is built anew, and one of its programs must fail: a change that nobody notices is a check that nobody
# tests. Prints TAP. NX_MUTANTS=PATTERN keeps to mutants whose names match.
set -u -o pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
list=$here/tests/mutants/list.txt
limit=${NX_MUTANT_LIMIT:-120} # seconds for one program; one that does not end has noticed
copy=$(mktemp -d "${TMPDIR:-/tmp}/nixa-mutants.XXXXXX")
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
tree=$copy/tree build=$copy/build
export CCACHE_BASEDIR=$copy CCACHE_NOHASHDIR=1

name=() about=() file=() from=() to=() programs=()

# Fills the arrays above. A line without a mark goes on with the text of the line before.
read_list() {
    local i=-1 mark='' line text
    while IFS= read -r line; do
        text=${line:2}
        case $line in
        '#'* | '') mark='' ;;
        '= '*) i=$((i + 1)) name[i]=${text%%:*} about[i]=${text#*: } from[i]='' to[i]='' mark='=' ;;
        '@ '*) file[i]=$text mark='@' ;;
        '- '*) from[i]=$text mark='-' ;;
        '+ '*) to[i]=$text mark='+' ;;
        '! '*) programs[i]=$text mark='!' ;;
        *)
            case $mark in
            -) from[i]+=$'\n'$line ;;
            +) to[i]+=$'\n'$line ;;
            *) echo "Bail out! list.txt: $line"; exit 1 ;;
            esac
            ;;
        esac
    done <"$list"
}

say_log() { grep -vE '^\[[0-9]+/[0-9]+\]' "$1" | tail -n 20 | sed 's/^/# /'; }

# A mutant may leave a parameter unused: warnings say nothing here.
prepare() {
    mkdir -p "$tree"
    sh "$here/idp/web/fetch.sh" || return 1
    tar -C "$here" --exclude=./build --exclude=./.git --exclude=node_modules -c . | tar -C "$tree" -x || return 1
    mkdir -p "$tree/idp/web/node_modules"
    cp "$here/idp/web/node_modules/.fetched" "$tree/idp/web/node_modules/" || return 1
    cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_C_COMPILER_LAUNCHER=ccache \
        -DCMAKE_C_FLAGS='-O0 -w' -DNX_TESTING=ON >"$copy/configure.log" 2>&1 ||
        { say_log "$copy/configure.log"; return 1; }
    make_programs "$@"
}

make_programs() {
    ninja -j "$(nproc)" -C "$build" "$@" >"$copy/build.log" 2>&1 || { say_log "$copy/build.log"; return 1; }
}

# Whether all tests of a program pass; the first that fails is enough to know.
passes() {
    local log=$copy/$1.log pid
    : >"$log"
    (cd "$tree" && exec timeout --kill-after=5 "$limit" "$build/tests/$1") >"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        if grep -q 'FAILED' "$log"; then kill "$pid" 2>/dev/null; fi
        sleep 0.1
    done
    wait "$pid" && ! grep -q 'FAILED' "$log"
}

# change FILE FROM TO: false when FROM does not stand there exactly once.
change() {
    local text
    text=$(cat "$1" && printf .) || return 1
    [[ -n $2 && $text == *"$2"* && ${text#*"$2"} != *"$2"* ]] || return 1
    text=${text/"$2"/"$3"}
    printf '%s' "${text%.}" >"$1"
}

# Prints who noticed the mutant, or why none could.
judge() {
    local path=$tree/${file[$1]} program verdict
    cp "$path" "$copy/original" 2>/dev/null || { echo "no such file: ${file[$1]}"; return 1; }
    verdict=survived
    if ! change "$path" "${from[$1]}" "${to[$1]}"; then
        verdict="the text does not stand once in ${file[$1]}"
    else
        for program in ${programs[$1]}; do
            if ! make_programs "$program" >/dev/null; then verdict='does not compile'; break; fi
            if ! passes "$program"; then verdict="killed by $program"; break; fi
        done
    fi
    cp "$copy/original" "$path"
    echo "$verdict"
    [[ $verdict == killed* ]]
}

read_list
chosen=()
for i in "${!name[@]}"; do
    if [[ -z ${NX_MUTANTS:-} || ${name[i]} =~ $NX_MUTANTS ]]; then chosen+=("$i"); fi
done
mapfile -t all < <(for i in ${chosen[@]+"${chosen[@]}"}; do echo "${programs[i]}"; done |
    tr ' ' '\n' | sort -u)
echo "1..$((${#all[@]} + ${#chosen[@]}))"
[ ${#all[@]} -gt 0 ] || exit 0
prepare "${all[@]}" || { echo "Bail out! the copy does not build"; exit 1; }

n=0 failed=0
report() {
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else failed=$((failed + 1)); echo "not ok $n - $2"; fi
}
for program in "${all[@]}"; do
    passes "$program"
    report $? "unchanged: $program"
done
for i in "${chosen[@]}"; do
    verdict=$(judge "$i")
    report $? "${name[i]}: ${about[i]} ($verdict)"
done
[ "$failed" = 0 ]
