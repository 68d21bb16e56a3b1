#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: the main job on real files, in two virtual machines joined by one
# cable.  A host's writes go to its own disk and, synchronously, to that of a
# second machine; then the first machine loses its power, and the second one
# mounts its copy.  What went over the cable is counted from a capture, and a
# write's latency is measured beside that of the stock FC driver and target.
#
# Needs root for nothing but missing packages.  Every step is checked: the
# first that fails ends the demo with 1, a sentence, and the folder of the run.
#
# shellcheck disable=SC2015,SC2016	# die does not return; guests expand it

set -u
# The make that may have started this has flags that are not for the build.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS

TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
BEGIN=$EPOCHSECONDS
ENOUGH=100000000	# bytes of real files to copy
BOLD='' GREEN='' RED='' PLAIN=''
[ ! -t 1 ] || BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'

# shellcheck source=tests/vm/run-lib.sh
. "$TESTS/vm/run-lib.sh"
# shellcheck source=tests/vm/cable.sh
. "$TESTS/vm/cable.sh"

# One write per line: the pulse writes to the same place.
say()	 { printf '[%3d s] %s\n' $((EPOCHSECONDS - BEGIN)) "$*"; : > "$DEMO_TMP/said"; }
# step: what is about to happen;  result: what has come out of it
step()	 { echo "$*" > "$DEMO_TMP/step"; say "$BOLD$*$PLAIN"; }
result() { say "  ${GREEN}ok$PLAIN  $*"; }

die()
{
	say "${RED}FAILED$PLAIN  $*"
	[ -z "$LAB_RUN" ] || lab_fail "$*" 2>/dev/null
	exit 1
}

mega()	 { awk -v b="$1" 'BEGIN { printf "%.1f MB\n", b / 1e6 }'; }
milli()	 { awk -v us="$1" 'BEGIN { printf "%.2f\n", us / 1000 }'; }
colons() { sed 's/../&:/g; s/:$//' <<< "$1"; }

# A line whenever nothing was said for four seconds, as long as the demo lives.
pulse()
{
	local pcap

	trap - EXIT INT TERM HUP
	while sleep 1 && kill -0 $$ 2>/dev/null; do
		[ $((EPOCHSECONDS - $(stat -c %Y "$DEMO_TMP/said"))) -ge 4 ] || continue
		pcap=$(cat "$DEMO_TMP/pcap")
		say "  ...  $(cat "$DEMO_TMP/step")${pcap:+; $(mega "$(stat -c %s "$pcap")") on the cable}"
	done
}

demo_end()
{
	local rc=$?

	kill "$PULSE" 2>/dev/null
	lab_end
	rm -rf "$DEMO_TMP"
	exit "$rc"
}

# guest GUEST WHAT [-t SECONDS] TEXT: WHAT is the sentence if it fails; the
# output is in OUT
guest()
{
	local g=$1 what=$2

	shift 2
	OUT=$(on "$g" "$@" 2>&1) ||
		die "$what; $g says: $(grep -v '^ *$' <<< "$OUT" | tail -n 3 | paste -sd ' ')"
}

prepare()
{
	step "packages, kernel and modules"
	"$TESTS/deps.sh" demo || die "packages are missing"
	kernel_get 6.1 || die "there is no Debian kernel 6.1 to boot"
	build_modules "$KREL" "$KHDRDIR" || die "the modules do not build: see $RUN_KO/build.log"
	result "pprc_core, pprc_primary and pprc_secondary are built for $KREL"
}

