#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cost.sh [check | DRIVER...]
#
# What a write costs: instructions per write, of host, primary and secondary
# together, in a guest in which an instruction takes a nanosecond.  It is the
# same on a busy machine and on an idle one.
#
# Without an argument: a table of all drivers.  UPDATE=1 also writes the
# project's own figures to tests/cost.figures.  Each is measured twice; returns
# 1 if the two differ by more than half a percent.
#
#   check   TAP: only this project and only the smallest write; fails when it
#           has become more than 5 % dearer than tests/cost.figures says
#   DRIVER  pprc: this project; fcp: the stock FC driver and target (libfc,
#           tcm_fc); drbd; none: the RAM disk itself
#
# Needs root for nothing but missing packages.  Variables: see vm/lab.sh.

set -u
# The make that may have started this has flags that are not for the build.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS
export LC_ALL=C

TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
FIGURES=$TESTS/cost.figures
LIMIT=5			# percent
WORKLOADS=(4k-1 4k-16 64k-4 1m-4)	# size and depth
# fio counts in milliseconds: enough writes for half a second of the guest.
declare -A WRITES=(
	[pprc-4k-1]=5000   [pprc-4k-16]=6000   [pprc-64k-4]=700   [pprc-1m-4]=50
	[fcp-4k-1]=7000    [fcp-4k-16]=7000    [fcp-64k-4]=1000   [fcp-1m-4]=60
	[drbd-4k-1]=5000   [drbd-4k-16]=7000   [drbd-64k-4]=3000  [drbd-1m-4]=300
	[none-4k-1]=70000  [none-4k-16]=70000  [none-64k-4]=20000 [none-1m-4]=2000
)
declare -A NAMES=(
	[pprc]="this project, both copies"
	[fcp]="libfc + tcm_fc, remote copy only"
	[drbd]="DRBD protocol C, both copies"
	[none]="fio and one RAM disk, no driver"
)
declare -A cost
drivers=("$@")

# What the lab needs for that kind of guest.
export LAB_KERNEL=6.1 LAB_ACCEL=icount LAB_CPUS=1 LAB_PCAP=0 LAB_LIMIT=400
# The guest's clock runs ahead while it waits for the host.
export LAB_APPEND="nowatchdog sysctl.kernel.hung_task_timeout_secs=0"

# shellcheck source=tests/vm/run-lib.sh
. "$TESTS/vm/run-lib.sh"

cost_qemu()
{
	"$LAB_QEMU" --version | sed -n '1s/.*version \([0-9.]*[0-9]\).*/\1/p'
}

# cost_known WORKLOAD: what the file says for this kernel and this QEMU
cost_known()
{
	awk -v k="$KREL" -v q="$QEMU" -v w="$1" \
		'$1 == k && $2 == q && $3 == w { print $4 }' "$FIGURES"
}

cost_fail()
{
	lab_fail "$*" 2> /dev/null
	echo "$*"
	return 1
}

# cost_on SECONDS TEXT: its limit is the host's time.  The agent's is the
# guest's, which jumps.
cost_on()
{
	local job

	job=$(on_bg cost -t 10000000 ". \$SHARE/guest-cost.sh; $2") &&
		on_wait cost "$job" -t "$1"
}

# cost_boot DRIVER: a guest with that driver's disk; sets DISK, which is the
# reason if it fails
cost_boot()
{
	DISK="the lab cannot be set up"
	lab_new "cost-$1" || return
	run_share
	cp "$TESTS/vm/guest-cost.sh" "$LAB_SHARE"
	DISK="the guest does not boot"
	lab_boot cost && lab_wait cost || return
	DISK=$(cost_on 60 "cost_up_$1 2> \$SHARE/up.log || {
		tail -n 2 \$SHARE/up.log; dump_log 3; exit 1; }") || {
		DISK="no disk of $1: $(paste -sd ' ' <<< "$DISK")"
		lab_fail "$DISK" 2> /dev/null
		return 1
	}
}

# cost_measure DRIVER WORKLOAD TIMES: instructions per write, or why not
cost_measure()
{
	local what=$1-$2 out

	out=$(cost_on 150 "cost_run $DISK ${2/-/ } ${WRITES[$what]} $3") ||
		{ cost_fail "$what: $(paste -sd ' ' <<< "$out")"; return; }
	echo "$out"
}

# cost_sound DRIVER: what is wrong with what was measured, if anything
cost_sound()
{
	local out

	[ "$1" = pprc ] || return 0
	if ! out=$(cost_on 30 cost_mirrored) || ! out=$(lab_dirty cost); then
		cost_fail "$(head -n 1 <<< "$out")"
	fi
}

# --- check -------------------------------------------------------------------

# cost_judge INSTRUCTIONS KNOWN
cost_judge()
{
	awk -v n="$1" -v k="$2" -v limit=$LIMIT 'BEGIN {
		d = (n / k - 1) * 100
		printf "%d instructions per write, %+.1f %% against tests/cost.figures", n, d
		if (d > limit)
			printf ": more than %d %%; if that is meant, make cost UPDATE=1", limit
		else if (d < -limit)
			printf "; make cost UPDATE=1 keeps it there"
		printf "\n"
		exit d > limit
	}'
}

