#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [-m] BUILD TARGET...
#
# Runs the fuzz targets BUILD/fuzz_TARGET, FUZZ_SECONDS (300) each and FUZZ_JOBS
# (2) at a time.  Output is TAP, one test per target, with what has happened to
# its inputs; the last line is "N passed, N failed, N skipped".
#
# A target fails if it finds something, if it has executed fewer than FUZZ_RUNS
# (10000) inputs, or if one of the events it names has never happened.
#
# It begins with corpus/TARGET.  Nothing is written into the tree: inputs that
# reach something new go to BUILD/new/TARGET, the one that broke a rule to
# BUILD/TARGET-crash-*; give that file to BUILD/fuzz_TARGET to see it again.
#
# -m: put what BUILD/new has found into corpus/, with no more inputs than needed.

set -u

HERE=$(dirname "$(realpath "$0")")
seconds=${FUZZ_SECONDS:-300} jobs=${FUZZ_JOBS:-2} min_runs=${FUZZ_RUNS:-10000}
max_len=256
passed=0 failed=0 number=0

# missed LOG: names of the events that have never happened
missed()
{
	sed -n 's/^event 0 //p' "$1"
}

# start TARGET: takes the place of the shell that calls it
start()
{
	local new=$build/new/$1

	rm -rf "$new"
	mkdir -p "$new" "$HERE/corpus/$1"
	exec timeout -k 10 $((seconds + 120)) "$build/fuzz_$1" \
		-max_total_time="$seconds" -max_len=$max_len -timeout=10 \
		-rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$build/$1-" "$new" "$HERE/corpus/$1" \
		> "$build/$1.log" 2>&1
}

# why TARGET RC RUNS: what is wrong, if anything
why()
{
	local log=$build/$1.log none

	none=$(missed "$log")
	if [ "$2" -ne 0 ]; then
		grep -m 1 -E '^broken: |ERROR: |runtime error: ' "$log" ||
			tail -n 1 "$log"
		grep 'Test unit written to' "$log"
		echo "rc $2, all of it: $log"
	elif ! grep -q '^event ' "$log"; then
		echo "no event was counted"
	elif [ -n "$none" ]; then
		printf 'never happened: %s\n' "$none"
	elif [ "$3" -lt "$min_runs" ]; then
		echo "only $3 runs, $min_runs are needed"
	fi
}

# report TARGET RC
report()
{
	local log=$build/$1.log runs rate reached text what=ok

	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
	reached=$(sed -n 's/.*\(cov: [0-9]* ft: [0-9]*\) .*/\1/p' "$log" |
		  tail -n 1)
	text=$(why "$1" "$2" "${runs:-0}")
	number=$((number + 1))
	if [ -z "$text" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		what='not ok'
	fi
	echo "$what $number - fuzz $1: ${runs:-0} runs, ${rate:-0}/s, ${reached:-nothing reached}"
	[ -z "$text" ] || echo "#   ${text//$'\n'/$'\n'#   }"
	sed -n 's/^event \([0-9]*\)/#   \1/p' "$log"
}

# merge TARGET
merge()
{
	local f old=$HERE/corpus/$1 all=$build/merged/$1

	rm -rf "$all"
	mkdir -p "$all" "$old" "$build/new/$1"
	"$build/fuzz_$1" -set_cover_merge=1 -max_len=$max_len "$all" "$old" \
		"$build/new/$1" > "$build/$1.log" 2>&1 || return 1
	# Such a file would be taken for text that ends a line with a blank.
	for f in "$all"/*; do
		! grep -qIE '[[:space:]]+$' "$f" || rm "$f"
	done
	rm -rf "$old"
	cp -r "$all" "$old"
	"$build/fuzz_$1" -runs=0 "$old" > "$build/$1.log" 2>&1 || return 1
	echo "$1: $(find "$old" -type f | wc -l) inputs, $(cat "$old"/* | wc -c) bytes"
	missed "$build/$1.log" | sed "s/^/$1: not reached by these alone: /"
}

merging=
[ "${1:-}" != -m ] || { merging=1; shift; }
[ $# -ge 2 ] || { sed -n '2,/^$/s/^# \?//p' "$0" >&2; exit 2; }
build=$1
shift

if [ -n "$merging" ]; then
	for target; do
		merge "$target" || { cat "$build/$target.log"; exit 1; }
	done
	exit 0
fi

declare -A pid
# shellcheck disable=SC2046	# a list of numbers
trap 'kill $(jobs -p) 2> /dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

echo "# $# targets, $seconds s each, $jobs at a time"
for target; do
	while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	start "$target" &
	pid[$target]=$!
done
for target; do
	wait "${pid[$target]}"
	report "$target" $?
done
echo "1..$number"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