# Real files that every machine has by now: headers and modules of the kernel
# that the guests run.  One file through the share is quick to read in a guest,
# thousands are not: the guest unpacks them.
pack_files()
{
	step "packing real files for the primary to copy"
	cd "${KMODDIR%/lib/modules/*}" &&
		find usr/src/*-common/include "lib/modules/$KREL/kernel/"{fs,net} \
			-type f -print0 | sort -z > "$LAB_RUN/names" &&
		tar -cf "$LAB_SHARE/files.tar" --null -T "$LAB_RUN/names" &&
		xargs -0 sha256sum < "$LAB_RUN/names" > "$LAB_SHARE/sha256" &&
		BYTES=$(xargs -0 stat -c %s < "$LAB_RUN/names" | awk '{ s += $1 } END { print s }') ||
		die "the files cannot be packed"
	cd / && FILES=$(wc -l < "$LAB_SHARE/sha256")
	[ "$BYTES" -ge $ENOUGH ] || die "only $BYTES bytes of files to copy"
	result "$FILES files, $(mega "$BYTES"): headers and modules of kernel $KREL"
}

boot_lab()
{
	step "booting two virtual machines, primary and secondary, on one cable"
	LAB_PCAP=1
	lab_new demo && trap demo_end EXIT || die "the lab cannot be set up"
	mkdir -p "$LAB_SHARE/ko"
	cp "$RUN_KO"/drivers/*/pprc_*.ko "$LAB_SHARE/ko" || die "there are no modules"
	lab_disk primary data 1G && lab_disk secondary data 1G &&
		lab_cable primary secondary && lab_boot primary secondary ||
		die "the lab cannot be set up"
	pack_files	# while they boot
	step "waiting for both machines, then Fibre Channel over Ethernet on eth0"
	lab_wait primary secondary || die "a guest does not boot"
	job=$(on_bg secondary 'fcoe_up eth0 && pprc_load core secondary')
	guest primary "FCoE does not come up" 'fcoe_up eth0'
	PRI=${OUT##*$'\n'}
	SEC=$(on_wait secondary "$job") || die "FCoE does not come up: $SEC"
	guest primary "the modules do not load" 'pprc_load core primary'
	result "ports $(colons "$PRI") and $(colons "$SEC") are online"
}

# pair_up_on BACKSTORE SECONDARY_DEVICE PAIR PRIMARY_DEVICE: sets DISK; the
# devices are shell text of the guests
pair_up_on()
{
	guest secondary "the secondary cannot serve its disk" \
		"b=\$(backstore_block $1 $2) && sec_tpg $SEC &&
		 sec_lun $SEC 0 \$b && sec_acl $SEC $PRI 0"
	# An emulated machine may be slow; that is not a broken path.
	guest primary "the pair cannot be established" \
		"wait_for 30 'grep -qs 0x$SEC /sys/class/fc_remote_ports/*/port_name' &&
		 pair_up $3 $4 $SEC 0 timeout_ms=60000 &&
		 wait_for 20 '[ \$(pair_get $3 state) = full-duplex ]' || { dump_log 3; exit 1; }"
	DISK=${OUT##*$'\n'}
}

copy_files()
{
	step "establishing the pair; both disks are empty, so equal"
	pair_up_on data '$(disk data)' demo '$(disk data)'
	result "$DISK on the primary is the pair, and it is full-duplex"
	echo "$LAB_RUN/cable.pcap" > "$DEMO_TMP/pcap"
	step "mkfs.ext4 on $DISK, then copying $FILES files into it"
	guest primary "the files cannot be copied" -t 300 \
		"mkfs.ext4 -q $DISK && mkdir -p /mnt/pair && mount $DISK /mnt/pair &&
		 tar -b 1000 -xf /mnt/share/files.tar -C /mnt/pair && umount /mnt/pair"
	: > "$DEMO_TMP/pcap"
	guest primary "the pair cannot be asked" 'echo $(pair_get demo state) \
		$(for s in local_writes writes write_bytes; do pair_stat demo $s; done)'
	read -r state local WRITES bytes <<< "$OUT"
	[ "$state" = full-duplex ] || die "the pair is $state, not full-duplex"
	[ "$local" = 0 ] || die "$local writes were made on the primary alone"
	result "still full-duplex: $WRITES writes, $(mega "$bytes"), none of them local only"
}

compare_disks()
{
	local s=$LAB_RUN/secondary.data.img at held

	step "comparing both disks, byte by byte"
	held=$(($(stat -c '%b * %B' "$s")))	# without its holes
	[ "$held" -ge $ENOUGH ] || die "the secondary's disk holds $held bytes only"
	at=$(cmp "$LAB_RUN/primary.data.img" "$s" 2>&1) || die "the copies differ: $at"
	result "$(stat -c %s "$s") bytes equal, $(mega "$held") of them not a hole"
}

take_over()
{
	step "power cut on the primary; the secondary's copy is taken into use"
	# The capture goes on; this is what belongs to the main job.
	cp "$LAB_RUN/cable.pcap" "$LAB_RUN/job.pcap"
	lab_cut primary
	cable_summary "$LAB_RUN/job.pcap" > "$LAB_RUN/summary" 2> "$LAB_RUN/summary.err" &
	SUMMARY=$!
	guest secondary "the copy cannot be mounted" "sec_drop $SEC && backstore_drop data &&
		mkdir -p /mnt/copy && mount -o ro \$(disk data) /mnt/copy"
	step "checking all files on the secondary against the originals"
	guest secondary "files on the copy are not what they were" -t 200 \
		'cd /mnt/copy && split -n r/2 /mnt/share/sha256 /tmp/sums. &&
		 ls /tmp/sums.* | xargs -n 1 -P 2 sha256sum --quiet -c && cd / &&
		 find /mnt/copy -type f -printf "%s\n" | awk "{ s += \$1 } END { print NR, s }" &&
		 umount /mnt/copy'
	[ "$OUT" = "$FILES $BYTES" ] ||
		die "on the copy are $OUT files and bytes, not $FILES $BYTES"
	result "$FILES files, $BYTES bytes: each sha256 is that of the original"
}

# seen KEY: from the capture of the main job
seen() { awk -v key="$1" '$1 == key { print $2 }' "$LAB_RUN/summary"; }

show_cable()
{
	local covered want

	step "what went over the cable meanwhile, from the capture"
	covered=$(cable_covered "$LAB_RUN/job.pcap" 2>&1) ||
		die "the capture shows writes that are not whole: $(head -n 1 <<< "$covered")"
	wait "$SUMMARY" || die "the capture cannot be read: $(cat "$LAB_RUN/summary.err")"
	say "  $(seen exchanges) FC exchanges carried the $WRITES writes, in $(seen frames) frames"
	say "  $(seen cdb_bytes) bytes of extended CDB each: the write and its control information"
	say "  $(seen xfer_rdy) FCP_XFER_RDY, $(seen round_trips_per_write) round trips per write: no data waits to be asked for"
	say "  $(seen max_in_flight) writes in flight at most, begun before the first of them was answered"
	for want in "xfer_rdy 0" "round_trips_per_write 1.00" "exchanges $WRITES" \
		    "writes_without_rsp 0" "crc_bad 0" "cdb_bytes 112"; do
		grep -qx "$want" "$LAB_RUN/summary" ||
			die "on the cable: ${want% *} is $(seen "${want% *}"), not ${want#* }"
	done
	[ "$(seen max_in_flight)" -gt 1 ] || die "no write began before the answer to another"
	result "$covered by their data, each in one exchange of its own"
}

# latency MS: sets P50, the median in microseconds of 4 KiB writes to DISK, one
# at a time, with this much added to the round trip, half of it on either side
latency()
{
	for g in primary secondary; do
		guest $g "the cable cannot be made longer" \
			"tc qdisc del dev eth0 root 2>/dev/null; modprobe sch_netem &&
			 tc qdisc add dev eth0 root netem delay $(($1 * 500))us limit 100000"
	done
	guest primary "fio fails on $DISK" "fio --name=w --filename=$DISK --rw=randwrite \
		--bs=4k --direct=1 --ioengine=libaio --iodepth=1 --size=32M --time_based \
		--ramp_time=1 --runtime=3 --lat_percentiles=1 --clat_percentiles=0 \
		--percentile_list=50 --output-format=json > /tmp/fio &&
		awk -F '[:,]' '/\"write\"/ { w = 1 }
			w && /\"50.0*\"/ { printf \"%d\", \$2 / 1000; exit }' /tmp/fio"
	P50=$OUT
	[ "${P50:-0}" -gt 0 ] || die "fio has measured nothing on $DISK"
	result "$(milli "$P50") ms with $1 ms added to the round trip"
}

# What a target has agreed with an initiator lasts as long as their login, so
# FCoE starts anew on both sides.
stock_up()
{
	step "the stock FC driver (libfc, fcoe) and target (tcm_fc) on the same cable"
	job=$(on_bg secondary "sec_drop $SEC && pprc_unload && fcoe_down eth0 &&
		modprobe tcm_fc && t=\$LIO/fc/$(colons "$SEC")/tpgt_1 &&
		a=\$t/acls/$(colons "$PRI") && mkdir -p \$t/lun/lun_0 &&
		ln -s \$LIO/core/iblock_0/ram \$t/lun/lun_0/store &&
		mkdir -p \$a/lun_0 && ln -s \$t/lun/lun_0 \$a/lun_0/map && fcoe_up eth0")
	guest primary "the pair cannot be taken down" \
		'pair_down bench && pprc_unload && fcoe_down eth0'
	OUT=$(on_wait secondary "$job") || die "the stock target cannot be set up: $OUT"
	guest primary "the stock driver finds no disk" 'fcoe_up eth0 > /dev/null &&
		wait_for 45 "grep -qs LIO-ORG /sys/block/sd*/device/vendor" &&
		d=$(grep -l LIO-ORG /sys/block/sd*/device/vendor) && d=${d#/sys/block/} &&
		echo "/dev/${d%%/*}" || { dump_log 3; exit 1; }'
	DISK=$OUT
}

# RAM disks everywhere, so that the disks of this machine do not blur it.
bench()
{
	local ms pprc=() stock=()

	step "the primary boots again, for a comparison"
	lab_boot primary && lab_wait primary || die "the primary does not boot"
	guest primary "FCoE does not come up" 'fcoe_up eth0 > /dev/null && pprc_load core primary'
	for g in primary secondary; do
		guest $g "there is no RAM disk" 'modprobe brd rd_nr=1 rd_size=65536'
	done
	step "a pair of RAM disks: 4 KiB writes, one at a time"
	pair_up_on ram /dev/ram0 bench /dev/ram0
	for ms in 0 10; do latency "$ms"; pprc+=("$P50"); done
	stock_up
	for ms in 0 10; do latency "$ms"; stock+=("$P50"); done
	step "median latency of a 4 KiB write, one at a time, in ms"
	say "  added round trip         PPRC   stock libfc + tcm_fc   stock / PPRC"
	for ms in 0 10; do
		say "$(awk -v d=$ms -v p="${pprc[ms / 10]}" -v s="${stock[ms / 10]}" 'BEGIN {
			printf "  %13d ms %12.2f %22.2f %14.2f", d, p / 1000, s / 1000, s / p }')"
	done
	say "  PPRC: one round trip per write, its local copy included.  Stock: two, for FCP_XFER_RDY and status."
	[ "${stock[1]}" -gt "${pprc[1]}" ] || die "PPRC is not faster over a long cable"
}

DEMO_TMP=$(mktemp -d) || exit 1
touch "$DEMO_TMP"/{said,step,pcap}
pulse & PULSE=$!
trap demo_end EXIT
trap 'exit 130' INT TERM HUP
prepare
boot_lab
copy_files
compare_disks
take_over
show_cable
bench
for g in primary secondary; do
	bug=$(lab_dirty $g) || die "the kernel of $g complains: $(head -n 1 <<< "$bug")"
done
say "demo: done in $((EPOCHSECONDS - BEGIN)) s"
