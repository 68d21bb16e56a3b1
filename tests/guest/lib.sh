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

# duo_modules: nothing else yet
duo_modules()
{
	local job

	job=$(on_bg secondary 'pprc_load core secondary')
	need on primary 'pprc_load core primary'
	need on_wait secondary "$job"
}

# duo_ports: modules and FCoE on both, from nothing
duo_ports()
{
	local job

	duo_modules
	job=$(on_bg secondary 'fcoe_up eth0')
	need on primary 'fcoe_up eth0'
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

# duo_pair_job [ATTRIBUTE=VALUE...]: establishes the pair p0; for the primary
duo_pair_job()
{
	echo "pair_up p0 \$(disk data) $DSW 0 $* || dump_log 5"
}

# duo_pair_with COMMAND...: sets DISK to what this prints, the output of that job
duo_pair_with()
{
	DISK=$("$@") || fail "no pair: $DISK"
	[[ $DISK = /dev/sd? ]] || fail "no pair: $DISK"
}

# duo_pair [ATTRIBUTE=VALUE...]: the pair p0; sets DISK to its device
duo_pair()
{
	duo_pair_with on primary "$(duo_pair_job "$@")"
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

# duo_late LATE [ATTRIBUTE=VALUE...]: as duo_up, but the port of guest LATE comes when
# all else has long been there.  So it is logged in to before it has heard a beacon.
# shellcheck disable=SC2119
duo_late()
{
	local late=$1 first=secondary job

	shift
	[ "$late" = primary ] || first=primary
	duo_blank || fail "the volumes cannot be blanked"
	duo_modules
	wire_mark
	need on "$first" 'fcoe_up eth0'
	duo_target
	job=$(on_bg primary -t 100 "$(duo_pair_job "connect_timeout_ms=$(lab_scale 60000)" "$@")") ||
		fail "the primary is gone"
	# The first two come at once; after the third there are 8 s for the login.
	beacons_are 'wc -l' 3
	need on "$late" 'fcoe_up eth0'
	duo_pair_with on_wait primary "$job" -t 100
	wire_mark
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

# beacons_are COUNTER N: waits until COUNTER, a filter, makes N of the senders of all
# beacons since the mark
beacons_are()
{
	local end heard

	end=$(lab_deadline 30)
	until
		wire
		# FIP, VN2VN, beacon (FC-BB-6 7.8)
		heard=$(tshark -n -r "$WIRE" -Y 'eth.type == 0x8914 && frame[16:2] == 00:05 && frame[19] == 05' \
			-T fields -e eth.src 2> /dev/null | eval "$1")
		[ "$heard" -ge "$2" ]
	do
		[ "$(lab_ms)" -lt "$end" ] || fail "beacons, $1: $heard, not $2"
		sleep 0.5
	done
}

# duo_heard: both ports have had a beacon of the other since the mark. libfc
# gives a VN2VN login up 20 s after the last beacon, but keeps for ever one that
# has never heard any: a login may begin with the claim that comes before them.
duo_heard()
{
	beacons_are 'sort -u | wc -l' 2
}

# wire_no_adisc: libfc has not asked anew, on the first beacon after a login,
# whether the login still holds. It would end a good one 2 R_A_TOV, 8 s, after that
# question or its answer was lost.
wire_no_adisc()
{
	local out

	wire
	out=$(tshark -n -r "$WIRE" -Y 'fcels.opcode == 0x52' 2> "$LAB_RUN/adisc.err")
	cable_ok $? "$LAB_RUN/adisc.err" "$WIRE" || fail "the cable cannot be read"
	[ -z "$out" ] || fail "ADISC on the cable: $out"
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
