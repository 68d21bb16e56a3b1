# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests on the host side of a pair of guests: primary and secondary on a
# cable, disk "data" of each being the two volumes.
#
# shellcheck disable=SC2016	# what is quoted runs in a guest

# shellcheck source=tests/vm/cable.sh
. "$TESTS/vm/cable.sh"

# WWPNs of the guests' ports, as fcoe makes them from the MAC addresses.
# shellcheck disable=SC2034
DPW=2000525400000001 DSW=2000525400000002

image()
{
	echo "$LAB_RUN/$1.${2:-data}.img"
}

# Both volumes are zero again; nobody may have them open.
duo_blank()
{
	local g

	for g in primary secondary; do
		truncate -s 0 "$(image $g)" || return 1
		truncate -s 1G "$(image $g)" || return 1
	done
}

# duo_ports: modules and FCoE on both, from nothing
duo_ports()
{
	local job

	job=$(on_bg secondary 'pprc_load core secondary && fcoe_up eth0')
	need on primary 'pprc_load core primary && fcoe_up eth0'
	need on_wait secondary "$job"
	need on primary "wait_for 30 'grep -qs 0x$DSW /sys/class/fc_remote_ports/*/port_name'"
}

# shellcheck disable=SC2120	# arguments come from the tests
# duo_target [COMMAND]: the secondary's LUN 0; COMMAND makes its backstore,
# by default iblock on the disk
duo_target()
{
	need on secondary "store=\$(${1:-backstore_block store \$(disk data)}) &&
		sec_tpg $DSW ${GAP_US:-0} && sec_lun $DSW 0 \$store && sec_acl $DSW $DPW 0"
}

# duo_pair [ATTRIBUTE=VALUE...]: the pair p0; sets DISK to its device
duo_pair()
{
	DISK=$(on primary "pair_up p0 \$(disk data) $DSW 0 $* || dump_log 5") ||
		fail "no pair: $DISK"
	[[ $DISK = /dev/sd? ]] || fail "no pair: $DISK"
}

# duo_up [ATTRIBUTE=VALUE...]
# shellcheck disable=SC2119,SC2120
duo_up()
{
	duo_blank || fail "the volumes cannot be blanked"
	duo_ports
	duo_target
	duo_pair "$@"
}

# duo_down: everything away again
duo_down()
{
	need on primary -t 60 'for p in $PAIRS/*/; do [ ! -d $p ] || rmdir $p; done
		fcoe_down eth0; pprc_unload'
	need on secondary -t 60 "sec_drop $DSW && backstore_drop store &&
		fcoe_down eth0; pprc_unload"
}

# duo_mirrored: no write went to one copy only
duo_mirrored()
{
	local out

	out=$(on primary 'echo $(pair_get p0 state) $(pair_stat p0 local_writes) $(pair_get p0 reason)')
	[ "$out" = "full-duplex 0 none" ] || fail "not mirrored throughout: $out"
}

# duo_equal: the two volumes, as they are on the host's side of the guests
duo_equal()
{
	local where

	where=$(cmp "$(image primary)" "$(image secondary)" 2>&1) ||
		fail "the copies differ: $where"
}

# The cable's capture is one for all tests of a lab: a test looks at what came
# since its mark.
wire_mark()
{
	WIRE_MARK=$(stat -c %s "$LAB_RUN/cable.pcap")
}

# wire: cut the capture since the mark; sets WIRE
wire()
{
	WIRE=$LAB_RUN/since.pcap
	rm -f "$WIRE.summary"
	{
		head -c 24 "$LAB_RUN/cable.pcap"
		tail -c "+$((WIRE_MARK + 1))" "$LAB_RUN/cable.pcap"
	} > "$WIRE"
}

# wire_get KEY: what the summary of the capture says
wire_get()
{
	if [ ! -f "$WIRE.summary" ] || [ "$WIRE" -nt "$WIRE.summary" ]; then
		cable_summary "$WIRE" > "$WIRE.summary"
	fi
	awk -v k="$1" '$1 == k { print $2 }' "$WIRE.summary"
}

# wire_is KEY VALUE
wire_is()
{
	local got

	got=$(wire_get "$1")
	[ "$got" = "$2" ] || fail "on the cable $1 is $got, not $2"
}

# duo_heard: both ports have had a beacon of the other since the mark. libfc
# gives a VN2VN login up 20 s after the last beacon, but keeps for ever one that
# has never heard any: a login may begin with the claim that comes before them.
duo_heard()
{
	local end heard

	end=$(lab_deadline 30)
	until
		wire
		# FIP, VN2VN, beacon (FC-BB-6 7.8)
		heard=$(tshark -n -r "$WIRE" -Y 'eth.type == 0x8914 && frame[16:2] == 00:05 && frame[19] == 05' \
			-T fields -e eth.src 2> /dev/null | sort -u | wc -l)
		[ "$heard" -ge 2 ]
	do
		[ "$(lab_ms)" -lt "$end" ] || fail "no beacons: $heard of 2 ports"
		sleep 0.5
	done
}

# wire_whole: one exchange per write, no FCP_XFER_RDY, every byte of every
# write on the cable, and as many bytes as the primary has mirrored
wire_whole()
{
	local bytes stat out

	wire
	out=$(cable_covered "$WIRE") || fail "on the cable: $out"
	wire_is xfer_rdy 0
	wire_is writes_without_rsp 0
	wire_is exchanges_with_more_than_one_rsp 0
	wire_is round_trips_per_write 1.00
	wire_is cdb_bytes 112
	bytes=$(cable_bytes "$WIRE")
	stat=$(on primary 'pair_stat p0 write_bytes')
	[ "$bytes" = "$stat" ] ||
		fail "the cable carried $bytes bytes, the primary mirrored $stat"
	[ "$bytes" -gt 0 ] || fail "nothing was written"
}