# check_4k: prints the outcome; returns 4 if it cannot be found out here
check_4k()
{
	local known out n

	kernel_get 6.1 2> /dev/null
	case $? in
	0)	;;
	4)	echo "no kernel 6.1 in this machine's package sources"; return 4 ;;
	*)	echo "no kernel 6.1"; return 1 ;;
	esac
	QEMU=$(cost_qemu)
	known=$(cost_known 4k-1)
	[ -n "$known" ] || {
		echo "no figure for kernel $KREL and QEMU $QEMU in tests/cost.figures"
		return 4
	}
	build_modules "$KREL" "$KHDRDIR" ||
		{ echo "the modules do not build: see $RUN_KO/build.log"; return 1; }
	cost_boot pprc || { echo "$DISK"; return 1; }
	n=$(cost_measure pprc 4k-1 1) || { echo "$n"; return 1; }
	out=$(cost_sound pprc) || { echo "$out"; return 1; }
	cost_judge "$n" "$known"
}

check()
{
	local out rc start=$SECONDS

	echo "TAP version 14"
	echo "1..1"
	out=$(check_4k)
	rc=$?
	case $rc in
	0)	echo "ok 1 - 4k-1: $out # time $((SECONDS - start))s"
		echo "1 passed, 0 failed, 0 skipped" ;;
	4)	echo "ok 1 - 4k-1 # SKIP $out"
		echo "0 passed, 0 failed, 1 skipped"; rc=0 ;;
	*)	echo "not ok 1 - 4k-1 # $out"
		echo "0 passed, 1 failed, 0 skipped" ;;
	esac
	return $rc
}

# --- table -------------------------------------------------------------------

# cost_all DRIVER: sets cost[DRIVER-WORKLOAD] to the two results
cost_all()
{
	local w out

	cost_boot "$1" || { echo "$DISK" >&2; return 1; }
	for w in "${WORKLOADS[@]}"; do
		out=$(cost_measure "$1" "$w" 2) || { echo "$out" >&2; return 1; }
		cost[$1-$w]=${out//$'\n'/ }
		echo "# $1 $w: ${cost[$1-$w]}"
	done
	out=$(cost_sound "$1") || { echo "$out" >&2; return 1; }
	lab_end
}

# row NAME VALUE...
row()
{
	printf '%-34s' "$1"
	shift
	printf '%12s' "$@"
	printf '\n'
}

# ratio A B: a line of A / B
ratio()
{
	local w values=()

	[ -n "${cost[$1-4k-1]-}" ] && [ -n "${cost[$2-4k-1]-}" ] || return 0
	for w in "${WORKLOADS[@]}"; do
		values+=("$(awk -v a="${cost[$1-$w]% *}" -v b="${cost[$2-$w]% *}" \
			'BEGIN { printf "%.2f\n", a / b }')")
	done
	row "  this project / $2" "${values[@]}"
}

table()
{
	local d w values

	echo
	echo "Instructions per write, both ends together; kernel $KREL, QEMU $QEMU"
	row "size and depth" "${WORKLOADS[@]}"
	for d in "${drivers[@]}"; do
		values=()
		for w in "${WORKLOADS[@]}"; do
			values+=("${cost[$d-$w]% *}")
		done
		row "${NAMES[$d]}" "${values[@]}"
	done
	ratio pprc fcp
	ratio pprc drbd
}

# spread: how far the two results of each line are apart; 1 if it is too much
spread()
{
	printf '%s\n' "${cost[@]}" | awk '
		{ d = ($1 - $2) / $1 * 100; if (d < 0) d = -d; if (d > max) max = d }
		END { printf "Two runs of each differ by %.2f %% at most\n", max
		      exit max > 0.5 }'
}

update()
{
	local w new=$FIGURES.new

	[ -n "${cost[pprc-4k-1]-}" ] || return 0
	{
		awk -v k="$KREL" -v q="$QEMU" '/^#/ || $1 != k || $2 != q' "$FIGURES"
		for w in "${WORKLOADS[@]}"; do
			echo "$KREL $QEMU $w ${cost[pprc-$w]% *}"
		done
	} > "$new" && mv "$new" "$FIGURES" && echo "tests/cost.figures is up to date"
}

compare()
{
	local d rc

	kernel_get 6.1 || return
	QEMU=$(cost_qemu)
	build_modules "$KREL" "$KHDRDIR" ||
		{ echo "the modules do not build: see $RUN_KO/build.log" >&2; return 1; }
	for d in "${drivers[@]}"; do
		cost_all "$d" || return
	done
	table
	spread
	rc=$?
	[ "${UPDATE:-0}" != 1 ] || [ $rc -ne 0 ] || update
	return $rc
}

if [ "$*" = check ]; then
	"$TESTS/deps.sh" build vm >&2 || exit 1
	check
	exit
fi
[ $# -gt 0 ] || drivers=(pprc fcp drbd none)
groups=(build vm)
for d in "${drivers[@]}"; do
	case $d in
	drbd)	groups+=(bench) ;;
	pprc|fcp|none)	;;
	*)	sed -n '4,/^$/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
	esac
done
"$TESTS/deps.sh" "${groups[@]}" >&2 || exit 1
compare
