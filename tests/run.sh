#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [-k 6.1|6.12] [-d] [-L KIND] [-a] [-l] [PATTERN...]
#
# Runs the tests in tests/guest/ in virtual machines and reports in KTAP.  A
# pattern is part of a test's name, such as its number.
#
#   -k SERIES  only on this kernel; without it all tests run on 6.1, and those
#              marked "smoke: yes" once more on 6.12
#   -d         on the debug kernel, and look for leaks before the guests end;
#              all deadlines are four times as long
#   -L KIND    only those in this kind of lab
#   -a         also those marked "long: yes"
#   -l         list the tests with their promises and what they cost
#
# The head of a test:
#
#   # NN-name: what it promises, in one line
#   # lab: one|pair|own     one guest "primary"; "primary" and "secondary" on a
#                           cable; or the test boots its own
#   # time: SECONDS         what it usually takes; its limit is 60 s + 5 times that;
#                           with + * /, ROUNDS and FUZZ_FRAMES if it depends on them
#   # long-time: SECONDS    the same with LONG=1, which some tests take as a
#                           reason to do more
#   # smoke: yes            also run it on the second kernel
#   # debug: yes            only with -d, or when a pattern names it
#   # long: yes             only when LONG=1 is set or a pattern names it
#
# A test is sourced in a shell of its own that offers the functions of
# tests/vm/lab.sh and of tests/vm/test-lib.sh.  It ends with 0 if it has
# passed, with 4 if it cannot run here (its last line of output tells why),
# and with anything else if it has failed (its last line "fail: ..." tells
# why).  Whatever else shows up in a kernel log fails it too, unless
# tests/vm/expected-log or expects_log names it.  Tests with the same kind of
# lab share its guests, so each leaves them as it has found them.
#
# Needs root for nothing but missing packages.  Variables: see vm/lab.sh.

set -u
# The make that may have started this has flags that are not for the build.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS

TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
export TESTS TOP

kernels=(6.1 6.12) list=0 only='' all=${LONG:-0}
while getopts k:dL:alh opt; do
	case $opt in
	k)	kernels=("$OPTARG") ;;
	d)	kernels=(debug) ;;
	L)	only=$OPTARG ;;
	a)	all=1 ;;
	l)	list=1 ;;
	*)	sed -n '4,/^$/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# How much two of the tests do.
export ROUNDS=${ROUNDS:-1} FUZZ_FRAMES=${FUZZ_FRAMES:-600}

# The lab's defaults depend on it.
export LAB_KERNEL=${kernels[0]}
# shellcheck source=tests/vm/run-lib.sh
. "$TESTS/vm/run-lib.sh"

mapfile -t tests < <(run_select "$@")
if [ $# -eq 0 ] && [ "$all" = 0 ]; then
	mapfile -t tests < <(grep -L '^# long: yes' "${tests[@]}")
fi
if [ $# -eq 0 ] && [ "${kernels[0]}" != debug ]; then
	mapfile -t tests < <(grep -L '^# debug: yes' "${tests[@]}")
fi
[ -z "$only" ] || mapfile -t tests < <(grep -lx "# lab: $only" "${tests[@]}")
[ ${#tests[@]} -gt 0 ] || run_die "no test matches: $*"
for t in "${tests[@]}"; do
	run_check "$t"
done
if [ $list = 1 ]; then
	for t in "${tests[@]}"; do
		printf '%-36s %-4s %4s s  %s\n' "$(run_name "$t")" \
			"$(run_head "$t" lab)" "$(run_time "$t")" \
			"$(run_promise "$t")"
	done
	exit 0
fi

"$TESTS/deps.sh" build vm >&2 || exit 1

# Kernel and test, in the order of running: one boot per kernel and kind.
plan=()
for k in "${kernels[@]}"; do
	for kind in one pair own; do
		for t in "${tests[@]}"; do
			[ "$(run_head "$t" lab)" = $kind ] || continue
			[ "$k" = "${kernels[0]}" ] ||
				[ "$(run_head "$t" smoke)" = yes ] || continue
			plan+=("$k $kind $t")
		done
	done
done

echo "TAP version 14"
echo "1..${#plan[@]}"
run_init
for p in "${plan[@]}"; do
	read -r k kind t <<< "$p"
	run_kernel "$k"
	run_test "$k" "$kind" "$t"
done
run_finish
