# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests of a pair of guests in trouble: a wire that loses frames, a peer
# that is gone for a while.  To be sourced after lib.sh.
#
# What is drawn at random comes from PPRC_SEED, which is printed; which frames
# netem then hits does not, it has no seed on these kernels.
#
# shellcheck disable=SC2016	# what is quoted runs in a guest

PPRC_SEED=${PPRC_SEED:-$((($(date +%s) ^ $$) & 0x7fffffff))}
DRAWS=$PPRC_SEED
echo "PPRC_SEED=$PPRC_SEED"
# What the secondary has by default.
# shellcheck disable=SC2034	# for duo_target
GAP_US=1000

# The log of a pair that is in trouble for good reasons.
trouble_expected()
{
	expects_lost_port
	expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
		'^pprc_primary: pair p0: suspended \(path-loss\): ' \
		'^pprc_primary: session [0-9a-f:]+: down: ' \
		'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard ' \
		'^pprc_secondary: port [0-9a-f]+: command f80[0-9a-f] refused \((no-acl|no-session|no-prli|tpg-disabled)\): ' \
		'^pprc_secondary: session [0-9a-f:]+: (write|flush) refused \((aborted|no-pair), '
}

# The log of ports on a wire that damages, doubles and delays frames.  The version
# is in front of what the CRC covers; a second copy of a command may come when its
# slot has the next one.
damage_expected()
{
	expects_log '^fcoe: dropping frame with CRC error$' 'callbacks suppressed$' \
		'^fcoe: FCoE version mismatch: ' \
		'^pprc_secondary: port [0-9a-f]+: command f801 refused \(stale-id\): ' \
		'^pprc_secondary: port [0-9a-f]+: frame dropped \(bad_crc\): '
}

# between LOW HIGH: sets DRAWN to a random number, both included.  Not to be
# called in a subshell, which would draw what comes next again; bash's own
# RANDOM even begins anew there.
between()
{
	DRAWS=$((DRAWS * 6364136223846793005 + 1442695040888963407))
	DRAWN=$(($1 + (DRAWS >> 33 & 0x7fffffff) % ($2 - $1 + 1)))
}

# one_of WORD...: one of them
one_of()
{
	between 1 $#
	DRAWN=${!DRAWN}
}

# limits LIVENESS_MS TIMEOUT_MS: attributes of a pair, scaled as deadlines are.
# After a login of libfc's own was lost its next one may take half a minute.
limits()
{
	echo "liveness_ms=$(lab_scale "$1") timeout_ms=$(lab_scale "$2") query_min_ms=5" \
		"connect_timeout_ms=$(lab_scale 60000)"
}

# --- the wire ------------------------------------------------------------------

# shellcheck disable=SC2034	# the callers read it
# schedule KIND: sets NETEM to one of this kind
schedule()
{
	local a b

	case $1 in
	loss-*)		NETEM="loss ${1#loss-}%" ;;
	duplicate)	between 2 10; NETEM="duplicate $DRAWN%" ;;
	reorder)	between 1 5; a=$DRAWN; between 40 80
			NETEM="delay ${a}ms reorder $DRAWN% 25%" ;;
	delay)		between 10 25; NETEM="delay ${DRAWN}ms ${DRAWN}ms" ;;
	corrupt)	between 5 20; a=$((DRAWN / 10)).$((DRAWN % 10))
			NETEM="corrupt $a%" ;;
	all)		between 1 8; a=$DRAWN; between 1 20; b=$((DRAWN / 10)).$((DRAWN % 10))
			NETEM="delay ${a}ms ${a}ms loss $b% duplicate $b% corrupt $b% reorder 30% 25%" ;;
	*)		fail "no schedule $1" ;;
	esac
}

# both TEXT: in both guests at once
both()
{
	local job

	job=$(on_bg secondary "$1") || fail "the secondary is gone"
	need on primary "$1"
	need on_wait secondary "$job"
}

# rough NETEM...: on both ends; netem counts from 0 again
rough()
{
	both "wire_rough eth0 $*"
	DROPPED=0
}

smooth()
{
	both 'wire_smooth eth0'
}

