# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# An oracle: a writer on the primary that reports each acknowledgement to the
# host, and a judge that knows from the reports what both volumes must hold
# (tests/vm/blocks.c).  The reports go to the share, which is the host's: a
# report is out of the guest before the next write to that block begins.  To be
# sourced after trouble.sh.
#
# shellcheck disable=SC2016	# what is quoted runs in a guest

ACKS=$LAB_SHARE/acks
ORACLE_FIRST=65536	# 4 KiB each: 16 MiB from 256 MiB on
ORACLE_BLOCKS=4096
ORACLE_VERSION=0

oracle_new()
{
	blocks_build
	rm -rf "$ACKS"
	mkdir "$ACKS"
}

# oracle_acks: reports since oracle_start
oracle_acks()
{
	cat "$ACKS/ack.$ORACLE_VERSION".* 2> /dev/null | wc -l
}

# oracle_until N: that many more
oracle_until()
{
	local n

	n=$(($(oracle_acks) + $1))
	lab_until 40 "[ \$(oracle_acks) -ge $n ]" ||
		fail "the oracle writes no more: $(lab_output primary "$ORACLE") $(on primary 'pair_get p0 state; pair_get p0 session')"
}

# oracle_start ACKS: write from now on; returns when there are that many
oracle_start()
{
	# Versions go up, whatever was issued before and never acknowledged.
	ORACLE_VERSION=$((ORACLE_VERSION + 100000000))
	ORACLE=$(on_bg primary -t 600 "\$SHARE/blocks write $DISK $ORACLE_FIRST $ORACLE_BLOCKS 8 \
		$ORACLE_VERSION \$SHARE/acks \$PAIRS/p0/state 2>&1") || fail "no oracle"
	oracle_until "$1"
}

# oracle_stop: no more writes, if there are any
oracle_stop()
{
	local out rc

	[ -n "$ORACLE" ] || return 0
	on primary 'pkill -TERM blocks'
	out=$(on_wait primary "$ORACLE" -t 60)
	rc=$?
	# Ended by that signal; it ends by itself if a write fails.
	[ $rc = 143 ] || fail "the oracle, rc $rc: $out"
	ORACLE=
}

# oracle_judge WHAT: do both copies hold what was acknowledged?
oracle_judge()
{
	local g kind out

	for g in primary:any secondary:mirrored; do
		kind=${g#*:} g=${g%:*}
		out=$("$LAB_SHARE/blocks" check "$(image "$g")" $ORACLE_FIRST $ORACLE_BLOCKS "$ACKS" "$kind") ||
			fail "$1: on the $g: $(paste -sd ';' <<< "$out")"
		echo "$1: the $g holds all of $(tail -n 1 <<< "$out")"
	done
}

# oracle_count WHAT: acknowledgements of this phase
oracle_count()
{
	cat "$ACKS/ack.$ORACLE_VERSION".* | awk -v what="$1" '
		NF == 4 { if ($4 == "full-duplex") both++; else alone++ }
		END { printf "%s: %d writes acknowledged in full-duplex, %d on the primary alone\n", what, both, alone
		      exit !both }' || fail "$1: nothing was acknowledged in full-duplex"
}

# oracle_finds TEXT: the judge finds this in the image it is tested with
oracle_finds()
{
	local out

	out=$("$LAB_SHARE/blocks" check "$JUDGED" 0 16 "$JUDGED.acks" mirrored) &&
		fail "the judge does not find: $1"
	grep -q "$1" <<< "$out" || fail "the judge does not find: $1, but $out"
}

# oracle_selftest: does the judge find what is wrong?
oracle_selftest()
{
	local b=$LAB_SHARE/blocks

	JUDGED=$LAB_RUN/judged.img
	rm -rf "$JUDGED" "$JUDGED.acks"
	mkdir "$JUDGED.acks"
	truncate -s 64K "$JUDGED"
	printf '%s\n' '2 2 5 full-duplex' '2 1 7 full-duplex' '3 1 9 suspended' > "$JUDGED.acks/ack.0.0"
	need "$b" plant "$JUDGED" 2 7
	need "$b" plant "$JUDGED" 3 5
	need "$b" check "$JUDGED" 0 16 "$JUDGED.acks" mirrored
	"$b" check "$JUDGED" 0 16 "$JUDGED.acks" any > /dev/null &&
		fail "the judge does not find what was acknowledged by one copy"
	need "$b" plant "$JUDGED" 2 8
	need "$b" check "$JUDGED" 0 16 "$JUDGED.acks" mirrored
	need "$b" plant "$JUDGED" 2 6
	oracle_finds 'block 2: older content'
	need "$b" plant "$JUDGED" 2 0
	oracle_finds 'block 2: an acknowledged write is missing'
	need "$b" plant "$JUDGED" 2 7
	printf x | dd of="$JUDGED" bs=1 seek=9000 conv=notrunc status=none
	oracle_finds 'block 2: is not all of one version'
	need "$b" plant "$JUDGED" 2 7
	dd if="$JUDGED" of="$JUDGED" bs=4k skip=2 seek=3 count=1 conv=notrunc status=none
	oracle_finds 'block 3: holds what belongs elsewhere'
	rm -rf "$JUDGED" "$JUDGED.acks"
}
