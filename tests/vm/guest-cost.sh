# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What tests/cost.sh runs in its guest: a copy of two RAM disks by each of
# three drivers, both ends in this guest, and fio on it.  Sourced after
# guest-lib.sh and guest-pprc.sh.

# All writes go to the beginning of the disk, to pages that are there already:
# a RAM disk allocates a page when it is first written.
COST_MIB=16

cost_fill()
{
	local d

	for d; do
		dd if=/dev/zero of="$d" bs=1M count=$COST_MIB oflag=direct \
			status=none || return 1
	done
}

# cost_up_pprc: a pair; each cost_up_... prints the device to write to
cost_up_pprc()
{
	roles_up >&2 && cost_fill /dev/ram0 /dev/ram1 && roles_store >&2 &&
		pair_up p0 /dev/ram0 "$SW" 0
}

# cost_up_fcp: libfc's own initiator and tcm_fc on the same cable.  The target
# has to be there before the ports log in.
cost_up_fcp()
{
	local store tpg acl

	modprobe brd rd_nr=1 rd_size=65536 && modprobe -a sd_mod tcm_fc fcoe &&
		cost_fill /dev/ram0 &&
		veth_pair va vb 02:00:00:00:00:0a 02:00:00:00:00:0b &&
		store=$(backstore_block store /dev/ram0) || return 1
	tpg=$LIO/fc/$(wwpn_colon "$SW")/tpgt_1
	acl=$tpg/acls/$(wwpn_colon "$PW")
	mkdir -p "$tpg/lun/lun_0" && ln -s "$store" "$tpg/lun/lun_0/store" &&
		mkdir -p "$acl/lun_0" &&
		ln -s "$tpg/lun/lun_0" "$acl/lun_0/map" || return 1
	fcoe_up vb > /dev/null &
	fcoe_up va > /dev/null && wait $! || return 1
	wait_for 60 "compgen -G '/sys/block/sd*'" > /dev/null || return 1
	echo /dev/sda
}

# cost_up_drbd: two minors of one kernel, connected over the loopback device.
# No flushes and a large activity log: neither is what a copy costs.
cost_up_drbd()
{
	local m

	modprobe brd rd_nr=2 rd_size=65536 &&
		modprobe drbd usermode_helper=/bin/true minor_count=2 &&
		cost_fill /dev/ram0 /dev/ram1 &&
		mkdir -p /var/lib/drbd /run/lock /run/drbd || return 1
	for m in 0 1; do
		drbdmeta --force $m v08 /dev/ram$m internal create-md &&
		drbdsetup new-resource r$m &&
		drbdsetup new-minor r$m $m 0 &&
		drbdsetup attach $m /dev/ram$m /dev/ram$m internal \
			--disk-barrier=no --disk-flushes=no --md-flushes=no \
			--al-extents=6007 || return 1
	done >&2
	drbdsetup connect r0 ipv4:127.0.0.1:7788 ipv4:127.0.0.1:7789 \
		--protocol=C --max-buffers=8000 --max-epoch-size=8000 >&2 &&
	drbdsetup connect r1 ipv4:127.0.0.1:7789 ipv4:127.0.0.1:7788 \
		--protocol=C --max-buffers=8000 --max-epoch-size=8000 >&2 &&
	wait_for 30 "[ \$(grep -c cs:Connected /proc/drbd) = 2 ]" &&
	# Both disks are equal: no copying of one to the other.
	drbdsetup new-current-uuid 0 --clear-bitmap >&2 &&
	wait_for 30 "[ \$(grep -c ds:UpToDate/UpToDate /proc/drbd) = 2 ]" &&
	drbdsetup primary 0 >&2 || return 1
	echo /dev/drbd0
}

# cost_up_none: what fio and one local copy take
cost_up_none()
{
	modprobe brd rd_nr=2 rd_size=65536 && cost_fill /dev/ram0 &&
		echo /dev/ram0
}

# cost_fio DEVICE BS DEPTH WRITES: prints the milliseconds they took.  The
# content stays the same, so that making it up does not count.
cost_fio()
{
	local out ms

	if ! out=$(fio --name=c --filename="$1" --rw=randwrite --bs="$2" \
		--iodepth="$3" --ioengine=libaio --direct=1 --size=${COST_MIB}m \
		--io_size=1t --number_ios="$4" --norandommap --thread \
		--scramble_buffers=0 --gtod_reduce=1 --disk_util=0 \
		--output-format=terse --terse-version=3) ||
	   ! ms=$(cut -d ';' -f 50 <<< "$out") || [ "${ms:-0}" -eq 0 ]; then
		fail "fio: $(head -n 3 <<< "$out")"
	fi
	echo "$ms"
}

# cost_run DEVICE BS DEPTH WRITES TIMES: prints instructions per write, TIMES
# lines.  A short run before that brings the program into memory; reading it
# in is time in which the guest waits.
cost_run()
{
	local i ms

	ms=$(cost_fio "$1" "$2" "$3" $(($3 * 8))) || fail "$ms"
	for ((i = 0; i < $5; i++)); do
		ms=$(cost_fio "$1" "$2" "$3" "$4") || fail "$ms"
		echo $((ms * 1000000 / $4))
	done
}

# cost_mirrored: have all writes gone to both copies of the pair?
cost_mirrored()
{
	[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex 0" ] ||
		fail "not mirrored throughout: $(pair_get p0 reason)"
}