# events: sets DROPPED, CRC, DUP, EARLY, GAPS, RESENT and RTT to what has happened so
# far: frames lost by netem, damaged ones that were dropped, those that had come
# before, data ahead of its command, losses the secondary reported by itself, what
# the primary has asked or sent once more, and its idea of the round trip, us
events()
{
	local p s job

	job=$(on_bg secondary 'w=$(wire_count eth0 dropped)
		n() { sec_stat '"$DSW"' $1; }
		echo ${w:-0} $(wire_bad_crcs eth0) $(n bad_crc) $(($(n dup) + $(n stale))) $(n early) $(n gaps)') ||
		fail "the secondary is gone"
	p=$(on primary '
		n() { session_stat p0 $1; }
		a=$(n queries) b=$(n resends) c=$(n stray_frames) d=$(n late_frames) r=$(n rtt_us)
		w=$(wire_count eth0 dropped)
		echo ${w:-0} $(wire_bad_crcs eth0) $((a + b)) $((c + d)) ${r:-0}') || fail "no counters: $p"
	s=$(on_wait secondary "$job") || fail "no counters: $s"
	# shellcheck disable=SC2086	# numbers
	set -- $p $s
	[ $# = 11 ] || fail "counters: $p, $s"
	DROPPED=$(($1 + $6)) CRC=$(($2 + $7 + $8)) DUP=$(($4 + $9)) EARLY=${10} GAPS=${11} RESENT=$3 RTT=$5
}

# backwards: have frames overtaken others since events_from?  No end counts that.
backwards()
{
	local mark=$WIRE_MARK out

	WIRE_MARK=$HIT_MARK
	wire
	WIRE_MARK=$mark
	out=$(cable_carried "$WIRE")
	grep '^backwards [1-9]' <<< "$out"
}

# events_from: count for hit from the last events on
events_from()
{
	[ -n "${CRC:-}" ] || events
	HIT_MARK=$(stat -c %s "$LAB_RUN/cable.pcap" 2> /dev/null)
	DROPPED0=$DROPPED CRC0=$CRC DUP0=$DUP EARLY0=$EARLY GAPS0=$GAPS RESENT0=$RESENT
}

# hit KIND: did what this schedule is about happen since events_from?  Prints
# what did.
hit()
{
	events
	echo "lost $((DROPPED - DROPPED0)), damaged $((CRC - CRC0)), come before $((DUP - DUP0))," \
		"ahead $((EARLY - EARLY0)), reported $((GAPS - GAPS0)), asked or sent again $((RESENT - RESENT0)), round trip $RTT us"
	case $1 in
	loss-*)		[ $((DROPPED - DROPPED0)) -gt 0 ] && [ $((RESENT - RESENT0)) -gt 0 ] &&
			[ $((GAPS - GAPS0)) -gt 0 ] ;;
	duplicate)	[ $((DUP - DUP0)) -gt 0 ] ;;
	reorder)	backwards ;;
	delay)		[ "$RTT" -ge 10000 ] ;;
	corrupt)	[ $((CRC - CRC0)) -gt 0 ] && [ $((RESENT - RESENT0)) -gt 0 ] ;;
	all)		[ $((DROPPED - DROPPED0)) -gt 0 ] && [ $((CRC - CRC0)) -gt 0 ] &&
			[ $((DUP - DUP0)) -gt 0 ] && [ $((RESENT - RESENT0)) -gt 0 ] ;;
	esac
}

# shellcheck disable=SC2034	# the callers read it
# mixed_load PART [OPTION...]: sets LOAD to a fio command line; verified writes of all sizes from 4 KiB to
# 1 MiB at depths from 1 to 32, side by side, 25 MiB divided by PART.  Of
# two overlapping writes in flight nobody can say which one stands in the end,
# so each depth keeps its own apart; 04 and 41 do not.
mixed_load()
{
	local part=$1 at=0 bs qd kib seed

	shift
	between 1 1000000
	seed=$DRAWN
	LOAD="fio --filename=$DISK --ioengine=libaio --direct=1 --rw=randwrite --blockalign=4k \
		--verify=crc32c --serialize_overlap=1 --verify_fatal=1 --do_verify=1 --randseed=$seed --output=/dev/null $*"
	between 2 16; qd=$DRAWN
	one_of 4k-16k 4k-64k 16k-128k; bs=$DRAWN
	while read -r bs qd kib; do
		LOAD+=" --name=v$at --bsrange=$bs --iodepth=$qd --offset=${at}m --size=$((kib / part))k"
		at=$((at + 32))
	done <<- END
	4k-4k 1 512
	$bs $qd 4096
	64k-256k 8 4096
	4k-1m 32 12288
	1m-1m 4 8192
	4k-4k 32 1024
	END
	LOAD+=" 2>&1"
}

