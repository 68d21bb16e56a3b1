# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# A bad wire, made in a guest: frames lost, doubled, reordered, delayed or
# damaged as they leave it.  Sourced by the agent after guest-pprc.sh.

# wire_rough IFACE NETEM...: frames sent there of the types in WIRE_TYPES, FCoE
# by default, go through netem.  Those of FIP do not: they keep the ports logged
# in, which is not what is tested.
wire_rough()
{
	local if=$1 type

	shift
	# From another kind of queue, so that counters begin at 0 and no setting
	# of the last netem stays.
	wire_smooth "$if" && modprobe -a sch_prio sch_netem cls_matchall &&
	tc qdisc replace dev "$if" root handle 1: prio bands 2 \
		priomap 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 &&
	tc qdisc add dev "$if" parent 1:1 handle 11: netem limit 100000 "$@" &&
	tc qdisc add dev "$if" parent 1:2 handle 12: pfifo limit 20000 || return 1
	for type in ${WIRE_TYPES:-0x8906}; do
		tc filter add dev "$if" parent 1: protocol "$type" matchall \
			classid 1:1 || return 1
	done
}

# wire_smooth IFACE: as fcoe_up has left it
wire_smooth()
{
	tc qdisc replace dev "$1" root pfifo limit 20000
}

# wire_count IFACE sent|dropped: frames that netem has let through or lost
wire_count()
{
	tc -s qdisc show dev "$1" | awk -v what="$2" '
		/^qdisc/ { netem = $2 == "netem" }
		netem && /Sent/ {
			for (i = 1; i < NF; i++)
				if ($i == "(dropped") dropped = $(i + 1) + 0
			print what == "sent" ? $4 : dropped
		}'
}

# wire_bad_crcs IFACE: damaged frames that arrived there and were dropped by
# fcoe.  Of those with data it looks at the CRC of none; the receiver does.
wire_bad_crcs()
{
	echo $(($(< "/sys/class/fc_host/$(fcoe_host "$1")/statistics/invalid_crc_count")))
}
