# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What tests/bench.sh runs in its two guests: three ways to have a copy of RAM
# disk 0 on the other side of eth0, and fio on them.  RAM disk 1 is DRBD's.
# Sourced after guest-pprc.sh and guest-wire.sh.

BENCH_MIB=48

# bench_begin ADDRESS: RAM disks with their pages in place, IP beside FCoE
bench_begin()
{
	local d

	modprobe brd rd_nr=2 rd_size=65536 && ip link set eth0 mtu 9000 up &&
		ip addr add "$1/24" dev eth0 || return 1
	for d in /dev/ram0 /dev/ram1; do
		dd if=/dev/zero of=$d bs=1M count=64 oflag=direct status=none
	done
}

# bench_drbd HOST PEER: RAM disk 1, protocol C, as good as empty metadata
bench_drbd()
{
	modprobe drbd usermode_helper=/bin/true minor_count=1 &&
		mkdir -p /var/lib/drbd /run/lock /run/drbd &&
		drbdmeta --force 0 v08 /dev/ram1 internal create-md &&
		drbdsetup new-resource r0 && drbdsetup new-minor r0 0 0 &&
		drbdsetup attach 0 /dev/ram1 /dev/ram1 internal \
			--disk-barrier=no --disk-flushes=no --md-flushes=no \
			--al-extents=6007 &&
		drbdsetup connect r0 "ipv4:$1:7788" "ipv4:$2:7788" \
			--protocol=C --max-buffers=8000 --max-epoch-size=8000
}

bench_drbd_primary()
{
	wait_for 30 'grep -q cs:Connected /proc/drbd' &&
		# Both disks are equal: no copying of one to the other.
		drbdsetup new-current-uuid 0 --clear-bitmap &&
		wait_for 30 'grep -q ds:UpToDate/UpToDate /proc/drbd' &&
		drbdsetup primary 0
}

# bench_cable ONE_WAY_MS LOSS: for all drivers alike
bench_cable()
{
	local netem="limit 100000"

	[ "$1" = 0 ] || netem+=" delay ${1}ms"
	[ "$2" = 0 ] || netem+=" loss $2%"
	# shellcheck disable=SC2086	# words
	WIRE_TYPES="0x8906 ip" wire_rough eth0 $netem
}

# bench_rtt PEER: median round trip of a small packet, us
bench_rtt()
{
	ping -q -c 1 -W 2 "$1" > /dev/null
	ping -c 21 -i 0.05 "$1" | sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ v[NR] = $1 } END { printf "%d\n", v[int((NR + 1) / 2)] * 1000 }'
}

# bench_fio DISK SECONDS: 64 KiB, 4 at a time; prints KiB/s, p99 in us, failed
# writes, which not every driver does without
bench_fio()
{
	local state=/sys/block/${1#/dev/}/device/state

	# The SCSI layer gives a disk up whose errors it could not mend.
	[ ! -f "$state" ] || grep -qx running "$state" || echo running > "$state"
	fio --name=b --filename="$1" --rw=randwrite --bs=64k --iodepth=4 \
		--ioengine=libaio --direct=1 --size=${BENCH_MIB}m --norandommap \
		--time_based --ramp_time=1 --runtime="$2" --lat_percentiles=0 \
		--clat_percentiles=1 --percentile_list=99 --continue_on_error=write \
		--output-format=json --output=/tmp/bench.json > /tmp/bench.err 2>&1
	grep -q '"write"' /tmp/bench.json || fail "fio: $(tail -n 2 /tmp/bench.err)"
	awk -F '[:,]' '
		/"write" *:/ { w = 1 } /"trim" *:/ { w = 0 }
		/"total_err" *:/ { bad += $2 }
		w && /"bw" *:/ { bw = $2 + 0 }
		w && /"99.000000"/ { p99 = $2 / 1000 }
		END { printf "%d %d %d\n", bw, p99, bad }' /tmp/bench.json
}