# wire_carried: every byte of every write mirrored since BYTES0 and WIRE_MARK
# has crossed the cable undamaged; prints what else was there
wire_carried()
{
	local out bytes got

	wire
	out=$(cable_carried "$WIRE") || fail "on the cable: $(tail -n 3 <<< "$out" | paste -sd ';')"
	got=$(awk '$1 == "bytes" { print $2 }' <<< "$out")
	bytes=$(($(on primary 'pair_stat p0 write_bytes') - BYTES0))
	[ "$got" -ge "$bytes" ] || fail "the cable carried $got bytes, the primary mirrored $bytes"
	[ $bytes -gt 0 ] || fail "nothing was written"
	paste -sd ' ' <<< "$out"
}

# --- a pair that was suspended -------------------------------------------------

# duo_mirror: make the secondary's volume equal to the primary's, from outside
duo_mirror()
{
	perl -e '
		my ($from, $to) = @ARGV;
		open my $a, "<:raw", $from or die "$from: $!";
		open my $b, "+<:raw", $to or die "$to: $!";
		for (my $at = 0; read($a, my $x, 1 << 20); $at += length $x) {
			seek $b, $at, 0;
			read $b, my $y, length $x;
			next if $x eq $y;
			seek $b, $at, 0;
			print $b $x or die "$to: $!";
		}
		close $b or die' "$(image primary)" "$(image secondary)" && duo_equal
}

# duo_logged_off WHO: wait until libfc of the other one has logged a frozen guest off,
# which it does when it has heard no beacon for 20 s.  If the guest went on just
# before, its new session might end with the old login.
duo_logged_off()
{
	local who=$1 other=primary

	[ "$who" = secondary ] || other=secondary
	need on $other "wait_for 40 '! grep -qx Online /sys/class/fc_remote_ports/*/port_state' ||
		fail 'nothing is heard of the $who, but it is logged in'"
}

# duo_back: the session is up again, by itself
duo_back()
{
	need on primary -t 150 'wait_for 120 "grep -q ^up, $PAIRS/p0/session" ||
		fail "the session does not come back: $(pair_get p0 session)"'
}

# secondary_again BACKSTORE: after a power cut; the argument is duo_target's
secondary_again()
{
	need lab_boot secondary
	need lab_wait secondary
	need on secondary -t 60 'pprc_load core secondary && fcoe_up eth0'
	duo_target "$1"
}

# primary_again [ATTRIBUTE=VALUE...]: after a power cut, with the pair
primary_again()
{
	need lab_boot primary
	need lab_wait primary
	need on primary -t 60 'pprc_load core primary && fcoe_up eth0'
	need duo_mirror
	need on primary -t 60 "wait_for 50 'grep -qs 0x$DSW /sys/class/fc_remote_ports/*/port_name'"
	duo_pair "$@"
	LOCAL0=0
}

# shellcheck disable=SC2034	# for the tests
# A disk of the secondary that can stand still, for duo_target; and stall
# SECONDS, which it then does
STALLING='modprobe dm-mod && d=$(disk data) && dmsetup create slow --noudevsync \
	--table "0 $(blockdev --getsz $d) linear $d 0" && dmsetup mknodes &&
	backstore_block store /dev/mapper/slow'

stall()
{
	need on secondary "dmsetup suspend --nolockfs --noudevsync slow && sleep $1 &&
		dmsetup resume --noudevsync slow"
}

# stalling_down: after duo_down
stalling_down()
{
	need on secondary 'dmsetup remove --noudevsync slow'
}

# duo_resume: mirror again after a suspension
duo_resume()
{
	duo_mirror || fail "the volumes cannot be made equal"
	need on primary -t 100 'put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action ||
		fail "not resumed: $(dmesg | tail -n 2)"
	[ "$(pair_get p0 state)" = full-duplex ] || fail "resumed, but $(pair_get p0 state)"'
	LOCAL0=$(on primary 'pair_stat p0 local_writes')
}

# duo_equal_to MIB: as duo_equal, only so much of the volumes
duo_equal_to()
{
	local where

	where=$(cmp -n $(($1 << 20)) "$(image primary)" "$(image secondary)" 2>&1) ||
		fail "the copies differ: $where"
}

# duo_held WHAT: no write went to one copy only since the pair was resumed
duo_held()
{
	local out

	out=$(on primary 'echo $(pair_get p0 state) $(pair_stat p0 local_writes) $(pair_get p0 reason)')
	[ "$out" = "full-duplex ${LOCAL0:-0} none" ] || fail "$1: not mirrored throughout: $out"
}
