#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh [DRIVER...]
#
# What lost frames cost: 64 KiB writes, four at a time, over one cable that loses
# 0, 0.1 and 1 % of its frames either way, by this project (pprc), the stock FC
# driver and target (fcp: libfc, tcm_fc) and DRBD protocol C (drbd).  Throughput
# and the 99th percentile of the latency, also in round trips of that cable,
# without and with 10 ms added to the round trip.
#
# They take turns, ROUNDS (3) times; the table has the medians.  BENCH_SECONDS (4)
# of writing each.  pprc and drbd keep two copies, fcp only the remote one.
# Nothing else should run on this machine meanwhile.
#
# Needs root for nothing but missing packages.  Variables: see vm/lab.sh.
#
# shellcheck disable=SC2015,SC2016	# die does not return; guests expand it

set -u
# The make that may have started this has flags that are not for the build.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS
export LC_ALL=C

TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
ROUNDS=${ROUNDS:-3} BENCH_SECONDS=${BENCH_SECONDS:-4}
LOSSES=(0 0.1 1)
DELAYS=(0 5)		# ms one way
HANGS=120		# s, for the stock driver
drivers=("$@")
[ $# -gt 0 ] || drivers=(pprc fcp drbd)
declare -A NAMES=([pprc]="this project" [fcp]="libfc + tcm_fc" [drbd]="DRBD protocol C")
declare -A RATE P99 BAD RTT	# lists of what was measured, by driver, delay and loss
PW=2000525400000001 SW=2000525400000002
PIP=192.0.2.1 SIP=192.0.2.2

export LAB_PCAP=${LAB_PCAP:-0} LAB_LIMIT=${LAB_LIMIT:-7200}
# shellcheck source=tests/vm/run-lib.sh
. "$TESTS/vm/run-lib.sh"

die()
{
	echo "bench: $*" >&2
	[ -z "$LAB_RUN" ] || lab_fail "$*" 2> /dev/null
	exit 1
}

# guest GUEST WHAT [-t SECONDS] TEXT: WHAT is the sentence if it fails; the
# output is in OUT
guest()
{
	local g=$1 what=$2 limit=90

	shift 2
	[ "$1" != -t ] || { limit=$2; shift 2; }
	OUT=$(on "$g" -t "$limit" ". \$SHARE/guest-bench.sh; $1" 2>&1) ||
		die "$what; $g says: $(tail -n 3 <<< "$OUT" | paste -sd ' ')"
	OUT=${OUT##*$'\n'}
}

bench_lab()
{
	lab_new bench || die "the lab cannot be set up"
	run_share
	cp "$TESTS/vm/guest-bench.sh" "$LAB_SHARE"
	lab_cable primary secondary || die "there is no cable"
}

# bench_boot: unless they run
bench_boot()
{
	lab_alive primary && return
	lab_boot primary secondary && lab_wait primary secondary ||
		die "the guests do not boot"
	guest primary "no RAM disks" "bench_begin $PIP"
	guest secondary "no RAM disks" "bench_begin $SIP"
	[[ " ${drivers[*]} " = *" drbd "* ]] || return 0
	guest secondary "no DRBD" "bench_drbd $SIP $PIP"
	guest primary "no DRBD" "bench_drbd $PIP $SIP && bench_drbd_primary"
}

# up_... makes the driver's disk and sets DISK, down_... takes it away.  What a
# target has agreed with an initiator lasts as long as their login, so FCoE
# starts anew with each.
up_pprc()
{
	local job

	job=$(on_bg secondary ". \$SHARE/guest-bench.sh; pprc_load core secondary && fcoe_up eth0 &&
		s=\$(backstore_block ram /dev/ram0) && sec_tpg $SW 1000 && sec_lun $SW 0 \$s && sec_acl $SW $PW 0")
	guest primary "the modules do not load" 'pprc_load core primary && fcoe_up eth0'
	OUT=$(on_wait secondary "$job") || die "the secondary: $OUT"
	guest primary "no pair" "wait_for 30 'grep -qs 0x$SW /sys/class/fc_remote_ports/*/port_name' &&
		pair_up bench /dev/ram0 $SW 0 liveness_ms=30000 timeout_ms=30000 query_min_ms=5 || { dump_log 3; exit 1; }"
	DISK=$OUT
}

down_pprc()
{
	guest primary "a pair was not mirrored" '
		[ "$(pair_get bench state) $(pair_stat bench local_writes)" = "full-duplex 0" ] ||
			fail "$(pair_get bench reason)"
		pair_down bench && fcoe_down eth0 && pprc_unload'
	guest secondary "the secondary" "sec_drop $SW && backstore_drop ram && fcoe_down eth0 && pprc_unload"
}

up_fcp()
{
	local job

	job=$(on_bg secondary ". \$SHARE/guest-bench.sh; modprobe tcm_fc && s=\$(backstore_block ram /dev/ram0) &&
		t=\$LIO/fc/\$(wwpn_colon $SW)/tpgt_1 && a=\$t/acls/\$(wwpn_colon $PW) &&
		mkdir -p \$t/lun/lun_0 && ln -s \$s \$t/lun/lun_0/store &&
		mkdir -p \$a/lun_0 && ln -s \$t/lun/lun_0 \$a/lun_0/map && fcoe_up eth0")
	guest primary "no FCoE" 'modprobe sd_mod; fcoe_up eth0'
	OUT=$(on_wait secondary "$job") || die "the stock target: $OUT"
	guest primary "the stock driver finds no disk" '
		wait_for 45 "grep -qs LIO-ORG /sys/block/sd*/device/vendor" &&
		d=$(grep -l LIO-ORG /sys/block/sd*/device/vendor) && d=${d#/sys/block/} && echo "/dev/${d%%/*}"'
	DISK=$OUT
}

# After lost frames libfc may have exchanges for which it waits for minutes.
down_fcp()
{
	lab_cut primary
	lab_cut secondary
}

up_drbd() { DISK=/dev/drbd0; }
down_drbd() { :; }

# cable MS LOSS: on both ends
cable()
{
	local g

	for g in primary secondary; do
		guest $g "the cable cannot be changed" "bench_cable $1 $2"
	done
}

# writes DRIVER LOSS: sets OUT; fails when the stock driver does not come to an
# end, and its guest may hang with it
writes()
{
	local text="bench_fio $DISK $BENCH_SECONDS"

	if [ "$1" = fcp ]; then
		OUT=$(on primary -t $HANGS ". \$SHARE/guest-bench.sh; $text" 2> /dev/null) || return
		OUT=${OUT##*$'\n'}
	else
		guest primary "$1 fails at $2 % loss" -t 300 "$text"
	fi
}

# measure DRIVER
measure()
{
	local ms loss what rate p99 bad hangs=

	for ms in "${DELAYS[@]}"; do
		cable "$ms" 0
		guest primary "the cable has no round trip" "bench_rtt $SIP"
		RTT[$ms]+=" $OUT"
	done
	# What has lost too much for some driver spoils nothing that comes later.
	for loss in "${LOSSES[@]}"; do
		for ms in "${DELAYS[@]}"; do
			what=$1-$ms-$loss
			if [ -z "$hangs" ]; then
				cable "$ms" "$loss"
				writes "$1" "$loss" || hangs=yes
			fi
			# Those under way have not failed yet, but nobody waits.
			[ -z "$hangs" ] || OUT="0 $((HANGS * 1000000)) 4"
			read -r rate p99 bad <<< "$OUT"
			[ "$1" != pprc ] || [ "$bad" = 0 ] || die "$bad writes of the pair failed"
			RATE[$what]+=" $rate" P99[$what]+=" $p99" BAD[$what]+=" $bad"
			echo "# $what: $rate KiB/s, p99 $p99 us$([ "$bad" = 0 ] || echo ", $bad writes failed")${hangs:+, it hangs}"
		done
	done
	[ -n "$hangs" ] || cable 0 0
}

median()
{
	printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

table()
{
	local ms d loss r0 r p rtt bad

	for ms in "${DELAYS[@]}"; do
		# shellcheck disable=SC2086	# lists
		rtt=$(median ${RTT[$ms]})
		echo
		awk -v d=$((2 * ms)) -v r="$rtt" 'BEGIN {
			printf "64 KiB, 4 at a time, %d ms added to the round trip, which then is %.1f ms\n", d, r / 1000
			printf "%-18s %6s %10s %12s %12s %14s %8s\n", "", "loss", "MB/s", "of no loss", "p99 ms", "round trips", "failed" }'
		for d in "${drivers[@]}"; do
			for loss in "${LOSSES[@]}"; do
				# shellcheck disable=SC2086	# lists
				r0=$(median ${RATE[$d-$ms-0]}) r=$(median ${RATE[$d-$ms-$loss]}) p=$(median ${P99[$d-$ms-$loss]}) bad=$(median ${BAD[$d-$ms-$loss]})
				awk -v n="${NAMES[$d]}" -v l="$loss" -v r="$r" -v r0="$r0" -v p="$p" -v rtt="$rtt" \
					-v bad="$bad" 'BEGIN {
					printf "%-18s %4s %% %10.2f %10.0f %% %12.1f %14.1f %8d\n", n, l, r * 1.024 / 1000,
						r0 ? 100 * r / r0 : 0, p / 1000, p / rtt, bad }'
			done
		done
	done
	echo
	# The aim: at 0.1 % nine tenths of the rate, p99 below 4 round trips and 5 ms
	for ms in "${DELAYS[@]}"; do
		[ -n "${RATE[pprc-$ms-0.1]-}" ] || continue
		# shellcheck disable=SC2086	# lists
		awk -v ms=$((2 * ms)) -v r="$(median ${RATE[pprc-$ms-0.1]})" -v r0="$(median ${RATE[pprc-$ms-0]})" \
			-v p="$(median ${P99[pprc-$ms-0.1]})" -v rtt="$(median ${RTT[$ms]})" 'BEGIN {
			printf "this project at 0.1 %%, %d ms added: %.0f %% of the rate (aim: 90), p99 %.1f ms (aim: below %.1f)\n",
				ms, 100 * r / r0, p / 1000, (4 * rtt + 5000) / 1000 }'
	done
}

for d in "${drivers[@]}"; do
	case $d in
	pprc|fcp|drbd)	;;
	*)	sed -n '4,/^$/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
	esac
done
"$TESTS/deps.sh" build vm bench >&2 || exit 1
kernel_get "${LAB_KERNEL:-6.1}" || exit 1
build_modules "$KREL" "$KHDRDIR" || die "the modules do not build: see $RUN_KO/build.log"
bench_lab
for ((round = 1; round <= ROUNDS; round++)); do
	for d in "${drivers[@]}"; do
		bench_boot
		"up_$d"
		measure "$d"
		"down_$d"
	done
done
table
lab_end
