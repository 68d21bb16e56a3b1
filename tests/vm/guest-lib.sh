# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Helper functions for everything that runs in a guest; the agent sources
# this file, and its commands have it.  ROLE is the guest's name.  Deadlines are
# scaled by PPRC_SLOW.

SHARE=/mnt/share
# shellcheck disable=SC2034	# for the commands
KO=$SHARE/ko

# Ends the command; the reason is what the runner reports.
fail()
{
	echo "fail: $*"
	exit 1
}

skip()
{
	echo "$*"
	exit 4
}

# need CMD...: end unless it succeeds
need()
{
	"$@" || fail "$* (rc $?)"
}

# What is done over and over does without programs: to start one takes an
# emulated CPU longer than most of what is tested here.

# thousandths NUMBER: sets THOUSANDTHS
thousandths()
{
	local whole=${1%%.*} part=

	[[ $1 != *.* ]] || part=${1#*.}
	part=${part}000
	THOUSANDTHS=$((10#${whole:-0} * 1000 + 10#${part:0:3}))
}

# scaled N: N seconds or milliseconds of a machine at full speed, here
scaled()
{
	thousandths "${PPRC_SLOW:-1}"
	echo $(((10#$1 * THOUSANDTHS + 500) / 1000))
}

# nap: a tenth of a second, longer where all takes longer
nap()
{
	local slow=${PPRC_SLOW:-1}

	read -rt "0.${slow%.*}" <> /run/pprc.never || return 0
}

# fio_end: a fio started with --trigger-file=/tmp/fio-end stops writing.  When
# interrupted instead, it may for ever wait for requests that have long ended.
fio_end()
{
	: > /tmp/fio-end
}

# sniff IF FILE: keep the frames that arrive there until sniff_end.  A FILE that
# another test has left would say too early that they are kept.
sniff()
{
	rm -f "$2"
	perl -e 'require shift; frames::sniff(@ARGV)' "$SHARE/frames.pl" "$1" "$2" &
	sniffers="$sniffers $!"
	wait_for 10 "[ -e $2 ]" || fail "nothing can be sniffed"
}

# sniff_end: all that arrived has been kept.
sniff_end()
{
	# shellcheck disable=SC2086	# several of them
	{ kill $sniffers && wait $sniffers; } || fail "what was sniffed is lost"
	sniffers=
}

# wait_for SECONDS 'condition'
wait_for()
{
	local ms end

	thousandths "$1"; ms=$THOUSANDTHS
	thousandths "${PPRC_SLOW:-1}"; ms=$((ms * THOUSANDTHS / 1000))
	end=$((${EPOCHREALTIME/./} / 1000 + ms))
	until eval "$2"; do
		[ $((${EPOCHREALTIME/./} / 1000)) -lt "$end" ] || return 1
		nap
	done
}

# disk NAME: the /dev node of the disk with this serial number
disk()
{
	local dev

	for dev in /sys/block/*/serial; do
		[ "$(cat "$dev" 2>/dev/null)" = "$1" ] || continue
		dev=${dev%/serial}
		echo "/dev/${dev##*/}"
		return 0
	done
	echo "no disk $1" >&2
	return 1
}

# dm_table NAME TABLE: what a mapped device is from now on
dm_table()
{
	dmsetup suspend --noflush "$1" && dmsetup load "$1" --table "$2" &&
		dmsetup resume --noudevsync "$1"
}

# veth_pair NAME_A NAME_B MAC_A MAC_B: a cable within one guest
veth_pair()
{
	# A veth receives through the backlog of the CPU and drops beyond it;
	# FCoE expects a network that does not.
	sysctl -q net.core.netdev_max_backlog=100000
	ip link add "$1" address "$3" mtu 9000 txqueuelen 20000 type veth \
		peer name "$2" address "$4" mtu 9000 txqueuelen 20000 &&
	ip link set "$1" up && ip link set "$2" up
}

# fcoe_ctlr IFACE: the folder of its FCoE controller
fcoe_ctlr()
{
	local c

	for c in "/sys/class/net/$1"/ctlr_*; do
		[ -d "$c" ] && echo "$c" && return
	done
	return 1
}

# fcoe_host IFACE: the name of its fc_host
fcoe_host()
{
	local h

	for h in "/sys/class/net/$1"/ctlr_*/host*; do
		[ -d "$h" ] && echo "${h##*/}" && return
	done
	return 1
}

# fcoe_up IFACE: start FCoE, VN2VN; prints the WWPN when the port is online
fcoe_up()
{
	local ctlr host if=$1

	# The kernel's default, fq_codel, drops frames that have queued for some
	# milliseconds: right for TCP, a loss for FCoE.
	ip link set "$if" mtu 9000 txqueuelen 20000 up &&
		tc qdisc replace dev "$if" root pfifo limit 20000 &&
		sysctl -q net.core.netdev_max_backlog=100000 &&
		modprobe fcoe || return 1
	wait_for 10 "[ \"\$(cat /sys/class/net/$if/carrier)\" = 1 ]" || {
		echo "fcoe_up: $if has no carrier" >&2
		return 1
	}
	echo -n "$if" > "/sys/bus/fcoe/ctlr_create" || return 1
	ctlr=$(fcoe_ctlr "$if") || return 1
	# Written in capitals: newer kernels accept nothing else.
	echo VN2VN > "$ctlr/mode" && echo 1 > "$ctlr/enabled" || return 1
	host=$(fcoe_host "$if") || return 1
	wait_for 20 "[ \"\$(cat /sys/class/fc_host/$host/port_state)\" = Online ]" || {
		echo "fcoe_up: $if is $(cat "/sys/class/fc_host/$host/port_state")" >&2
		return 1
	}
	sed 's/^0x//' "/sys/class/fc_host/$host/port_name"
}

# fcoe_down IFACE: returns when the controller is gone. fcoe removes it from a
# work item, and warns when the interface goes away under that.
fcoe_down()
{
	echo -n "$1" > "/sys/bus/fcoe/ctlr_destroy" &&
	wait_for 20 "! fcoe_ctlr $1 > /dev/null"
}

# wwpn_colon WWPN: 20005254... as 20:00:52:54:...
wwpn_colon()
{
	local w=${1#0x}

	echo "${w:0:2}:${w:2:2}:${w:4:2}:${w:6:2}:${w:8:2}:${w:10:2}:${w:12:2}:${w:14:2}"
}
